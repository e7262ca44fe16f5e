import { EntryPoints } from '../media/track/entry-points.js'
import { packetLimitOf, RecentPackets } from '../media/track/gop-cache.js'
import type { GopCacheLimits } from '../media/track/gop-cache-options.js'
import {
  isValidRtp,
  markerOf,
  type PayloadTest,
  payloadEndOf,
  payloadOffsetOf,
  payloadTestOf,
  payloadTypeOf,
  timestampOf,
} from '../rtp/index.js'
import type { MediaDescription } from '../sdp/index.js'

/** RTP packet with the track that it belongs to. */
export interface TrackPacket {
  /** Index of the track in the description of the source, from 0. */
  readonly track: number
  readonly packet: Buffer
}

const defaultClockRate = 90_000

/**
 * Keeps the packets of a connection that no media has received yet, from the last key frame on. They arrive before the
 * first viewer, or after a return before the first key frame.
 */
export class Backlog {
  /**
   * Index of the track whose key frames count: the first video track with an encoding whose key frames are known;
   * `undefined` without one.
   */
  readonly leader: number | undefined
  readonly #recent: RecentPackets
  readonly #entryPoints = new EntryPoints()
  readonly #test: PayloadTest | undefined
  readonly #payloadType: number | undefined
  readonly #limits: GopCacheLimits
  #packets: TrackPacket[] = []
  /** Number and bytes of the kept packets of all tracks but the leader, whose packets have limits of their own. */
  #others = { count: 0, bytes: 0 }

  /** Creates an empty backlog. @param media - Descriptions of the relay's tracks, in their order. */
  constructor(media: readonly MediaDescription[], limits: GopCacheLimits) {
    const tests = media.map((each) => (each.kind === 'video' ? testOf(each) : undefined))
    const leader = tests.findIndex((test) => test !== undefined)
    const [payloadType = -1] = media[leader]?.payloadTypes ?? []
    this.#limits = limits
    this.leader = leader < 0 ? undefined : leader
    this.#test = tests[leader]
    this.#payloadType = payloadType < 0 ? undefined : payloadType
    const clockRate = media[leader]?.rtpmap(payloadType)?.clockRate ?? defaultClockRate
    this.#recent = new RecentPackets(limits, clockRate)
  }

  /**
   * True if viewers can continue with the kept packets: they begin with a key frame, or no track has known key frames.
   */
  get isReady(): boolean {
    return this.leader === undefined || this.#recent.entryPacket !== undefined
  }

  /** True if no key frame is kept, so that no decoder could begin with the kept packets. */
  get isEmpty(): boolean {
    return this.#recent.entryPacket === undefined
  }

  /**
   * Adds a packet of the track with a given index. Without a {@link leader}, or if the packet is not valid RTP, nothing
   * is kept.
   */
  push(track: number, packet: Buffer): void {
    if (this.leader === undefined || !isValidRtp(packet)) return
    if (track === this.leader) this.#pushLeader(packet)
    else if (this.#recent.entryPacket) this.#pushOther(track, packet)
  }

  /** Removes and returns the kept packets in the order of their arrival. */
  take(): readonly TrackPacket[] {
    const packets = this.isReady ? this.#packets : []
    this.clear()
    return packets
  }

  clear(): void {
    this.#packets = []
    this.#others = { count: 0, bytes: 0 }
    this.#recent.clear()
    this.#entryPoints.reset()
  }

  #pushLeader(packet: Buffer): void {
    const recent = this.#recent
    const { starts } = recent
    const kept = recent.push(packet, this.#roleOf(packet))
    const track = this.leader ?? 0
    if (!recent.entryPacket || recent.starts !== starts) {
      // A new beginning, or none: sound of before does not belong to it.
      this.#packets = recent.packets.map((each) => ({ track, packet: each }))
      this.#others = { count: 0, bytes: 0 }
    } else this.#packets.push({ track, packet: kept })
  }

  /** Adds a packet of another track than the leader. Above a limit nothing is kept before the next key frame. */
  #pushOther(track: number, packet: Buffer): void {
    const others = this.#others
    others.count++
    others.bytes += packet.length
    const isOver = others.bytes > this.#limits.maxBytes
    if (isOver || others.count > packetLimitOf(this.#limits)) this.clear()
    else this.#packets.push({ track, packet })
  }

  #roleOf(packet: Buffer): number {
    const [start, end] = [payloadOffsetOf(packet), payloadEndOf(packet)]
    if (this.#payloadType !== undefined && payloadTypeOf(packet) !== this.#payloadType) {
      return this.#entryPoints.pass(packet.length)
    }
    const kind = this.#test?.(packet, start, end)
    return this.#entryPoints.next(kind, timestampOf(packet), markerOf(packet), packet.length)
  }
}

/** Returns the function that finds key frames of a track; `undefined` for an encoding without known key frames. */
function testOf(media: MediaDescription): PayloadTest | undefined {
  const [payloadType] = media.payloadTypes
  const encoding = payloadType === undefined ? undefined : media.rtpmap(payloadType)?.encoding
  return encoding === undefined ? undefined : payloadTestOf(encoding)
}
