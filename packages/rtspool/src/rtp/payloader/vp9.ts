import { isVp9KeyFrame } from '../codec/video-kinds.js'
import { PictureId, packetizeFrame } from './frame-pieces.js'
import { RtpPacketWriter, type RtpPacketWriterOptions } from './packet-writer.js'

const headerBytes = 3
const pictureIdBit = 0x80
const predictedBit = 0x40
const beginBit = 0x08
const endBit = 0x04

/**
 * Packetizes frames of VP9 without layers, in the non-flexible mode (RFC 9628).
 *
 * ```text
 *  I P L F B E V Z | M pictureId15 | piece of the frame
 * ```
 */
export class Vp9Payloader {
  readonly #writer: RtpPacketWriter
  readonly #pictureId: PictureId

  constructor(options: RtpPacketWriterOptions) {
    this.#writer = new RtpPacketWriter(options)
    this.#pictureId = new PictureId(options.sequenceNumber)
  }

  /** Sequence number of the next packet. */
  get sequenceNumber(): number {
    return this.#writer.sequenceNumber
  }

  /**
   * Packetizes one frame, or one superframe.
   *
   * @param timestamp - Presentation time in 1/90000 s; taken modulo 2^32.
   * @returns New packets, the last one with the marker; they share no memory with the frame.
   */
  packetize(frame: Uint8Array, timestamp: number): Buffer[] {
    const [high, low] = this.#pictureId.next()
    const predicted = isVp9KeyFrame(frame[0] ?? 0) ? 0 : predictedBit
    return packetizeFrame(this.#writer, frame, timestamp, headerBytes, (start, end) => {
      const place = (start === 0 ? beginBit : 0) | (end === frame.length ? endBit : 0)
      return Uint8Array.of(pictureIdBit | predicted | place, high, low)
    })
  }
}
