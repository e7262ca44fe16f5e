import { PictureId, packetizeFrame } from './frame-pieces.js'
import { RtpPacketWriter, type RtpPacketWriterOptions } from './packet-writer.js'

const headerBytes = 4
const extensionBit = 0x80
const startBit = 0x10
const pictureIdBit = 0x80

/**
 * Packetizes frames of VP8 (RFC 7741).
 *
 * ```text
 *  X 0 N S 0 PID3 | I L T K 0 | M pictureId15 | piece of the frame
 * ```
 */
export class Vp8Payloader {
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
   * Packetizes one frame.
   *
   * @param timestamp - Presentation time in 1/90000 s; taken modulo 2^32.
   * @returns New packets, the last one with the marker; they share no memory with the frame.
   */
  packetize(frame: Uint8Array, timestamp: number): Buffer[] {
    const [high, low] = this.#pictureId.next()
    return packetizeFrame(this.#writer, frame, timestamp, headerBytes, (start) =>
      Uint8Array.of(extensionBit | (start === 0 ? startBit : 0), pictureIdBit, high, low),
    )
  }
}
