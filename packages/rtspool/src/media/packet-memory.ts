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
  /** That of the last packet. */
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

  /** Counts anew, when others have been given up: these are all that are still kept. */
  recount(packets: readonly Buffer[]): void {
    this.#heldBytes = 0
    this.#backing = undefined
    for (const { buffer } of packets) {
      if (buffer !== this.#backing) this.#heldBytes += buffer.byteLength
      this.#backing = buffer
    }
  }

  /** Nothing is kept any more. */
  clear(): void {
    this.#heldBytes = 0
    this.#backing = undefined
    this.#slab = emptySlab
    this.#slabUsedBytes = 0
  }

  #copy(packet: Buffer): Buffer {
    if (packet.length > this.#slab.length - this.#slabUsedBytes) {
      // Not of the pool of Node, which everybody shares.
      this.#slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, packet.length))
      this.#slabUsedBytes = 0
      this.#heldBytes += this.#slab.length
    }
    const start = this.#slabUsedBytes
    this.#slabUsedBytes += packet.copy(this.#slab, start)
    return this.#slab.subarray(start, this.#slabUsedBytes)
  }
}
