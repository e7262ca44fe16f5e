import { type PayloadTest, payloadTestOf, payloadTypeOf } from '../../rtp/index.js'
import type { MediaDescription } from '../../sdp/index.js'
import type { TrackPlace } from '../timeline/track-place.js'
import { EntryPoints } from './entry-points.js'
import { UnlistedPackets } from './unlisted-packets.js'

const payloadTypeCount = 128
const defaultClockRate = 90_000

/** Entries of a table with one place for each payload type. */
const unlisted = 0
const listed = 1
/** Payload type of the encoding whose key frames the track begins with. */
const leading = 2

/**
 * The payload of one track according to its description: encodings, payload types, and packets that
 * a decoder can begin with.
 */
export class TrackPayload {
  /** Ticks a second of the RTP timestamps. */
  readonly clockRate: number
  readonly #test: PayloadTest | undefined
  readonly #types = new Uint8Array(payloadTypeCount)
  readonly #unlisted: UnlistedPackets
  readonly #entryPoints = new EntryPoints()

  constructor(place: TrackPlace, description: MediaDescription) {
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

  /** True if key frames of the encoding are known. */
  get hasKeyFrames(): boolean {
    return this.#test !== undefined
  }

  /** Packets whose payload type the description does not list. */
  get unlistedPackets(): number {
    return this.#unlisted.count
  }

  /**
   * Classifies a packet for readers that begin with the stream. A decoder cannot begin with a
   * packet of another payload type, for example of a retransmission.
   *
   * @param packet - Valid RTP with its payload from `start` to `end`.
   * @param endsFrame - True if the packet has the marker, or is a whole frame.
   * @returns Bits of `packetRoles`.
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

  /** Starts again, for another source. */
  reset(): void {
    this.#entryPoints.reset()
  }
}
