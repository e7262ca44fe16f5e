const emptySlab = Buffer.alloc(0)
/** Size in bytes of a slab: a block of memory that several copied packets share. */
const slabBytes = 16 * 1024
/**
 * Bytes that cached packets may hold in addition to {@link maxHeldRatio} times their size: some
 * reads of a socket.
 */
const spareBytes = 256 * 1024
/**
 * Memory that may be held for each byte of cached packets. Above the limit, packets are copied. The
 * value is 2 because two tracks on one connection share each read.
 */
const maxHeldRatio = 2

/**
 * Counts the memory that cached packets hold, and copies packets that would hold too much. A packet
 * from a connection is a view of a read of up to 64 KiB, all of which stays in memory with it. If
 * cached packets fill the read, they share it; otherwise they are copied.
 *
 * ```text
 * read:  [ packet | packet | packet | packet ]   shared
 * read:  [ packet |  other bytes …             ]   copied, once there is too much of it
 * ```
 *
 * The memory held is at most twice the packets plus 256 KiB, or a little more while packets of
 * several reads alternate.
 */
export class PacketMemory {
  /**
   * Buffer that contains the last cached packet. A buffer counts once for each unbroken series of
   * packets in it.
   */
  #backing: ArrayBufferLike | undefined
  #heldBytes = 0
  #slab = emptySlab
  #slabUsedBytes = 0

  /** Memory in bytes that the cached packets hold. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /**
   * Counts the memory that a packet holds. Copies the packet if it would hold too much memory
   * besides its own bytes.
   *
   * @param keptBytes - Bytes of all cached packets, including this one.
   * @returns The packet to cache: itself, or the copy.
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
   * Subtracts the memory of dropped packets that no other packet holds. Takes time in proportion to the dropped
   * packets.
   *
   * @param packets - The packets from `start` up to `end` are dropped, and those from `end` on stay.
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

  /** Sets the counted memory to 0. Call it after the cache was emptied. */
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
      // Not from Node's pool of buffers, which the whole process shares.
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
