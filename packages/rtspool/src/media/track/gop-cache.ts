import { checkNumber, checkOptions, isRecord, shown } from '../../option-checks.js'
import { timestampDistance, timestampOf } from '../../rtp/index.js'
import { packetRoles } from '../fan-out/packet-roles.js'
import type { CacheAccount, CacheShare } from './cache-budget.js'
import { KeptPackets } from './kept-packets.js'

/** Limits on the packets of a track kept for new viewers. */
export interface GopCacheLimits {
  /**
   * Limit on the bytes of one track. It also limits the packets: one for each 512 bytes, but at
   * least 16,384.
   */
  readonly maxBytes: number
  /** Seconds from the first to the last timestamp. */
  readonly maxSeconds: number
}

/** {@link GopCacheLimits} as an option; missing fields have their defaults. */
export type GopCacheOptions = { readonly [K in keyof GopCacheLimits]?: number | undefined }

/** Limits on the packets that a server keeps for new viewers. */
export interface ServerGopCacheOptions extends GopCacheOptions {
  /**
   * Memory in bytes that all streams of the server may hold together, including those of your own
   * media. One publication or one media may use a quarter. Over the limit, the caches with the
   * oldest key frames are emptied, unwatched streams first. 0 = keep nothing, `Infinity` =
   * unlimited.
   */
  readonly totalBytes?: number | undefined
}

export const gopCacheDefaults: GopCacheLimits = Object.freeze({
  maxBytes: 8 * 1024 * 1024,
  maxSeconds: 10,
})

export const defaultGopCacheTotalBytes = 256 * 1024 * 1024

/** Packets that a new viewer can be sent in some seconds. */
const minPacketLimit = 16_384
/**
 * Packets need more memory than their bytes. Those of real streams are larger than this on average.
 */
const bytesPerPacket = 512
/**
 * Memory of the object for one packet: 105 bytes of heap with Node 20 to 24, plus spare room of the
 * heap.
 */
const packetObjectBytes = 128

/**
 * @returns The limits, or `undefined` for `false`.
 * @throws {RangeError} If a limit is not a number from 0.
 * @throws {TypeError} If the value is not an object, or has an unknown option.
 */
export function resolveGopCache(limits: GopCacheOptions | false): GopCacheLimits | undefined {
  return resolveLimits(limits, Object.keys(gopCacheDefaults))
}

/** Resolves the option of a server in the same way. */
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
 * Keeps the packets of one track since the last key frame, so that a new viewer can begin with a
 * key frame at once.
 *
 * ```text
 *  SPS  PPS  IDR  slice  slice  …                     from the leads of a key frame on
 *  SEI  slice  slice  …  SEI  slice  slice  …         intra refresh: from the last recovery point but one on, so that the
 *                                                     picture is whole at the last
 * ```
 *
 * Over a limit, the cache is emptied until the next key frame, because half a group of pictures is
 * useless.
 */
export class RecentPackets {
  readonly #limits: GopCacheLimits
  readonly #clockRate: number
  readonly #maxPackets: number
  readonly #packets = new KeptPackets()
  readonly #account: CacheAccount | undefined
  #isCollecting = false
  /** Index of the first of the latest leads; `none` once they have been dropped. */
  #leads = none
  /**
   * Index of the packet that a decoder begins with. The leads in front of it may have any
   * timestamps.
   */
  #entry = 0
  /**
   * Index at which the packets will begin when the next recovery point arrives: its leads, or the
   * last recovery point.
   */
  #nextLeads = none
  #nextEntry = none
  #starts = 0

  readonly #hasEntries: boolean

  /**
   * @param hasEntries - True if the encoding has key frames. Otherwise {@link beginNotBefore} sets
   *   the start.
   * @param share - Budget that the kept bytes count against.
   */
  constructor(limits: GopCacheLimits, clockRate: number, hasEntries = true, share?: CacheShare) {
    this.#limits = limits
    this.#clockRate = clockRate
    this.#hasEntries = hasEntries
    this.#maxPackets = Math.max(minPacketLimit, limits.maxBytes / bytesPerPacket)
    this.#account = share?.open(() => this.clear())
  }

  /** Memory in bytes that the packets hold. */
  get heldBytes(): number {
    return this.#packets.heldBytes + this.#packets.length * packetObjectBytes
  }

  /**
   * The packets, oldest first. Without a complete start, only the leads of the next key frame.
   * Valid until the next call.
   */
  get packets(): readonly Buffer[] {
    return this.#isCollecting || this.#hasEntries ? this.#packets.list : []
  }

  /** Changes each time that the packets begin elsewhere. */
  get starts(): number {
    return this.#starts
  }

  /**
   * The packet at which the time of the packets begins. The leads in front of it may have any
   * timestamp.
   */
  get entryPacket(): Buffer | undefined {
    return this.#isCollecting ? this.#packets.at(this.#entry) : undefined
  }

  /** Set while somebody watches the stream. Caches of unwatched streams are emptied first. */
  set isWatched(isWatched: boolean) {
    if (this.#account) this.#account.isWatched = isWatched
  }

  /** Drops the packets before `timestamp`. The first one at or after it becomes the start. */
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
   * @param packet - A view of any memory: copied if it would hold much more memory than its own.
   * @param role - Bits of {@link packetRoles}.
   * @returns The packet as kept. Other holders should keep this one too.
   */
  push(packet: Buffer, role: number): Buffer {
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
      // Its leads were dropped a moment ago, and it is useless without them.
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

  /** @param entryIndex - Index of the packet that a decoder begins with. */
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
