import { PacketMemory } from './packet-memory.js'

/** Stands in the place of a packet that was dropped, so that nothing keeps the packet alive. */
const dropped = Buffer.alloc(0)

/**
 * Packets in the order in which they came, and the bytes that they keep alive. Dropping packets off the front takes
 * time in proportion to what is dropped, however many packets stay.
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
  /** Whether somebody may be reading the list at present: then a drop leaves the list as it is. */
  #isHandedOut = false

  get length(): number {
    return this.#packets.length - this.#first
  }

  /** Bytes of the packets themselves. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Bytes of memory that the packets keep alive. */
  get heldBytes(): number {
    return this.#memory.heldBytes
  }

  /** The packets, oldest first; later packets are added to the list. */
  get list(): readonly Buffer[] {
    this.#compact()
    this.#isHandedOut = true
    return this.#packets
  }

  /** @param index - 0 is the oldest. */
  at(index: number): Buffer | undefined {
    return this.#packets[this.#first + index]
  }

  /** @returns The packet as it is kept: itself, or a copy. */
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
    // Each packet moves once at most on average for each that is dropped.
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
