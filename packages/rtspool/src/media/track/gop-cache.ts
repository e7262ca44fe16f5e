import { timestampDistance, timestampOf } from '../../rtp/index.js'
import { packetRoles } from '../fan-out/packet-roles.js'
import type { CacheAccount, CacheShare } from './cache-budget.js'
import type { GopCacheLimits } from './gop-cache-options.js'
import { KeptPackets } from './kept-packets.js'

/**
 * Smallest limit on the number of cached packets, for small values of `maxBytes`. A new viewer can
 * be sent so many packets in some seconds.
 */
const minPacketLimit = 16_384
/**
 * Bytes of `maxBytes` for which one cached packet is allowed, because small packets need more
 * memory than their bytes. Packets of real streams are larger on average.
 */
const bytesPerPacket = 512
/**
 * Memory in bytes of the object for one cached packet: 105 bytes of heap with Node 20 to 24, plus
 * spare room of the heap.
 */
const packetObjectBytes = 128

/** Returns the maximum number of packets that a track may cache under its limit on bytes. */
export const packetLimitOf = ({ maxBytes }: GopCacheLimits): number =>
  Math.max(minPacketLimit, maxBytes / bytesPerPacket)

const { lead, firstLead, entry, gradual } = packetRoles
const none = -1

/**
 * Keeps the packets of one track since the last key frame, so that a new viewer can begin with a key frame at once.
 * Packets that belong to the key frame and precede it, such as SPS and PPS, are kept too.
 *
 * ```text
 * SPS  PPS  IDR  slice  slice  …                     from the parameter sets of a key frame on
 * SEI  slice  slice  …  SEI  slice  slice  …         intra refresh: from the last recovery point but one on,
 *                                                    so that the picture is whole at the last
 * ```
 *
 * Above a limit, the cache is emptied until the next key frame, because half a group of pictures is useless.
 */
export class RecentPackets {
  readonly #limits: GopCacheLimits
  readonly #clockRate: number
  readonly #maxPackets: number
  readonly #packets = new KeptPackets()
  readonly #account: CacheAccount | undefined
  #isCollecting = false
  /**
   * Index of the first packet that belongs to the next key frame, such as an SPS; `none` if that
   * packet is not cached.
   */
  #leads = none
  /**
   * Index of the packet with which a decoder begins. Its SPS and PPS are in front of it and may
   * have other timestamps.
   */
  #entry = 0
  /** RTP timestamp of that packet; `none` until the packet arrives. */
  #entryTimestamp = none
  /**
   * With intra refresh, index of the last recovery point, or of its SPS and PPS. The cached packets
   * begin there once the next recovery point has arrived.
   */
  #nextLeads = none
  #nextEntry = none
  #nextTimestamp = none
  #starts = 0

  readonly #hasEntries: boolean

  /**
   * Creates an empty cache.
   *
   * @param hasEntries - True if the encoding has key frames. Otherwise {@link beginNotBefore} sets
   * the first cached packet.
   * @param share - Share of the server's cache memory that the cached bytes count against.
   */
  constructor(limits: GopCacheLimits, clockRate: number, hasEntries = true, share?: CacheShare) {
    this.#limits = limits
    this.#clockRate = clockRate
    this.#hasEntries = hasEntries
    this.#maxPackets = packetLimitOf(limits)
    this.#account = share?.open(() => this.clear())
  }

  /** Memory in bytes that the cached packets hold, which may be more than their size. */
  get heldBytes(): number {
    return this.#packets.heldBytes + this.#packets.length * packetObjectBytes
  }

  /**
   * Cached packets, oldest first. Before the first key frame, these are only packets that may
   * belong to it, such as SPS and PPS. The list is valid until another member is used.
   */
  get packets(): readonly Buffer[] {
    return this.#isCollecting || this.#hasEntries ? this.#packets.list : []
  }

  /**
   * Number of times that {@link packets} has begun with a newer packet, such as the SPS of a new
   * key frame. A caller that compares the number before and after {@link push} notices each new
   * beginning.
   */
  get starts(): number {
    return this.#starts
  }

  /**
   * Cached packet with which a decoder begins; `undefined` without a complete start. Time is
   * counted from this packet, because SPS and PPS in front of it may have any timestamp.
   */
  get entryPacket(): Buffer | undefined {
    return this.#isCollecting ? this.#packets.at(this.#entry) : undefined
  }

  /** True while the stream has a viewer. Caches of streams without viewers are emptied first. */
  set isWatched(isWatched: boolean) {
    if (this.#account) this.#account.isWatched = isWatched
  }

  /**
   * Drops the packets in front of the first one at or after the RTP timestamp `timestamp`, and
   * caches packets from there on.
   */
  beginNotBefore(timestamp: number): void {
    let index = 0
    for (let packet = this.#packets.at(0); packet; packet = this.#packets.at(++index)) {
      if (timestampDistance(timestamp, timestampOf(packet)) >= 0) break
    }
    this.#isCollecting = true
    const begin = this.#packets.at(index)
    this.#beginWith(index, index, begin ? timestampOf(begin) : none)
    this.#settle()
  }

  /**
   * Adds a packet. An entry point drops the packets before it that no new viewer needs.
   *
   * @param packet - A view of any memory: copied if it would hold much more memory than its own.
   * @param role - Bits of {@link packetRoles}.
   * @param isPrivate - True if the caller does not need the copy of a packet in memory that the next read overwrites.
   * @returns The cached packet: itself, or the copy. Callers that hold the packet should use this
   * one, so that the original can be freed. With `isPrivate` always itself.
   */
  push(packet: Buffer, role: number, isPrivate = false): Buffer {
    const isLead = this.#hasEntries && (role & lead) !== 0
    if (!this.#isCollecting) {
      // Before the first start only leads, or the current frame, are kept: they may belong to it.
      if (role & firstLead) this.clear()
      if (this.#hasEntries && !isLead && !(role & entry)) {
        if (this.#packets.length > 0) this.clear()
        return packet
      }
    }
    if (role & firstLead) this.#leads = this.#packets.length
    if (isPrivate) this.#packets.pushPlace(packet)
    const kept = isPrivate ? packet : this.#packets.push(packet)
    if (this.#hasEntries && role & entry) this.#begin((role & gradual) !== 0, timestampOf(packet))
    if (this.#isOverLimit(packet, isLead)) this.#giveUpOldest(packet)
    this.#settle()
    return kept
  }

  clear(): void {
    this.#packets.clear()
    this.#isCollecting = false
    this.#leads = none
    this.#nextLeads = none
    this.#settle()
  }

  #settle(): void {
    this.#account?.set(this.heldBytes)
  }

  /**
   * Makes the last packet the one with which a decoder begins, and drops the packets before it and
   * its SPS and PPS. With intra refresh, the previous recovery point takes this role.
   */
  #begin(isGradual: boolean, timestamp: number): void {
    const last = this.#packets.length - 1
    if (this.#leads === none) {
      // Its leads were dropped a moment ago, and it is useless without them.
      this.clear()
    } else if (!isGradual || !this.#isCollecting) {
      this.#isCollecting = true
      this.#nextLeads = none
      this.#beginWith(this.#leads, last, timestamp)
    } else {
      if (this.#nextLeads !== none) this.#beginWithNext()
      this.#nextLeads = this.#leads
      this.#nextEntry = this.#packets.length - 1
      this.#nextTimestamp = timestamp
    }
  }

  #isOverLimit(latest: Buffer, isLead: boolean): boolean {
    if (this.#packets.sizeBytes > this.#limits.maxBytes) return true
    if (this.#packets.length > this.#maxPackets) return true
    if (!this.#isCollecting || isLead) return false
    if (this.#entryTimestamp === none) this.#entryTimestamp = timestampOf(latest)
    const ticks = timestampDistance(this.#entryTimestamp, timestampOf(latest))
    return ticks > this.#limits.maxSeconds * this.#clockRate
  }

  #giveUpOldest(latest: Buffer): void {
    if (this.#nextLeads > 0) {
      this.#beginWithNext()
      this.#nextLeads = none
      if (!this.#isOverLimit(latest, false)) return
    }
    this.clear()
  }

  #beginWithNext(): void {
    this.#beginWith(this.#nextLeads, this.#nextEntry, this.#nextTimestamp)
  }

  /**
   * Drops the packets in front of `index`.
   *
   * @param entryIndex - Index of the packet with which a decoder begins.
   * @param timestamp - Its RTP timestamp; `none` if it has not arrived.
   */
  #beginWith(index: number, entryIndex: number, timestamp: number): void {
    this.#starts++
    this.#entry = entryIndex - index
    this.#entryTimestamp = timestamp
    if (index > 0) {
      this.#packets.dropFirst(index)
      this.#leads -= index
    }
    this.#account?.renew()
  }
}
