import { PacketMemory } from './packet-memory.js'

/** Replaces a dropped packet in the list, so that the list does not hold its memory. */
const dropped = Buffer.alloc(0)

/**
 * Packets in order of arrival, with the memory that they hold. Dropping packets at the front takes
 * time in proportion to the dropped ones, however many stay.
 *
 * ```text
 *  dropped  dropped  packet  packet  packet  …     moved to the front once half of the places are free
 *                   └ #first
 * ```
 */
export class KeptPackets {
  readonly #memory = new PacketMemory()
  #packets: Buffer[] = []
  /** Index of the oldest packet. */
  #first = 0
  #sizeBytes = 0
  /**
   * True if somebody may be reading the list at present. A drop must then leave the list unchanged.
   */
  #isHandedOut = false

  get length(): number {
    return this.#packets.length - this.#first
  }

  /** Bytes of the packets themselves. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Memory in bytes that the packets hold. */
  get heldBytes(): number {
    return this.#memory.heldBytes
  }

  /** The packets, oldest first. Later packets are appended to the same list. */
  get list(): readonly Buffer[] {
    this.#compact()
    this.#isHandedOut = true
    return this.#packets
  }

  /** @param index - 0 is the oldest. */
  at(index: number): Buffer | undefined {
    return this.#packets[this.#first + index]
  }

  /** @returns The packet as kept: itself, or a copy. */
  push(packet: Buffer): Buffer {
    this.#sizeBytes += packet.length
    const kept = this.#memory.keep(packet, this.#sizeBytes)
    this.#packets.push(kept)
    return kept
  }

  /** Drops the oldest packets. */
  dropFirst(count: number): void {
    if (count >= this.length) {
      this.clear()
      return
    }
    if (this.#isHandedOut) this.#replace()
    const start = this.#first
    const end = start + count
    for (let index = start; index < end; index++)
      this.#sizeBytes -= this.#packets[index]?.length ?? 0
    this.#memory.release(this.#packets, start, end)
    this.#packets.fill(dropped, start, end)
    this.#first = end
    // On average each packet moves at most once for each dropped packet.
    if (end * 2 >= this.#packets.length) this.#compact()
  }

  clear(): void {
    if (this.#packets.length > 0) this.#packets = []
    this.#memory.clear()
    this.#first = 0
    this.#sizeBytes = 0
    this.#isHandedOut = false
  }

  #compact(): void {
    if (this.#first > 0) this.#replace()
  }

  #replace(): void {
    this.#packets = this.#packets.slice(this.#first)
    this.#first = 0
    this.#isHandedOut = false
  }
}
