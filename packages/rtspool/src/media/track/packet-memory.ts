const emptySlab = Buffer.alloc(0)
/** Copies share memory in pieces of this size. */
const slabBytes = 16 * 1024
/** What may be held beyond the packets themselves, however few they are: some reads of a socket. */
const spareBytes = 256 * 1024
/** Memory in proportion to packets: two tracks that come over one connection share each read. */
const maxHeldRatio = 2

/**
 * The memory of packets that are kept. A packet from a connection is a view of all that one read brought, up to
 * 64 KiB, and keeps it alive: where the packets fill it, it is shared with them; where they do not, they are copied.
 *
 * ```text
 * read:  [ packet | packet | packet | packet ]   kept as it is
 * read:  [ packet |  what nobody keeps …     ]   copied, once there is too much of it
 * ```
 *
 * What is held is at most twice the packets and 256 KiB, or a little more while they lie in turns in several reads.
 */
export class PacketMemory {
  /** That of the last packet that is kept; memory counts once for each row of packets that lie in it. */
  #backing: ArrayBufferLike | undefined
  #heldBytes = 0
  #slab = emptySlab
  #slabUsedBytes = 0

  /** Bytes that the packets keep alive. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /**
   * @param keptBytes - Of all packets that are kept, this one included.
   * @returns The packet as it is to be kept: itself, or a copy.
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
   * Takes off what the oldest packets keep alive alone, when they are given up; in time in proportion to these.
   *
   * @param packets - All that are kept from `start` on, in their order.
   * @param end - Index of the first that stays; there has to be one.
   */
  release(packets: readonly Buffer[], start: number, end: number): void {
    for (let index = start; index < end; index++) {
      const backing = packets[index]?.buffer
      if (backing === undefined || backing === packets[index + 1]?.buffer) continue
      this.#heldBytes -= backing.byteLength
      // A piece in which perhaps no packet lies any more is not kept for the next copy: nothing would count it.
      if (backing === this.#slab.buffer && backing !== this.#backing) this.#dropSlab()
    }
  }

  /** Nothing is kept any more. */
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
      // Not of the pool of Node, which everybody shares.
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
