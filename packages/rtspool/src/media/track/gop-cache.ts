import { checkNumber, checkOptions, isRecord, shown } from '../../option-checks.js'
import { timestampDistance, timestampOf } from '../../rtp/index.js'
import { packetRoles } from '../fan-out/packet-roles.js'
import type { CacheAccount, CacheShare } from './cache-budget.js'
import { KeptPackets } from './kept-packets.js'

/** How much of a stream is kept for new viewers. */
export interface GopCacheLimits {
  /** Bytes of one track; also bounds its packets, to one for each 512 bytes, or 16,384 where that is more. */
  readonly maxBytes: number
  /** From the first to the last timestamp. */
  readonly maxSeconds: number
}

/** {@link GopCacheLimits} as an option: what is left out is the default. */
export type GopCacheOptions = { readonly [K in keyof GopCacheLimits]?: number | undefined }

/** What a server keeps for new viewers. */
export interface ServerGopCacheOptions extends GopCacheOptions {
  /**
   * Bytes that all streams of the server may keep alive together, those of your own media among them. One publication, or
   * one media, may keep a quarter. Of more, the oldest key frames are given up, those of streams that nobody watches first. 0 = nothing is kept, `Infinity` = no limit.
   */
  readonly totalBytes?: number | undefined
}

export const gopCacheDefaults: GopCacheLimits = Object.freeze({
  maxBytes: 8 * 1024 * 1024,
  maxSeconds: 10,
})

export const defaultGopCacheTotalBytes = 256 * 1024 * 1024

/** As many as a new viewer can be sent in some seconds: what is kept for it is to be used. */
const minPacketLimit = 16_384
/** Packets cost more than their bytes; on average those of real streams are larger than this. */
const bytesPerPacket = 512
/** A view of a buffer: 105 bytes of heap with Node 20 to 24, and what the heap needs to have room for it. */
const packetObjectBytes = 128

/**
 * @returns The limits, or `undefined` for `false`.
 * @throws {RangeError} When a limit is not a number from 0.
 * @throws {TypeError} When they are no object, or have an option that does not exist.
 */
export function resolveGopCache(limits: GopCacheOptions | false): GopCacheLimits | undefined {
  return resolveLimits(limits, Object.keys(gopCacheDefaults))
}

/** The same for the option of a server. */
export function resolveServerGopCache(options: ServerGopCacheOptions | false): {
  readonly gopCache: GopCacheLimits | undefined
  readonly gopCacheTotalBytes: number
} {
  const gopCache = resolveLimits(options, [...Object.keys(gopCacheDefaults), 'totalBytes'])
  const { totalBytes = defaultGopCacheTotalBytes } = options || {}
  return { gopCache, gopCacheTotalBytes: checkNumber('gopCache.totalBytes', totalBytes) }
}

function resolveLimits(
  limits: GopCacheOptions | false,
  known: readonly string[],
): GopCacheLimits | undefined {
  if (limits === false) return undefined
  if (!isRecord(limits)) {
    throw new TypeError(`gopCache must be false or an object, got ${shown(limits)}`)
  }
  checkOptions('gopCache', limits, known)
  return Object.freeze({
    maxBytes: checkNumber('gopCache.maxBytes', limits.maxBytes ?? gopCacheDefaults.maxBytes),
    maxSeconds: checkNumber(
      'gopCache.maxSeconds',
      limits.maxSeconds ?? gopCacheDefaults.maxSeconds,
    ),
  })
}

const { lead, firstLead, entry, gradual } = packetRoles
const none = -1

/**
 * The packets of one track since the last key frame, so that a new viewer can begin with one at once.
 *
 * ```text
 *  SPS  PPS  IDR  slice  slice  …                     from the leads of a key frame on
 *  SEI  slice  slice  …  SEI  slice  slice  …         intra refresh: from the last recovery point but one on, so that the
 *                                                     picture is whole at the last
 * ```
 *
 * What grows over the limits is given up until the next key frame: half a group of pictures is of no use.
 */
export class RecentPackets {
  readonly #limits: GopCacheLimits
  readonly #clockRate: number
  readonly #maxPackets: number
  readonly #packets = new KeptPackets()
  readonly #account: CacheAccount | undefined
  #isCollecting = false
  /** Index of the first of the leads that came last; `none` once they have been given up. */
  #leads = none
  /** Of the packet that a decoder begins with, behind its leads, whose timestamps may be anything. */
  #entry = 0
  /** Where the packets can begin when the next recovery point comes: its leads, and itself. */
  #nextLeads = none
  #nextEntry = none
  #starts = 0

  readonly #hasEntries: boolean

  /**
   * @param hasEntries - Whether packets have entries; where they have none, {@link beginNotBefore} tells the start.
   * @param share - Where what is kept counts.
   */
  constructor(limits: GopCacheLimits, clockRate: number, hasEntries = true, share?: CacheShare) {
    this.#limits = limits
    this.#clockRate = clockRate
    this.#hasEntries = hasEntries
    this.#maxPackets = Math.max(minPacketLimit, limits.maxBytes / bytesPerPacket)
    this.#account = share?.open(() => this.clear())
  }

  /** Bytes of memory that the packets keep alive. */
  get heldBytes(): number {
    return this.#packets.heldBytes + this.#packets.length * packetObjectBytes
  }

  /**
   * The packets, oldest first; without a complete start only the leads of the key frame that may come next. Not to be
   * kept.
   */
  get packets(): readonly Buffer[] {
    return this.#isCollecting || this.#hasEntries ? this.#packets.list : []
  }

  /** Another number each time that the packets begin elsewhere. */
  get starts(): number {
    return this.#starts
  }

  /** The packet with which the time of the packets begins; the leads in front of it may tell any time. */
  get entryPacket(): Buffer | undefined {
    return this.#isCollecting ? this.#packets.at(this.#entry) : undefined
  }

  /** Whether somebody watches the stream: others are given up before this one. */
  set isWatched(isWatched: boolean) {
    if (this.#account) this.#account.isWatched = isWatched
  }

  /** Begins anew with the first packet that is not older than `timestamp`. */
  beginNotBefore(timestamp: number): void {
    let index = 0
    for (let packet = this.#packets.at(0); packet; packet = this.#packets.at(++index)) {
      if (timestampDistance(timestamp, timestampOf(packet)) >= 0) break
    }
    this.#isCollecting = true
    this.#beginWith(index)
    this.#settle()
  }

  /**
   * @param packet - A view of anything: it is copied where it would keep much else in memory.
   * @param role - Bits of {@link packetRoles}.
   * @returns The packet as it is kept, which others are to keep too.
   */
  push(packet: Buffer, role: number): Buffer {
    const isLead = this.#hasEntries && (role & lead) !== 0
    if (!this.#isCollecting) {
      // Before the first start only what may belong to it is kept: leads, or the frame that is under way.
      if (role & firstLead) this.clear()
      if (this.#hasEntries && !isLead && !(role & entry)) {
        if (this.#packets.length > 0) this.clear()
        return packet
      }
    }
    if (role & firstLead) this.#leads = this.#packets.length
    const kept = this.#packets.push(packet)
    if (this.#hasEntries && role & entry) this.#begin((role & gradual) !== 0)
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

  /** Begins with the leads and the last packet. */
  #begin(isGradual: boolean): void {
    const last = this.#packets.length - 1
    if (this.#leads === none) {
      // Its leads were given up a moment ago: it is no use without.
      this.clear()
    } else if (!isGradual || !this.#isCollecting) {
      this.#isCollecting = true
      this.#nextLeads = none
      this.#beginWith(this.#leads, last)
    } else {
      if (this.#nextLeads !== none) this.#beginWith(this.#nextLeads, this.#nextEntry)
      this.#nextLeads = this.#leads
      this.#nextEntry = this.#packets.length - 1
    }
  }

  #isOverLimit(latest: Buffer, isLead: boolean): boolean {
    if (this.#packets.sizeBytes > this.#limits.maxBytes) return true
    if (this.#packets.length > this.#maxPackets) return true
    const oldest = this.entryPacket
    if (!oldest || isLead) return false
    const ticks = timestampDistance(timestampOf(oldest), timestampOf(latest))
    return ticks > this.#limits.maxSeconds * this.#clockRate
  }

  #giveUpOldest(latest: Buffer): void {
    if (this.#nextLeads > 0) {
      this.#beginWith(this.#nextLeads, this.#nextEntry)
      this.#nextLeads = none
      if (!this.#isOverLimit(latest, false)) return
    }
    this.clear()
  }

  /** @param entryIndex - Of the packet that a decoder begins with. */
  #beginWith(index: number, entryIndex = index): void {
    this.#starts++
    this.#entry = entryIndex - index
    if (index > 0) {
      this.#packets.dropFirst(index)
      this.#leads -= index
    }
    this.#account?.renew()
  }
}
