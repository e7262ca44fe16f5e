import { PacketMemory } from './packet-memory.js'

/**
 * Empty buffer that replaces a dropped packet in the array, so that the packet's memory can be
 * freed.
 */
const dropped = Buffer.alloc(0)

/**
 * A list of packets in order of arrival, which counts the memory that they hold. Dropping packets at the front takes
 * time in proportion to the dropped ones, however many stay.
 *
 * ```text
 *  dropped  dropped  packet  packet  packet  …     moved to the front once half of the array is free
 *                   └ #first
 * ```
 */
export class KeptPackets {
  readonly #memory = new PacketMemory()
  #packets: Buffer[] = []
  /** Index in the array of the oldest packet that has not been dropped. */
  #first = 0
  #sizeBytes = 0
  /**
   * True if a caller may still be reading the array from {@link list}. A drop then replaces the array instead of
   * changing it.
   */
  #isHandedOut = false

  get length(): number {
    return this.#packets.length - this.#first
  }

  /** Total size of the packets, in bytes. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Memory in bytes that the packets hold, which may be more than their size; see {@link PacketMemory}. */
  get heldBytes(): number {
    return this.#memory.heldBytes
  }

  /**
   * The packets, oldest first, as a live array: later packets are appended to it, and dropped ones
   * stay in it.
   */
  get list(): readonly Buffer[] {
    this.#compact()
    this.#isHandedOut = true
    this.#memory.handOut()
    return this.#packets
  }

  /** Returns a packet by its index, from 0 for the oldest. */
  at(index: number): Buffer | undefined {
    return this.#packets[this.#first + index]
  }

  /** Appends a packet to the list. @returns The stored packet: itself, or a copy if it would hold too much memory. */
  push(packet: Buffer): Buffer {
    this.#sizeBytes += packet.length
    const kept = this.#memory.keep(packet, this.#sizeBytes)
    this.#packets.push(kept)
    return kept
  }

  /** Drops the `count` oldest packets, or all if there are fewer. */
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
    if (this.#packets.length > 0 || this.#isHandedOut) this.#packets = []
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
    this.#memory.holdBack()
  }
}
