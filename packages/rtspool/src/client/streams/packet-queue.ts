import type { ReceivedPacket } from '../rtsp-client.js'

/** Memory in bytes that a queued packet needs besides its own bytes; it counts against the limit. */
const entryBytes = 128
/**
 * Minimum number of read entries that are removed from the array at once; they must also make up the share
 * `compactShare` of the array.
 */
const compactAfter = 1024
const compactShare = 0.5

interface Entry {
  readonly received: ReceivedPacket
  readonly costBytes: number
}

/** Functions of the client that a {@link PacketQueue} calls. */
export interface PacketQueueOwner {
  /** Plays the stream, unless it plays already. Called before the first packet is read. */
  begin(): Promise<void>
  /** Called when half of a full queue has been read, so that the connection may be read again. */
  onRoom(): void
  onClosed(queue: PacketQueue): void
}

/**
 * Received packets that one iteration has not read yet. The queue counts the memory that its
 * packets hold: packets of one read share a chunk, which is counted once.
 */
export class PacketQueue implements AsyncIterableIterator<ReceivedPacket> {
  readonly #owner: PacketQueueOwner
  readonly #maxBytes: number
  /** Queued packets in order of arrival; entries before the index `#next` have been read, and are `undefined`. */
  #entries: (Entry | undefined)[] = []
  #next = 0
  #sizeBytes = 0
  #lastChunk: ArrayBufferLike | undefined
  #isFull = false
  #isStuck = false
  /** Number of packets left out since the last one was queued: `missedPackets` of the next one. */
  #missed = 0
  #hasBegun = false
  #end: { readonly error: unknown } | undefined
  /** Functions that wake the calls of {@link next} that wait for a packet, oldest first. */
  #waiting: (() => void)[] = []
  /** True if a packet has been read since {@link watchProgress} or {@link releaseIfStuck}. */
  #hasProgressed = false

  constructor(owner: PacketQueueOwner, maxBytes: number) {
    this.#owner = owner
    this.#maxBytes = maxBytes
  }

  /**
   * True from the limit until half of the bytes have been read: the connection must not be read. False for a stuck
   * reader.
   */
  get holdsUp(): boolean {
    return this.#isFull && !this.#isStuck
  }

  /** True while a call of {@link next} waits for a packet. */
  get isWaitedFor(): boolean {
    return this.#waiting.length > 0
  }

  /** Forgets that packets have been read, so that {@link releaseIfStuck} notices whether any are read from now on. */
  watchProgress(): void {
    this.#hasProgressed = false
  }

  /**
   * Marks the reader as stuck if the queue is full, and no packet has been read since the last call or
   * {@link watchProgress}. The full queue then drops packets, and no longer holds up the connection.
   */
  releaseIfStuck(): void {
    this.#isStuck = this.#isFull && !this.#hasProgressed
    this.#hasProgressed = false
  }

  /**
   * Queues a packet.
   *
   * @param mayWait - True for a packet whose sender can wait: it is queued even above the limit. A full queue drops any
   *   other packet, and if its reader is stuck, every packet.
   */
  push(packet: Omit<ReceivedPacket, 'missedPackets'>, mayWait: boolean): void {
    if (this.#end) return
    if (this.#isFull && (!mayWait || this.#isStuck)) {
      this.#missed++
      return
    }
    const received = { ...packet, missedPackets: this.#missed }
    this.#missed = 0
    const { buffer } = received.packet
    const costBytes = entryBytes + (buffer === this.#lastChunk ? 0 : buffer.byteLength)
    this.#lastChunk = buffer
    this.#entries.push({ received, costBytes })
    this.#sizeBytes += costBytes
    if (this.#sizeBytes > this.#maxBytes) this.#isFull = true
    this.#waiting.shift()?.()
  }

  /** Removes all queued packets; they count in `missedPackets` of the next packet. */
  discard(): void {
    this.#missed += this.#entries.length - this.#next
    for (let at = this.#next; at < this.#entries.length; at++) {
      this.#missed += this.#entries[at]?.received.missedPackets ?? 0
    }
    this.#clear()
    this.#noteRoom()
  }

  /**
   * Ends the queue. The iteration still reads the queued packets, and then ends or throws the
   * error. Idempotent.
   */
  end(error?: unknown): void {
    this.#end ??= { error }
    this.#wakeAll()
  }

  async next(): Promise<IteratorResult<ReceivedPacket, undefined>> {
    if (!this.#hasBegun) {
      this.#hasBegun = true
      await this.#begin()
    }
    for (;;) {
      const received = this.#shift()
      if (received) return { done: false, value: received }
      if (this.#end) return this.#finish(this.#end.error)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    }
  }

  async return(): Promise<IteratorResult<ReceivedPacket, undefined>> {
    this.#clear()
    this.#end = { error: undefined }
    this.#wakeAll()
    return this.#finish(undefined)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #begin(): Promise<void> {
    try {
      if (!this.#end) await this.#owner.begin()
    } catch (error) {
      await this.return()
      throw error
    }
  }

  #finish(error: unknown): IteratorReturnResult<undefined> {
    // An error is thrown once; an iterator that has ended stays ended.
    this.#end = { error: undefined }
    this.#isFull = false
    this.#wakeAll()
    this.#owner.onClosed(this)
    if (error !== undefined) throw error
    return { done: true, value: undefined }
  }

  #wakeAll(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  #clear(): void {
    this.#entries = []
    this.#next = 0
    this.#sizeBytes = 0
    this.#lastChunk = undefined
  }

  #shift(): ReceivedPacket | undefined {
    const entry = this.#entries[this.#next]
    if (!entry) return undefined
    this.#entries[this.#next++] = undefined
    this.#hasProgressed = true
    this.#sizeBytes -= entry.costBytes
    const { length } = this.#entries
    if (this.#next === length) this.#clear()
    else if (this.#next >= compactAfter && this.#next >= length * compactShare) {
      this.#entries.splice(0, this.#next)
      this.#next = 0
    }
    this.#noteRoom()
    return entry.received
  }

  #noteRoom(): void {
    if (!this.#isFull || this.#sizeBytes > this.#maxBytes / 2) return
    this.#isFull = false
    this.#isStuck = false
    this.#owner.onRoom()
  }
}
