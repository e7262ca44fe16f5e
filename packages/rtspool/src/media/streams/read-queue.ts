import type { PacketBatch } from '../fan-out/packet-batch.js'

/** A packet that waits for its reader. */
export interface QueuedPacket {
  readonly track: number
  readonly packet: Buffer
  /** Packets of the track in front of it that were left out. */
  readonly missed: number
}

/** Memory of an entry besides its packet. */
const entryBytes = 128

/**
 * Packets of all tracks of a media, in the order of their arrival, that wait for one reader inside the process. Bounded:
 * packets for which there is no room are left out, of all tracks, up to an entry point of the leading track.
 *
 * ```text
 * full ─▶ left out … ─▶ half is read ─▶ left out … ─▶ entry point of the leader: goes on
 * ```
 */
export class ReadQueue {
  readonly #maxBytes: number
  /** Track whose entry points all tracks begin with. */
  readonly #leader: number
  #packets: QueuedPacket[] = []
  #next = 0
  #sizeBytes = 0
  #isSkipping: boolean
  /** True if packets that are left out count as missed; packets before the beginning do not. */
  #hasBegun = false
  readonly #missed: number[] = []

  constructor(maxBytes: number, leader: number, waitsForEntry: boolean) {
    this.#maxBytes = maxBytes
    this.#leader = leader
    this.#isSkipping = waitsForEntry
    this.#hasBegun = !waitsForEntry
  }

  get isEmpty(): boolean {
    return this.#next === this.#packets.length
  }

  /** Takes the packets that the reader begins with, whatever room there is: the cache that they come from is bounded. */
  begin(track: number, first: readonly Buffer[]): void {
    this.#isSkipping = false
    this.#hasBegun = true
    for (const packet of first) this.#push(track, packet)
  }

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
    const { packets } = batch
    for (let index = from; index < packets.length; index++) {
      this.#push(track, packets[index] as Buffer)
    }
  }

  shift(): QueuedPacket | undefined {
    const packet = this.#packets[this.#next]
    if (!packet) return undefined
    this.#next++
    this.#sizeBytes -= packet.packet.length + entryBytes
    if (this.isEmpty || this.#next >= 1024) {
      this.#packets.splice(0, this.#next)
      this.#next = 0
    }
    return packet
  }

  clear(): void {
    this.#packets = []
    this.#next = 0
    this.#sizeBytes = 0
  }

  /** One batch has room in any queue that is empty. */
  #hasRoom(sizeBytes: number): boolean {
    return this.#maxBytes === 0 || this.isEmpty || this.#sizeBytes + sizeBytes <= this.#maxBytes
  }

  /** @returns -1 when the reader cannot go on with the batch. */
  #resumeIndex(track: number, { entryIndex }: PacketBatch): number {
    const hasRoom = this.#maxBytes === 0 || this.#sizeBytes <= this.#maxBytes / 2
    return track === this.#leader && hasRoom ? entryIndex : -1
  }

  #push(track: number, packet: Buffer): void {
    const missed = this.#missed[track] ?? 0
    if (missed > 0) this.#missed[track] = 0
    this.#packets.push({ track, packet, missed })
    this.#sizeBytes += packet.length + entryBytes
  }

  #leaveOut(track: number, count: number): void {
    if (this.#hasBegun) this.#missed[track] = (this.#missed[track] ?? 0) + count
  }
}
