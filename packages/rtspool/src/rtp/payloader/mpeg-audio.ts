import { rtpHeaderBytes } from '../packet.js'
import { RtpPacketWriter, type RtpPacketWriterOptions } from './packet-writer.js'

const headerBytes = 4

/**
 * Packetizes frames of MPEG audio (RFC 2250 section 3.5): one frame a packet, or the fragments of a
 * large one.
 *
 * ```text
 *  0 (16 bits) | position of the piece in the frame (16 bits) | frame or piece
 * ```
 */
export class MpegAudioPayloader {
  readonly #writer: RtpPacketWriter

  constructor(options: RtpPacketWriterOptions) {
    this.#writer = new RtpPacketWriter(options)
  }

  /** Sequence number of the next packet. */
  get sequenceNumber(): number {
    return this.#writer.sequenceNumber
  }

  /**
   * Packetizes one frame.
   *
   * @param frame - Frame with its header.
   * @param timestamp - RTP time in 1/90000 s; taken modulo 2^32.
   * @returns New packets that share no memory with the frame.
   */
  packetize(frame: Uint8Array, timestamp: number): Buffer[] {
    const maxPieceBytes = this.#writer.maxPayloadBytes - headerBytes
    const packets: Buffer[] = []
    for (let start = 0; start < frame.length; start += maxPieceBytes) {
      const piece = frame.subarray(start, start + maxPieceBytes)
      // The marker begins a talkspurt (RFC 3551 section 4.1), which a file does not signal.
      const packet = this.#writer.allocate(headerBytes + piece.length, timestamp, false)
      packet.writeUInt16BE(0, rtpHeaderBytes)
      packet.writeUInt16BE(start, rtpHeaderBytes + 2)
      packet.set(piece, rtpHeaderBytes + headerBytes)
      packets.push(packet)
    }
    return packets
  }
}
