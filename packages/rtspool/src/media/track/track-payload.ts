import { type PayloadTest, payloadTestOf, payloadTypeOf } from '../../rtp/index.js'
import type { MediaDescription } from '../../sdp/index.js'
import type { TrackPlace } from '../timeline/track-place.js'
import { EntryPoints } from './entry-points.js'
import { UnlistedPackets } from './unlisted-packets.js'

const payloadTypeCount = 128
const defaultClockRate = 90_000

/** Values of a table with one place a payload type. */
const unlisted = 0
const listed = 1
/** Of the encoding whose key frames the track begins with. */
const leading = 2

/** The payload of one track, as its description says: encodings, payload types, and where a decoder can begin. */
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

  /** Whether key frames of the encoding are known. */
  get hasKeyFrames(): boolean {
    return this.#test !== undefined
  }

  /** Packets whose payload type the description does not list. */
  get unlistedPackets(): number {
    return this.#unlisted.count
  }

  /**
   * Says what a packet is to those who begin with the stream. A packet of another payload type, as of a retransmission or
   * of a source that keeps to no description, is nowhere to begin with.
   *
   * @param packet - Valid RTP; the payload is at `start` up to `end`.
   * @param endsFrame - Whether the packet has the marker, or is a frame of its own.
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

  /** Begins anew: another source. */
  reset(): void {
    this.#entryPoints.reset()
  }
}
