/**
 * Kinds of entries from the event loop to a send thread, which handles them in order. `id` and
 * `argument` are those of the entry.
 */
export const entryKinds = Object.freeze({
  /** Gives the write side of a connection: slot, descriptor. */
  open: 1,
  /** Gives it again, with the descriptor of before: slot. */
  reopen: 2,
  /** Takes the write side back: slot. */
  shut: 3,
  /** Takes it back for good. The thread uses the descriptor no more: slot. */
  close: 4,
  /** Adds a connection to a group: group, slot. */
  join: 5,
  /** Removes a connection from a group: group, slot. */
  leave: 6,
  /** Sends the payload on all connections of a group: group, size in bytes. */
  send: 7,
  /** Sends the payload on one connection: slot, size in bytes. */
  post: 8,
  /** Opens a group of UDP destinations: group, descriptor. The first word of the payload is 1 with segmentation. */
  openDatagrams: 9,
  /** Closes it, and forgets the descriptor: group. */
  closeDatagrams: 10,
  /** Adds a destination: group, key. Payload: size of the text, then `ADDRESS PORT`. */
  addDestination: 11,
  /** Removes a destination: group, key. */
  removeDestination: 12,
  /** Sends packets to all destinations of a group: group, number of packets. Payload: their sizes, then the packets. */
  sendDatagrams: 13,
  /** Makes the thread tell the event loop that it has handled everything in front. */
  mark: 14,
  /** Ends the thread. */
  quit: 15,
} as const)

/** Kinds of reports from a send thread to the event loop. */
export const reportKinds = Object.freeze({
  /** An entry was not sent whole: slot, position of the entry. Payload: number of bytes sent. */
  back: 1,
  /** Packets to a destination were lost: group, key. Payload: packets, bytes, `errno`. */
  lost: 2,
  /** A route refuses segments: group, key. Payload: size of the packet in bytes. */
  fragmented: 3,
  /** Packets were sent in fragments: group, number of packets. */
  fragments: 4,
} as const)

/** Highest number of slots in the tables of a send thread. Connections with a higher slot stay on the event loop. */
export const maxSlots = 65_536

/** Memory that the event loop and a send thread share, and that the thread receives when it starts. */
export interface ThreadMemory {
  readonly entries: SharedArrayBuffer
  readonly reports: SharedArrayBuffer
  /** Bytes given to the kernel on each slot, modulo 2^32. Only the slot's thread writes it. */
  readonly written: SharedArrayBuffer
}
