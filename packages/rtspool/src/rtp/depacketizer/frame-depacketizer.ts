import { asBuffer } from '../codec/nal-units.js'
import { markerOf, payloadEndOf, payloadOffsetOf, timestampOf } from '../packet.js'
import { type Depacketizer, noUnits, type RtpUnit } from './depacketizer.js'
import { PacketOrder } from './packet-order.js'

/** A frame of audio with its RTP timestamp. */
export interface Frame {
  readonly data: Buffer
  readonly timestamp: number
}

/** Parses the RTP payloads of one audio encoding into frames. */
export interface FrameReader {
  /** `true` while the reader keeps fragments of a frame that is not complete yet. */
  readonly isOpen: boolean
  /**
   * Parses the payload of an RTP packet. Never throws.
   *
   * @param payload - Payload of a packet; not empty.
   * @param timestamp - RTP timestamp of the packet, in ticks.
   * @param hasMarker - Marker of the packet.
   * @returns The frames that the payload completes; `undefined` if it breaks the format.
   */
  read(payload: Buffer, timestamp: number, hasMarker: boolean): readonly Frame[] | undefined
  /**
   * Ends the stream of payloads.
   *
   * @returns The last frame, if it only waited for the beginning of the next one; otherwise empty.
   */
  flush(): readonly Frame[]
  /** Drops the fragments of an incomplete frame, because a packet has been lost or a new stream begins. */
  reset(): void
}

export const noFrames: readonly Frame[] = Object.freeze([])

/** Restores audio from RTP packets; each frame becomes one unit. */
export class FrameDepacketizer implements Depacketizer {
  readonly #reader: FrameReader
  readonly #order = new PacketOrder()
  #malformed = 0
  #dropped = 0
  /**
   * `true` after a loss until the next complete frame: packets may then be the rest of a frame that
   * began with a lost packet.
   */
  #isAfterGap = false
  /**
   * Number of lost and malformed packets that the units returned so far have reported in {@link
   * RtpUnit.lostPackets}.
   */
  #told = 0

  constructor(reader: FrameReader) {
    this.#reader = reader
  }

  get lostPackets(): number {
    return this.#order.lostPackets
  }

  get malformedPackets(): number {
    return this.#order.invalidPackets + this.#malformed
  }

  get droppedUnits(): number {
    return this.#dropped
  }

  push(packet: Uint8Array): readonly RtpUnit[] {
    const place = this.#order.next(packet)
    if (place === 'invalid' || place === 'late') return noUnits
    if (place !== 'next') this.#break()
    if (place === 'gap') this.#isAfterGap = true
    const payload = asBuffer(packet).subarray(payloadOffsetOf(packet), payloadEndOf(packet))
    if (payload.length === 0) return noUnits
    const frames = this.#reader.read(payload, timestampOf(packet), markerOf(packet))
    if (frames) return this.#units(frames)
    if (!this.#isAfterGap) this.#malformed++
    this.#break()
    return noUnits
  }

  flush(): readonly RtpUnit[] {
    const units = this.#units(this.#reader.flush())
    this.#break()
    return units
  }

  #break(): void {
    if (this.#reader.isOpen) this.#dropped++
    this.#reader.reset()
  }

  #units(frames: readonly Frame[]): readonly RtpUnit[] {
    if (frames.length === 0) return noUnits
    this.#isAfterGap = false
    const missing = this.#order.lostPackets + this.malformedPackets
    const lost = missing - this.#told
    this.#told = missing
    return frames.map(({ data, timestamp }, index) => ({
      parts: [data],
      timestamp,
      isKeyFrame: true,
      lostPackets: index === 0 ? lost : 0,
    }))
  }
}
