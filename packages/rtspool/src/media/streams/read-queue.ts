import type { PacketBatch } from '../fan-out/packet-batch.js'

/** A packet in the queue of a reader inside the process, with its track. */
export interface QueuedPacket {
  readonly track: number
  readonly packet: Buffer
  /** Number of packets of the track that were left out before this one, because the queue was full. */
  readonly missed: number
  /** Wall-clock time of the packet as known when it was queued, in milliseconds since 1970; `undefined` if unknown. */
  readonly unixTimeMs: number | undefined
}

/** Memory in bytes that a queued packet needs besides its own bytes; it counts against the limit. */
const entryBytes = 128

/**
 * Queue of the packets of all tracks of a media, in the order of arrival, for one reader inside the
 * process (code of the application). If a batch has no room, packets of all tracks are left out.
 * The queue continues once it is half empty, at an entry point of the leading track: a packet at
 * which a decoder can begin.
 *
 * ```text
 * full ─▶ left out … ─▶ half is read ─▶ left out … ─▶ entry point of the leader: goes on
 * ```
 */
export class ReadQueue {
  readonly #maxBytes: number
  /**
   * Index of the leading track: the queue begins at one of its entry points, packets at which a
   * decoder can begin.
   */
  readonly #leader: number
  #packets: QueuedPacket[] = []
  #next = 0
  #sizeBytes = 0
  #isSkipping: boolean
  /**
   * True once the queue has begun: with the first entry point, or at once if none is awaited. Packets left out before
   * do not count as missed.
   */
  #hasBegun = false
  readonly #missed: number[] = []
  readonly #timeOf: (track: number, packet: Buffer) => number | undefined

  /** @param timeOf - Returns the wall-clock time of a packet that is queued. Default: none is noted. */
  constructor(
    maxBytes: number,
    leader: number,
    waitsForEntry: boolean,
    timeOf: (track: number, packet: Buffer) => number | undefined = () => undefined,
  ) {
    this.#timeOf = timeOf
    this.#maxBytes = maxBytes
    this.#leader = leader
    this.#isSkipping = waitsForEntry
    this.#hasBegun = !waitsForEntry
  }

  get isEmpty(): boolean {
    return this.#next === this.#packets.length
  }

  /** True if a packet that arrives now would be the next to be read: none waits, and none is being left out. */
  get isPassing(): boolean {
    return this.isEmpty && !this.#isSkipping
  }

  /**
   * Queues the cached packets that the reader gets first, even above the limit. The cache has its
   * own limit.
   */
  begin(track: number, first: readonly Buffer[]): void {
    this.#isSkipping = false
    this.#hasBegun = true
    for (const packet of first) this.#push(track, packet)
  }

  /** Queues the packets of a batch, or leaves them out; only packets that are queued are copied. */
  take(track: number, batch: PacketBatch): void {
    const from = this.#isSkipping ? this.#resumeIndex(track, batch) : 0
    if (from < 0 || !this.#hasRoom(batch.sizeBytes)) {
      this.#isSkipping = true
      this.#leaveOut(track, batch.packets.length)
      return
    }
    if (this.#isSkipping) {
      this.#isSkipping = false
      const leads = from === batch.entryIndex ? batch.earlierLeads : []
      this.#leaveOut(track, Math.max(0, from - leads.length))
      this.#hasBegun = true
      for (const packet of leads) this.#push(track, packet)
    }
    this.takeRest(track, batch, from)
  }

  /**
   * Queues packets of a batch from index `from` on, even above the limit: the reader has read those in front of them.
   */
  takeRest(track: number, batch: PacketBatch, from: number): void {
    const { packets } = batch
    if (from === packets.length) return
    batch.own()
    for (let index = from; index < packets.length; index++) {
      this.#push(track, packets[index] as Buffer)
    }
  }

  /**
   * Returns the number of packets of a track that were left out since its last queued packet, for a packet that is read
   * without the queue. The count then begins again at 0.
   */
  takeMissed(track: number): number {
    const missed = this.#missed[track] ?? 0
    if (missed > 0) this.#missed[track] = 0
    return missed
  }

  shift(): QueuedPacket | undefined {
    const packet = this.#packets[this.#next]
    if (!packet) return undefined
    this.#next++
    this.#sizeBytes -= packet.packet.length + entryBytes
    if (this.isEmpty) this.#packets.length = 0
    else if (this.#next >= 1024) this.#packets.splice(0, this.#next)
    else return packet
    this.#next = 0
    return packet
  }

  clear(): void {
    this.#packets = []
    this.#next = 0
    this.#sizeBytes = 0
  }

  /**
   * Returns whether a batch of `sizeBytes` bytes has room in the queue. A batch of any size has room in an empty queue.
   */
  #hasRoom(sizeBytes: number): boolean {
    return this.#maxBytes === 0 || this.isEmpty || this.#sizeBytes + sizeBytes <= this.#maxBytes
  }

  /** Returns the index of the packet at which the queue can continue after packets were left out, or -1. */
  #resumeIndex(track: number, { entryIndex }: PacketBatch): number {
    const hasRoom = this.#maxBytes === 0 || this.#sizeBytes <= this.#maxBytes / 2
    return track === this.#leader && hasRoom ? entryIndex : -1
  }

  #push(track: number, packet: Buffer): void {
    const unixTimeMs = this.#timeOf(track, packet)
    this.#packets.push({ track, packet, missed: this.takeMissed(track), unixTimeMs })
    this.#sizeBytes += packet.length + entryBytes
  }

  #leaveOut(track: number, count: number): void {
    if (this.#hasBegun) this.#missed[track] = (this.#missed[track] ?? 0) + count
  }
}
