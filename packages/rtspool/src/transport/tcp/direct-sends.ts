import type { Socket } from 'node:net'
import { descriptorOf, type NativeSockets } from '../system/native-sockets.js'
import type { SendThread } from '../threads/send-thread.js'
import type { SendThreads } from '../threads/send-threads.js'
import type { TokenOwner } from '../threads/write-token.js'

const initialCapacity = 64
const notDirect = -1
/** Maximum size in bytes of the memory that is kept for {@link DirectSends.scratch}: most key frames fit. */
const maxScratchBytes = 256 * 1024
const minScratchBytes = 16 * 1024
/** Value in the `slots` of {@link DirectSends.sendAll} for a connection to which a send thread writes instead. */
export const servedElsewhere = -2

/** Number (slot) under which a table of {@link DirectSends} knows a connection, and that table. */
export interface DirectSlot {
  readonly sends: DirectSends
  readonly slot: number
}

/**
 * Table of a server's TCP connections to which a native call may write at present. Each connection
 * has a slot in arrays, so that one small loop serves all viewers of a group.
 *
 * ```text
 *            slot   0    1    2    3
 *   descriptors   [ 21 | -1 | 23 | 24 ]   -1: closed, congested, or bytes wait in Node
 *   written       [ …  | …  | …  | …  ]   bytes given to the kernel here
 *   holders       [ 2  | 1  | 2  | 2  ]   a slot is given to another connection only when nobody holds it
 * ```
 *
 * Bench: bench/fanout.
 */
export class DirectSends {
  readonly native: NativeSockets
  /** Threads that may write to the connections in place of the event loop; `undefined` without send threads. */
  readonly threads: SendThreads | undefined
  #descriptors = new Int32Array(initialCapacity).fill(notDirect)
  #written = new Float64Array(initialCapacity)
  #holders = new Int32Array(initialCapacity)
  readonly #freeSlots: number[] = []
  #slotCount = 0
  /**
   * Buffer that a native call is sending. The reference keeps the memory alive while the kernel reads from its address.
   */
  #sending: Buffer | undefined
  #scratch = Buffer.alloc(0)

  constructor(native: NativeSockets, threads?: SendThreads) {
    this.native = native
    this.threads = threads
  }

  /** Number of slots that connections use at present. */
  get size(): number {
    return this.#slotCount - this.#freeSlots.length
  }

  /**
   * Reserves a slot for a connection. The connection is the first holder of the slot, until {@link release}. No byte is
   * sent on the slot before {@link open}.
   *
   * @param owner - Writer of the connection, to which send threads return unsent bytes. Without an owner, no thread
   *   gets the write side.
   */
  take(owner?: TokenOwner): number {
    const slot = this.#freeSlots.pop() ?? this.#slotCount++
    if (slot === this.#descriptors.length) this.#grow()
    this.#written[slot] = 0
    this.#holders[slot] = 1
    if (owner) this.threads?.tokens.register(slot, owner)
    return slot
  }

  /**
   * Adds a holder of a connection's slot, such as a group of viewers that sends on it, until {@link release}. A slot
   * without holders is free for another connection.
   */
  hold(slot: number): void {
    this.#holders[slot] = (this.#holders[slot] ?? 0) + 1
  }

  release(slot: number): void {
    const holders = (this.#holders[slot] ?? 0) - 1
    this.#holders[slot] = holders
    if (holders > 0) return
    this.#descriptors[slot] = notDirect
    if (this.threads) this.threads.tokens.forget(slot, () => this.#freeSlots.push(slot))
    else this.#freeSlots.push(slot)
  }

  /**
   * Allows native sends on the slot of a connection, with the socket's descriptor. Call it only if no bytes of the
   * connection wait in Node.
   */
  open(slot: number, socket: Socket): void {
    if (this.threads) {
      if (!this.threads.tokens.isOnMain(slot)) return
      if (!this.isOpen(slot)) this.threads.version++
    }
    this.#descriptors[slot] = descriptorOf(socket) ?? notDirect
  }

  /**
   * Forbids native sends on the slot of a connection until {@link open} allows them again. Meanwhile the connection
   * writes its bytes through Node's stream.
   */
  shut(slot: number): void {
    this.#descriptors[slot] = notDirect
    this.threads?.tokens.takeBack(slot)
  }

  /** Forbids native sends on the slot of a connection for good, because its socket is destroyed. */
  close(slot: number): void {
    this.#descriptors[slot] = notDirect
    this.threads?.tokens.close(slot)
  }

  /**
   * Gives the right to write to a connection (its write side) to a send thread, if native sends are allowed on its
   * slot.
   *
   * @param choose - Chooses the thread; see {@link WriteTokens.give}.
   */
  giveToThread(slot: number, choose?: () => SendThread | undefined): void {
    const descriptor = this.#descriptors[slot] ?? notDirect
    if (descriptor < 0 || !this.threads?.tokens.give(slot, descriptor, choose)) return
    this.#descriptors[slot] = notDirect
  }

  /**
   * Gives the write side of a connection to a send thread, if a group of viewers wants one. Does nothing while the thread
   * takes no cached packets: a viewer would have to wait for the busy thread.
   *
   * @param sizeBytes - Size of the bytes that are about to be written.
   */
  giveIfWanted(slot: number, sizeBytes: number): void {
    const token = this.threads?.tokens.of(slot)
    if (!token || token.wanted === 0 || !this.isOpen(slot)) return
    const thread = token.thread ?? token.choose?.()
    if (thread?.takesFirst(sizeBytes)) this.giveToThread(slot, () => thread)
  }

  isOpen(slot: number): boolean {
    return (this.#descriptors[slot] ?? notDirect) >= 0
  }

  /**
   * Returns the number of bytes given to the kernel on a slot, here and by send threads, since the slot was reserved.
   */
  writtenOn(slot: number): number {
    const written = (this.#written[slot] ?? 0) + (this.threads?.tokens.writtenSince(slot) ?? 0)
    this.#written[slot] = written
    return written
  }

  /**
   * Sends bytes on one slot, as many as the kernel accepts.
   *
   * @returns Number of bytes sent. The other bytes, and all later ones, must wait.
   */
  send(slot: number, bytes: Buffer): number {
    const descriptor = this.#descriptors[slot] ?? notDirect
    if (descriptor < 0) return 0
    const address = this.#addressOf(bytes)
    const sent = this.native.send(descriptor, address, bytes.length)
    this.#sending = undefined
    if (sent <= 0) return 0
    this.#written[slot] = (this.#written[slot] ?? 0) + sent
    return sent
  }

  /**
   * Returns memory for bytes that the caller passes to {@link sendAll} at once. The next call returns the same memory.
   * So nobody may keep it: the kernel copies the bytes during `sendAll`.
   */
  scratch(sizeBytes: number): Buffer {
    if (sizeBytes > maxScratchBytes) return Buffer.allocUnsafeSlow(sizeBytes)
    if (sizeBytes > this.#scratch.length) {
      const capacity = 2 ** Math.ceil(Math.log2(Math.max(sizeBytes, minScratchBytes)))
      this.#scratch = Buffer.allocUnsafeSlow(capacity)
    }
    return this.#scratch.subarray(0, sizeBytes)
  }

  /**
   * Sends the same bytes on many slots.
   *
   * @param slots - Slot of each connection; the first `count` are used. A negative slot is unserved, but
   *   {@link servedElsewhere} is left out.
   * @param unserved - Receives the indices in `slots`, in order, of connections that did not accept all bytes.
   * @param sentBytes - Receives the number of bytes sent on each of these connections, at the same index as in
   *   `unserved`.
   * @returns Number of connections written to `unserved`.
   */
  sendAll(
    slots: Int32Array,
    count: number,
    bytes: Buffer,
    unserved: Int32Array,
    sentBytes: Int32Array,
  ): number {
    const { native } = this
    const descriptors = this.#descriptors
    const written = this.#written
    const address = this.#addressOf(bytes)
    const sizeBytes = bytes.length
    let unservedCount = 0
    for (let position = 0; position < count; position++) {
      const slot = slots[position] as number
      if (slot === servedElsewhere) continue
      const descriptor = slot < 0 ? notDirect : (descriptors[slot] as number)
      const sent = descriptor < 0 ? 0 : native.send(descriptor, address, sizeBytes)
      if (sent > 0) written[slot] = (written[slot] as number) + sent
      if (sent === sizeBytes) continue
      unserved[unservedCount] = position
      sentBytes[unservedCount++] = sent > 0 ? sent : 0
    }
    this.#sending = undefined
    return unservedCount
  }

  #addressOf(bytes: Buffer): number {
    this.#sending = bytes
    return Number(this.native.addressOf(this.#sending))
  }

  #grow(): void {
    const capacity = this.#descriptors.length * 2
    const descriptors = new Int32Array(capacity).fill(notDirect)
    descriptors.set(this.#descriptors)
    this.#descriptors = descriptors
    const written = new Float64Array(capacity)
    written.set(this.#written)
    this.#written = written
    const holders = new Int32Array(capacity)
    holders.set(this.#holders)
    this.#holders = holders
  }
}
