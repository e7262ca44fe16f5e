import type { ReceivedPacket } from '../rtsp-client.js'

/** Memory of a queue entry in bytes, without its packet. */
const entryBytes = 128
/** Number of entries that are read before they are removed from the array. */
const compactAfter = 1024

interface Entry {
  readonly received: ReceivedPacket
  readonly costBytes: number
}

/** Functions of the client that a {@link PacketQueue} calls. */
export interface PacketQueueOwner {
  /** Plays the stream, unless it plays already. Called before the first packet is read. */
  begin(): Promise<void>
  /** Called when the queue has room again. */
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
  #entries: Entry[] = []
  #next = 0
  #sizeBytes = 0
  #lastChunk: ArrayBufferLike | undefined
  #isFull = false
  /** Number of packets that were left out since the last one that was queued. */
  #missed = 0
  #hasBegun = false
  #end: { readonly error: unknown } | undefined
  #wake: (() => void) | undefined

  constructor(owner: PacketQueueOwner, maxBytes: number) {
    this.#owner = owner
    this.#maxBytes = maxBytes
  }

  /** True once the limit is reached, until half of the bytes have been read. */
  get isFull(): boolean {
    return this.#isFull
  }

  /**
   * Queues a packet.
   *
   * @param mayWait - True for a packet whose sender waits while the queue is full. Any other is left out then.
   */
  push(packet: Omit<ReceivedPacket, 'missedPackets'>, mayWait: boolean): void {
    if (this.#end) return
    if (this.#isFull && !mayWait) {
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
    this.#wake?.()
  }

  /**
   * Ends the queue. The iteration still reads the queued packets, and then ends or throws the
   * error. Idempotent.
   */
  end(error?: unknown): void {
    this.#end ??= { error }
    this.#wake?.()
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
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }

  async return(): Promise<IteratorResult<ReceivedPacket, undefined>> {
    this.#entries = []
    this.#next = 0
    this.#sizeBytes = 0
    this.#lastChunk = undefined
    this.#end = { error: undefined }
    this.#wake?.()
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
    this.#owner.onClosed(this)
    if (error !== undefined) throw error
    return { done: true, value: undefined }
  }

  #shift(): ReceivedPacket | undefined {
    const entry = this.#entries[this.#next]
    if (!entry) return undefined
    this.#next++
    this.#sizeBytes -= entry.costBytes
    if (this.#next === this.#entries.length || this.#next >= compactAfter) {
      this.#entries.splice(0, this.#next)
      this.#next = 0
    }
    if (this.#entries.length === 0) this.#lastChunk = undefined
    if (this.#isFull && this.#sizeBytes <= this.#maxBytes / 2) {
      this.#isFull = false
      this.#owner.onRoom()
    }
    return entry.received
  }
}
