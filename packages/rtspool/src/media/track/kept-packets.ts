import { type Kept, PacketMemory, sizeOfKept } from './packet-memory.js'

/**
 * Empty buffer that replaces a dropped packet in the array, so that the packet's memory can be
 * freed.
 */
const dropped = Buffer.alloc(0)

/** Room of the array that is kept, as a multiple of the packets in it. */
const maxRoom = 64
/** Entries of the array that are kept when all packets are dropped. */
const maxClearedRoom = 1024

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
  #packets: Kept[] = []
  /** True if some entries of the array may be places instead of packets. */
  #hasPlaces = false
  /** Index in the array of the oldest packet that has not been dropped. */
  #first = 0
  /** End of the newest packet in the array. What follows is room that was used before: new arrays would be garbage. */
  #end = 0
  #sizeBytes = 0
  /**
   * True if a caller may still be reading the array from {@link list}. A drop then replaces the array instead of
   * changing it.
   */
  #isHandedOut = false

  get length(): number {
    return this.#end - this.#first
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
    this.#packets.length = this.#end
    this.#fillIn()
    this.#isHandedOut = true
    this.#memory.handOut()
    return this.#packets as Buffer[]
  }

  /** Returns a packet by its index, from 0 for the oldest. */
  at(index: number): Buffer | undefined {
    this.#fillIn()
    return index < this.length ? (this.#packets[this.#first + index] as Buffer) : undefined
  }

  /** Appends a packet to the list. @returns The stored packet: itself, or a copy if it would hold too much memory. */
  push(packet: Buffer): Buffer {
    this.#sizeBytes += packet.length
    const kept = this.#memory.keep(packet, this.#sizeBytes)
    this.#packets[this.#end++] = kept
    return kept
  }

  /** Appends a copy of a packet in memory that the next read overwrites. No object is made for the copy. */
  pushPlace(packet: Buffer): void {
    // Whoever has the list sees packets only.
    if (this.#isHandedOut) {
      this.push(packet)
      return
    }
    this.#sizeBytes += packet.length
    this.#packets[this.#end++] = this.#memory.keepPlace(packet)
    this.#hasPlaces = true
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
      this.#sizeBytes -= sizeOfKept(this.#packets[index] ?? 0)
    this.#memory.release(this.#packets, start, end)
    this.#packets.fill(dropped, start, end)
    this.#first = end
    // On average each packet moves at most once for each dropped packet.
    if (end * 2 >= this.#end) this.#compact()
  }

  clear(): void {
    if (this.#isHandedOut || this.#packets.length > maxClearedRoom) this.#packets = []
    else this.#packets.fill(dropped, this.#first, this.#end)
    this.#memory.clear()
    this.#first = 0
    this.#end = 0
    this.#sizeBytes = 0
    this.#isHandedOut = false
    this.#hasPlaces = false
  }

  /** Makes packets of all places. */
  #fillIn(): void {
    if (!this.#hasPlaces) return
    this.#memory.fillIn(this.#packets, this.#first)
    this.#hasPlaces = false
  }

  #compact(): void {
    if (this.#first > 0) this.#replace()
  }

  #replace(): void {
    const { length } = this
    if (this.#isHandedOut || this.#packets.length > maxRoom * (length + 1)) {
      this.#packets = this.#packets.slice(this.#first, this.#end)
    } else {
      const packets = this.#packets
      for (let index = 0; index < length; index++) {
        packets[index] = packets[this.#first + index] as Kept
      }
      packets.fill(dropped, length, this.#end)
    }
    this.#first = 0
    this.#end = length
    this.#isHandedOut = false
    this.#memory.holdBack()
  }
}
