import { checkNumber, checkOptions, isRecord, shown } from '../option-checks.js'
import { timestampDistance, timestampOf } from '../rtp/index.js'
import { PacketMemory } from './packet-memory.js'

/** How much of a stream is kept for new viewers. */
export interface GopCacheLimits {
  /** Bytes of one track; also bounds its packets, to one for each 512 bytes, or 16,384 where that is more. */
  readonly maxBytes: number
  /** From the first to the last timestamp. */
  readonly maxSeconds: number
}

/** {@link GopCacheLimits} as an option: what is left out is the default. */
export type GopCacheOptions = { readonly [K in keyof GopCacheLimits]?: number | undefined }

export const gopCacheDefaults: GopCacheLimits = Object.freeze({
  maxBytes: 8 * 1024 * 1024,
  maxSeconds: 10,
})

/** As many as a new viewer can be sent in some seconds: what is kept for it is to be used. */
const minPacketLimit = 16_384
/** Packets cost more than their bytes; on average those of real streams are larger than this. */
const bytesPerPacket = 512

/**
 * @returns The limits, or `undefined` for `false`.
 * @throws {RangeError} When a limit is not a number from 0.
 * @throws {TypeError} When they are no object, or have an option that does not exist.
 */
export function resolveGopCache(limits: GopCacheOptions | false): GopCacheLimits | undefined {
  if (limits === false) return undefined
  if (!isRecord(limits)) {
    throw new TypeError(`gopCache must be false or an object, got ${shown(limits)}`)
  }
  checkOptions('gopCache', limits, Object.keys(gopCacheDefaults))
  return Object.freeze({
    maxBytes: checkNumber('gopCache.maxBytes', limits.maxBytes ?? gopCacheDefaults.maxBytes),
    maxSeconds: checkNumber(
      'gopCache.maxSeconds',
      limits.maxSeconds ?? gopCacheDefaults.maxSeconds,
    ),
  })
}

/**
 * The packets of one track since the last key frame, so that a new viewer can begin with one at once.
 *
 * What grows over the limits is given up until the next key frame: half a group of pictures is of no use.
 */
export class RecentPackets {
  readonly #limits: GopCacheLimits
  readonly #clockRate: number
  readonly #maxPackets: number
  readonly #memory = new PacketMemory()
  #packets: Buffer[] = []
  #sizeBytes = 0
  #isCollecting = false

  constructor(limits: GopCacheLimits, clockRate: number) {
    this.#limits = limits
    this.#clockRate = clockRate
    this.#maxPackets = Math.max(minPacketLimit, limits.maxBytes / bytesPerPacket)
  }

  /** Bytes of memory that the packets keep alive. */
  get heldBytes(): number {
    return this.#memory.heldBytes
  }

  /** The packets, oldest first; empty while there is no complete start. Not to be kept. */
  get packets(): readonly Buffer[] {
    return this.#isCollecting ? this.#packets : []
  }

  /** Begins anew with the packets of this timestamp that are here already: they belong to the key frame. */
  beginAt(timestamp: number): void {
    this.#keepFrom(this.#packets.findIndex((packet) => timestampOf(packet) === timestamp))
    this.#isCollecting = true
  }

  /** Begins anew with the first packet that is not older than `timestamp`. */
  beginNotBefore(timestamp: number): void {
    this.#keepFrom(
      this.#packets.findIndex((packet) => timestampDistance(timestamp, timestampOf(packet)) >= 0),
    )
    this.#isCollecting = true
  }

  /**
   * @param packet - A view of anything: it is copied where it would keep much else in memory.
   * @returns The packet as it is kept, which others are to keep too.
   */
  push(packet: Buffer): Buffer {
    // Before the first start only the frame that is under way can become part of it.
    const first = this.#isCollecting ? undefined : this.#packets[0]
    if (first && timestampOf(first) !== timestampOf(packet)) this.clear()
    this.#sizeBytes += packet.length
    const kept = this.#memory.keep(packet, this.#sizeBytes)
    this.#packets.push(kept)
    if (this.#isOverLimit(packet)) this.clear()
    return kept
  }

  clear(): void {
    this.#packets = []
    this.#memory.clear()
    this.#sizeBytes = 0
    this.#isCollecting = false
  }

  #isOverLimit(latest: Buffer): boolean {
    if (this.#sizeBytes > this.#limits.maxBytes) return true
    if (this.#packets.length > this.#maxPackets) return true
    const oldest = this.#packets[0]
    if (!oldest) return false
    const ticks = timestampDistance(timestampOf(oldest), timestampOf(latest))
    return ticks > this.#limits.maxSeconds * this.#clockRate
  }

  #keepFrom(index: number): void {
    this.#packets = index < 0 ? [] : this.#packets.slice(index)
    this.#sizeBytes = 0
    for (const packet of this.#packets) this.#sizeBytes += packet.length
    this.#memory.recount(this.#packets)
  }
}
