import { isReadingShared } from '../../transport/system/read-memory.js'

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
 * Limits on the number of free slabs that the process keeps for all caches, 4 and 64 MiB. Between them, it keeps one for
 * two in use.
 */
const [minFreeSlabs, maxFreeSlabs] = [256, 4096]
const freeSlabsForEach = 1 / 2

/** Block of memory with the copies of several packets. */
interface Slab {
  readonly bytes: Buffer
  /** Memory behind `bytes`. */
  readonly memory: ArrayBufferLike
  /** Number of packets in the slab that are still cached. */
  packets: number
  /** True if others may hold packets of the slab. V8's collector then frees it, and nobody writes into it again. */
  isHandedOut: boolean
}

/** Slabs without packets, which the next copies use. New memory for each would make V8 collect garbage all the time. */
const freeSlabs: Slab[] = []
/** Number of slabs of all caches that contain packets. */
let usedSlabs = 0

/** Returns the number of slabs of all caches that contain packets. A closed cache has none. */
export const slabsInUse = (): number => usedSlabs

function giveBack(slab: Slab): void {
  const isUsable = !slab.isHandedOut && slab.bytes.length === slabBytes
  slab.packets = 0
  usedSlabs--
  if (isUsable) freeSlabs.push(slab)
  const maxFree = Math.min(Math.max(minFreeSlabs, usedSlabs * freeSlabsForEach), maxFreeSlabs)
  // Those that were kept while more were in use go, too.
  if (freeSlabs.length > maxFree) freeSlabs.length = Math.floor(maxFree)
}

/**
 * A cached packet: a view of its memory, or the place of a copy in its slab. A place is a number, because an object for
 * each packet would be most of what V8's collector has to copy: the offset in the higher bits, the size in the lower 16.
 */
export type Kept = Buffer | number

const sizeMask = 0xffff
const placeBits = 16

/** Returns the size of a cached packet in bytes. */
export const sizeOfKept = (kept: Kept): number =>
  typeof kept === 'number' ? kept & sizeMask : kept.length

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
 * A packet in the memory that sockets share (see {@link isReadingShared}) is always copied. Such copies belong to the cache
 * alone, until {@link handOut}.
 *
 * The memory held is at most twice the packets plus 256 KiB, or a little more while packets of
 * several reads alternate.
 */
export class PacketMemory {
  /**
   * Memory that contains the last cached packet. Memory counts once for each unbroken series of
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
    if (isReadingShared()) {
      const offset = this.#copy(packet, this.#isHandedOut)
      return this.#viewOf(offset, packet.length)
    }
    const backing = packet.buffer
    if (backing === this.#backing) return packet
    const heldBytes = this.#heldBytes + backing.byteLength
    if (heldBytes > spareBytes + maxHeldRatio * keptBytes) {
      const offset = this.#copy(packet, true)
      return this.#viewOf(offset, packet.length)
    }
    this.#heldBytes = heldBytes
    this.#backing = backing
    return packet
  }

  /** Copies a packet in shared memory. @returns The place of the copy; {@link fillIn} makes packets of places. */
  keepPlace(packet: Buffer): number {
    return (this.#copy(packet, this.#isHandedOut) << placeBits) | packet.length
  }

  /** Replaces the places in a list of all cached packets, from index `first` on, by views of the copies. */
  fillIn(list: Kept[], first: number): void {
    let [slab, left] = [0, this.#slabs[0]?.packets ?? 0]
    for (let index = first; index < list.length; index++) {
      const kept = list[index] as Kept
      const present = this.#slabs[slab]
      if (!present) return
      if (typeof kept === 'number') {
        const offset = kept >>> placeBits
        list[index] = present.bytes.subarray(offset, offset + (kept & sizeMask))
      } else if (kept.buffer !== present.memory) continue
      left--
      if (left === 0) left = this.#slabs[++slab]?.packets ?? 0
    }
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
  release(packets: readonly Kept[], start: number, end: number): void {
    for (let index = start; index < end; index++) {
      const kept = packets[index] as Kept
      const [oldest] = this.#slabs
      const backing = typeof kept === 'number' ? oldest?.memory : kept.buffer
      if (backing === undefined) continue
      if (backing === oldest?.memory) {
        oldest.packets--
        // Further packets of the slab follow at once, unless others lie between them.
        const next = packets[index + 1]
        if (typeof next === 'number' && oldest.packets > 0) continue
        if (oldest.packets === 0) this.#dropOldest()
      }
      if (backing !== this.#memoryOf(packets[index + 1])) this.#heldBytes -= backing.byteLength
    }
  }

  /** Returns the memory of a cached packet that is the oldest. */
  #memoryOf(kept: Kept | undefined): ArrayBufferLike | undefined {
    return typeof kept === 'number' ? this.#slabs[0]?.memory : kept?.buffer
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

  /**
   * Copies a packet into a slab.
   *
   * @param isHandedOut - True if the caller passes the copy on.
   * @returns Offset of the copy in the last slab.
   */
  #copy(packet: Buffer, isHandedOut: boolean): number {
    let slab = this.#slabs.at(-1)
    if (!slab || packet.length > slab.bytes.length - this.#usedBytes) {
      slab = slabFor(packet.length)
      this.#slabs.push(slab)
      this.#usedBytes = 0
    }
    if (isHandedOut) slab.isHandedOut = true
    slab.packets++
    if (slab.memory !== this.#backing) {
      this.#heldBytes += slab.bytes.length
      this.#backing = slab.memory
    }
    const offset = this.#usedBytes
    slab.bytes.set(packet, offset)
    this.#usedBytes += packet.length
    return offset
  }

  #viewOf(offset: number, sizeBytes: number): Buffer {
    return (this.#slabs.at(-1) as Slab).bytes.subarray(offset, offset + sizeBytes)
  }
}

/** Returns a free slab, or new memory: not from Node's pool of buffers, which the whole process shares. */
function slabFor(sizeBytes: number): Slab {
  usedSlabs++
  const free = sizeBytes <= slabBytes ? freeSlabs.pop() : undefined
  if (free) return free
  const bytes = Buffer.allocUnsafeSlow(Math.max(slabBytes, sizeBytes))
  return { bytes, memory: bytes.buffer, packets: 0, isHandedOut: false }
}
