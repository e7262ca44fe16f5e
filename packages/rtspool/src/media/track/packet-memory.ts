const emptySlab = Buffer.alloc(0)
/** Size of the pieces of memory that copies share. */
const slabBytes = 16 * 1024
/** Memory that may be held beyond the packets themselves: some reads of a socket. */
const spareBytes = 256 * 1024
/** Limit on the memory in proportion to the packets: two tracks on one connection share each read. */
const maxHeldRatio = 2

/**
 * The memory of kept packets. A packet from a connection is a view of one whole read of up to 64
 * KiB, and holds its memory. If kept packets fill the read, they share it; otherwise they are
 * copied.
 *
 * ```text
 * read:  [ packet | packet | packet | packet ]   shared
 * read:  [ packet |  bytes not kept …          ]   copied, once there is too much of it
 * ```
 *
 * The memory held is at most twice the packets plus 256 KiB, or a little more while packets of
 * several reads alternate.
 */
export class PacketMemory {
  /** Memory of the last kept packet. Memory counts once for each series of packets in it. */
  #backing: ArrayBufferLike | undefined
  #heldBytes = 0
  #slab = emptySlab
  #slabUsedBytes = 0

  /** Memory in bytes that the packets hold. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /**
   * @param keptBytes - Bytes of all kept packets, including this one.
   * @returns The packet to keep: itself, or a copy.
   */
  keep(packet: Buffer, keptBytes: number): Buffer {
    const backing = packet.buffer
    if (backing === this.#backing) return packet
    const heldBytes = this.#heldBytes + backing.byteLength
    if (heldBytes > spareBytes + maxHeldRatio * keptBytes) return this.#copy(packet)
    this.#heldBytes = heldBytes
    this.#backing = backing
    return packet
  }

  /**
   * Subtracts the memory that only dropped packets have held. Takes time in proportion to these.
   *
   * @param packets - All packets kept from `start` on, in order.
   * @param end - Index of the first packet that stays. At least one packet must stay.
   */
  release(packets: readonly Buffer[], start: number, end: number): void {
    for (let index = start; index < end; index++) {
      const backing = packets[index]?.buffer
      if (backing === undefined || backing === packets[index + 1]?.buffer) continue
      this.#heldBytes -= backing.byteLength
      // The slab may contain no packet any more. It is dropped, because its memory would count
      // nowhere.
      if (backing === this.#slab.buffer && backing !== this.#backing) this.#dropSlab()
    }
  }

  /** Resets the count: no packets are kept any more. */
  clear(): void {
    this.#heldBytes = 0
    this.#backing = undefined
    this.#dropSlab()
  }

  #dropSlab(): void {
    this.#slab = emptySlab
    this.#slabUsedBytes = 0
  }

  #copy(packet: Buffer): Buffer {
    if (packet.length > this.#slab.length - this.#slabUsedBytes) {
      // Not from Node's pool, which everybody shares.
      this.#slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, packet.length))
      this.#slabUsedBytes = 0
    }
    if (this.#slab.buffer !== this.#backing) {
      this.#heldBytes += this.#slab.length
      this.#backing = this.#slab.buffer
    }
    const start = this.#slabUsedBytes
    this.#slabUsedBytes += packet.copy(this.#slab, start)
    return this.#slab.subarray(start, this.#slabUsedBytes)
  }
}
