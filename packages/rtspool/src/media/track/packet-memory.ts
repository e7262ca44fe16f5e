import { isShared } from '../../transport/system/read-memory.js'

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
/** Maximum number of free slabs that the process keeps for all caches: 4 MiB. */
const maxFreeSlabs = 256

/** Block of memory with the copies of several packets. */
interface Slab {
  readonly bytes: Buffer
  /** Number of packets in the slab that are still cached. */
  packets: number
  /** True if others may hold packets of the slab. V8's collector then frees it, and nobody writes into it again. */
  isHandedOut: boolean
}

/** Slabs without packets, which the next copies use. New memory for each would make V8 collect garbage all the time. */
const freeSlabs: Buffer[] = []

function giveBack({ bytes, isHandedOut }: Slab): void {
  const isUsable = !isHandedOut && bytes.length === slabBytes
  if (isUsable && freeSlabs.length < maxFreeSlabs) freeSlabs.push(bytes)
}

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
 * A packet in the memory that sockets share (see {@link isShared}) is always copied. Such copies belong to the cache
 * alone, until {@link handOut}.
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
  /** Slabs with cached packets, oldest first. The last one is being filled. */
  readonly #slabs: Slab[] = []
  #usedBytes = 0
  #isHandedOut = false

  /** Memory in bytes that the cached packets hold. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /**
   * Counts the memory that a packet holds. Copies the packet if it would hold too much memory
   * besides its own bytes.
   *
   * @param keptBytes - Bytes of all cached packets, including this one.
   * @returns The packet to cache: itself, or the copy. The copy of a packet in shared memory must not leave the cache
   *   without {@link handOut}.
   */
  keep(packet: Buffer, keptBytes: number): Buffer {
    if (isShared(packet)) return this.#copy(packet, this.#isHandedOut)
    const backing = packet.buffer
    if (backing === this.#backing) return packet
    const heldBytes = this.#heldBytes + backing.byteLength
    if (heldBytes > spareBytes + maxHeldRatio * keptBytes) return this.#copy(packet, true)
    this.#heldBytes = heldBytes
    this.#backing = backing
    return packet
  }

  /** Notes that others may hold the cached packets, and later ones until {@link holdBack}. */
  handOut(): void {
    this.#isHandedOut = true
    for (const slab of this.#slabs) slab.isHandedOut = true
  }

  /** Notes that the packets which follow are not handed out. */
  holdBack(): void {
    this.#isHandedOut = false
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
      if (backing === undefined) continue
      const [oldest] = this.#slabs
      if (backing === oldest?.bytes.buffer && --oldest.packets === 0) this.#dropOldest()
      if (backing !== packets[index + 1]?.buffer) this.#heldBytes -= backing.byteLength
    }
  }

  /** Sets the counted memory to 0. Call it after the cache was emptied. */
  clear(): void {
    this.#heldBytes = 0
    this.#backing = undefined
    this.#isHandedOut = false
    while (this.#slabs.length > 0) this.#dropOldest()
  }

  #dropOldest(): void {
    const slab = this.#slabs.shift()
    if (slab) giveBack(slab)
  }

  /** Copies a packet into a slab. @param isHandedOut - True if the caller passes the copy on. */
  #copy(packet: Buffer, isHandedOut: boolean): Buffer {
    let slab = this.#slabs.at(-1)
    if (!slab || packet.length > slab.bytes.length - this.#usedBytes) {
      slab = { bytes: slabFor(packet.length), packets: 0, isHandedOut }
      this.#slabs.push(slab)
      this.#usedBytes = 0
    }
    if (isHandedOut) slab.isHandedOut = true
    slab.packets++
    const { bytes } = slab
    if (bytes.buffer !== this.#backing) {
      this.#heldBytes += bytes.length
      this.#backing = bytes.buffer
    }
    const start = this.#usedBytes
    this.#usedBytes += packet.copy(bytes, start)
    return bytes.subarray(start, this.#usedBytes)
  }
}

/** Returns a free slab, or new memory: not from Node's pool of buffers, which the whole process shares. */
const slabFor = (sizeBytes: number): Buffer =>
  (sizeBytes <= slabBytes ? freeSlabs.pop() : undefined) ??
  Buffer.allocUnsafeSlow(Math.max(slabBytes, sizeBytes))
