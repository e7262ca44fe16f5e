import {
  describedParameterSets,
  H264Payloader,
  H265Payloader,
  type PayloadTest,
  payloadTestOf,
  payloadTypeOf,
  rewriteRtpHeader,
  sequenceNumberOf,
  ssrcOf,
  timestampOf,
} from '../../rtp/index.js'
import type { MediaDescription } from '../../sdp/index.js'
import type { TrackPlace } from '../timeline/track-place.js'
import { EntryPoints } from './entry-points.js'
import { UnlistedPackets } from './unlisted-packets.js'

const payloadTypeCount = 128
const defaultClockRate = 90_000

/** Value in the table of payload types for a type that the session description does not list. */
const unlisted = 0
const listed = 1
/**
 * Value in the table of payload types for a type that has the encoding of the first listed one. Only packets of this
 * encoding can be entry points, at which a decoder begins.
 */
const leading = 2

/**
 * Classifies the packets of one track by its session description: payload types, and entry points at which a decoder
 * can begin.
 */
export class TrackPayload {
  /** Clock rate of the RTP timestamps, in ticks a second. */
  readonly clockRate: number
  readonly #test: PayloadTest | undefined
  readonly #description: MediaDescription
  readonly #types = new Uint8Array(payloadTypeCount)
  readonly #unlisted: UnlistedPackets
  readonly #entryPoints = new EntryPoints()

  constructor(place: TrackPlace, description: MediaDescription) {
    this.#description = description
    const { payloadTypes } = description
    const [first] = payloadTypes
    const rtpmap = first === undefined ? undefined : description.rtpmap(first)
    this.clockRate = rtpmap?.clockRate ?? defaultClockRate
    this.#test = rtpmap && payloadTestOf(rtpmap.encoding)
    this.#unlisted = new UnlistedPackets(place, payloadTypes)
    // Without a payload type the description allows any.
    if (payloadTypes.length === 0) this.#types.fill(leading)
    for (const type of payloadTypes) {
      const encoding = description.rtpmap(type)?.encoding
      const isLeading = encoding?.toLowerCase() === rtpmap?.encoding.toLowerCase()
      this.#types[type] = isLeading || !this.#test ? leading : listed
    }
  }

  /** True if key frames of the encoding can be recognized. */
  get hasKeyFrames(): boolean {
    return this.#test !== undefined
  }

  /** Seconds between the last two key frames; `undefined` before the second one. */
  get keyFrameIntervalSeconds(): number | undefined {
    const { intervalTicks } = this.#entryPoints
    return intervalTicks > 0 ? intervalTicks / this.clockRate : undefined
  }

  /** Number of packets whose payload type the description does not list. */
  get unlistedPackets(): number {
    return this.#unlisted.count
  }

  /**
   * Classifies a packet for viewers that join the stream or continue after a gap. A packet with
   * another payload type, for example a retransmission, is never an entry point.
   *
   * @param packet - Valid RTP with its payload from `start` to `end`.
   * @param endsFrame - True if the packet has the marker, or is a whole frame.
   * @returns Bits of {@link packetRoles}.
   */
  roleOf(
    packet: Buffer,
    start: number,
    end: number,
    timestamp: number,
    endsFrame: boolean,
  ): number {
    const type = this.#types[payloadTypeOf(packet)]
    if (type !== leading) {
      if (type === unlisted) this.#unlisted.note(payloadTypeOf(packet))
      if (this.#test) return this.#entryPoints.pass(packet.length)
    }
    const kind = this.#test?.(packet, start, end)
    return this.#entryPoints.next(kind, timestamp, endsFrame, packet.length)
  }

  /**
   * Returns new packets with the parameter sets of H.264 or H.265 in the description. Their numbers precede a packet, and
   * their timestamp is that of the packet. Empty without such parameter sets.
   */
  parameterSetsBefore(packet: Buffer): readonly Buffer[] {
    const payloadType = payloadTypeOf(packet)
    const encoding = this.#description.rtpmap(payloadType)?.encoding.toUpperCase()
    if (encoding !== 'H264' && encoding !== 'H265') return []
    const sets = describedParameterSets(encoding, this.#description.fmtp(payloadType) ?? '')
    if (!sets) return []
    const [ssrc, timestamp] = [ssrcOf(packet), timestampOf(packet)]
    const Payloader = encoding === 'H264' ? H264Payloader : H265Payloader
    const payloader = new Payloader({ ssrc, payloadType, sequenceNumber: 0 })
    const packets = payloader.packetize(sets.units, timestamp)
    for (const [index, each] of packets.entries()) {
      const before = sequenceNumberOf(packet) - packets.length + index
      rewriteRtpHeader(each, before & 0xffff, timestamp, ssrc)
      // The picture follows.
      each[1] = payloadType
    }
    return packets
  }

  /** Forgets the packets classified so far, because the next one comes from another source. */
  reset(): void {
    this.#entryPoints.reset()
  }
}
