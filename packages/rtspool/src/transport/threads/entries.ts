/**
 * Kinds of entries: messages of the event loop to a send thread, which the thread handles in order. An entry has two
 * signed 32-bit numbers, `id` and `argument`, and a payload. Each comment tells their contents for one kind.
 */
export const entryKinds = Object.freeze({
  /** Gives the thread the write side of a connection: the right to write to it. `id`: slot; `argument`: descriptor. */
  open: 1,
  /** Gives the thread the right to write to a connection again, with the descriptor of `open`. `id`: slot. */
  reopen: 2,
  /** Takes the right to write to a connection back from the thread. `id`: slot. */
  shut: 3,
  /** Takes the right to write to a connection back for good: the thread forgets the descriptor. `id`: slot. */
  close: 4,
  /** Adds a connection to a group of viewers, who are sent the same bytes. `id`: group; `argument`: slot. */
  join: 5,
  /** Removes a connection from a group of viewers. `id`: group; `argument`: slot. */
  leave: 6,
  /** Sends the payload on all connections of a group. `id`: group; `argument`: size of the payload in bytes. */
  send: 7,
  /** Sends the payload on one connection. `id`: slot; `argument`: size of the payload in bytes. */
  post: 8,
  /**
   * Opens a group of UDP destinations. `id`: group; `argument`: descriptor of the socket. Payload: a 32-bit number, 1 =
   * the kernel may cut one message into several datagrams (GSO), 0 = not allowed.
   */
  openDatagrams: 9,
  /** Closes a group of UDP destinations: the thread forgets the descriptor. `id`: group. */
  closeDatagrams: 10,
  /**
   * Adds a UDP destination to a group. `id`: group; `argument`: key of the destination. Payload: size of the text in
   * bytes as a 32-bit number, then the text `ADDRESS PORT`.
   */
  addDestination: 11,
  /** Removes a UDP destination from a group. `id`: group; `argument`: key of the destination. */
  removeDestination: 12,
  /**
   * Sends packets to all destinations of a group. `id`: group; `argument`: number of packets. Payload: their sizes in
   * bytes as 32-bit numbers, then the packets.
   */
  sendDatagrams: 13,
  /**
   * Makes the thread notify the event loop that the thread has handled all entries written before this one. `id` and
   * `argument`: unused.
   */
  mark: 14,
  /** Ends the thread. */
  quit: 15,
  /**
   * Makes a UDP destination known to its group. The destination joins the group by a later `addDestination` with the
   * same key. Contents as of `addDestination`.
   */
  admitDestination: 16,
  /**
   * Sends packets to one known UDP destination. `id`: group; `argument`: number of packets. Payload: key of the
   * destination as a 32-bit number, then as of `sendDatagrams`.
   */
  sendDatagramsTo: 17,
} as const)

/**
 * Kinds of reports: messages of a send thread to the event loop. A report has two numbers, `id` and `argument`, and a
 * payload of signed 32-bit numbers. Each comment tells their contents for one kind.
 */
export const reportKinds = Object.freeze({
  /**
   * The thread has not sent all bytes of an entry on a connection, and has given the right to write to it back. `id`:
   * slot; `argument`: position of the entry in the ring. Payload: number of bytes sent.
   */
  back: 1,
  /**
   * Packets to a UDP destination were lost. `id`: group; `argument`: key of the destination. Payload: number of
   * packets, number of bytes, `errno` of the last failure (0 = unknown).
   */
  lost: 2,
  /**
   * The route to a UDP destination refuses segments. `id`: group; `argument`: key of the destination. Payload: size of
   * the packet in bytes.
   */
  fragmented: 3,
  /** IP has sent packets in fragments. `id`: group; `argument`: number of packets. */
  fragments: 4,
} as const)

/**
 * Number of slots in the tables of a send thread. Connections with this slot or a higher one stay on the event loop.
 */
export const maxSlots = 65_536

/** Memory that the event loop and a send thread share, and that the thread receives when it starts. */
export interface ThreadMemory {
  readonly entries: SharedArrayBuffer
  readonly reports: SharedArrayBuffer
  /**
   * One 32-bit counter for each slot, shared by all threads: bytes that threads have given to the kernel, modulo 2^32.
   * Only the thread that serves the slot writes the counter.
   */
  readonly written: SharedArrayBuffer
}
