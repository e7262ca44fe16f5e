import { rtpHeaderBytes } from '../packet.js'
import { RtpPacketWriter, type RtpPacketWriterOptions } from './packet-writer.js'

export interface Ac3PayloaderOptions extends RtpPacketWriterOptions {
  /** Codec: `ac3` uses RFC 4184, `eac3` RFC 4598. */
  readonly codec: 'ac3' | 'eac3'
}

const headerBytes = 2
/**
 * Share of a frame, from its beginning, with which a decoder can already produce sound (RFC 4184
 * section 4.1.1).
 */
const usefulShare = 5 / 8
/**
 * Values of the field FT (frame type) in the payload header of AC-3 (RFC 4184 section 4.1.1). E-AC-3 has one bit
 * instead: 1 for a fragment (RFC 4598 section 4.1.1).
 */
const frameTypes = { complete: 0, usefulStart: 1, shortStart: 2, continuation: 3 } as const
const mostPieces = 255

/**
 * Packetizes frames of AC-3 or E-AC-3: one frame a packet, or the fragments of a large one.
 *
 * ```text
 *  AC-3:    MBZ6 FT2 | NF8 | frame or piece
 *  E-AC-3:  MBZ7 F1  | NF8 | frame or piece     (NF: how many frames, or how many pieces the frame has)
 * ```
 */
export class Ac3Payloader {
  readonly #writer: RtpPacketWriter
  readonly #codec: 'ac3' | 'eac3'
  #droppedFrames = 0

  constructor({ codec, ...options }: Ac3PayloaderOptions) {
    this.#writer = new RtpPacketWriter(options)
    this.#codec = codec
  }

  /** Sequence number of the next packet. */
  get sequenceNumber(): number {
    return this.#writer.sequenceNumber
  }

  /**
   * Number of frames that were dropped because they need more fragments than the header can count.
   */
  get droppedFrames(): number {
    return this.#droppedFrames
  }

  /**
   * Packetizes one frame.
   *
   * @param frame - Frame with its syncword.
   * @param timestamp - RTP time in ticks of the sampling rate; taken modulo 2^32.
   * @returns New packets that share no memory with the frame.
   */
  packetize(frame: Uint8Array, timestamp: number): Buffer[] {
    const maxPieceBytes = this.#writer.maxPayloadBytes - headerBytes
    const pieces = Math.ceil(frame.length / maxPieceBytes)
    if (pieces > mostPieces) {
      this.#droppedFrames++
      return []
    }
    const packets: Buffer[] = []
    for (let index = 0; index < pieces; index++) {
      const start = index * maxPieceBytes
      const piece = frame.subarray(start, start + maxPieceBytes)
      // The marker means that the packet ends a frame.
      const isLast = index === pieces - 1
      const packet = this.#writer.allocate(headerBytes + piece.length, timestamp, isLast)
      packet[rtpHeaderBytes] = this.#frameType(start, piece.length, frame.length)
      packet[rtpHeaderBytes + 1] = pieces
      packet.set(piece, rtpHeaderBytes + headerBytes)
      packets.push(packet)
    }
    return packets
  }

  #frameType(start: number, pieceBytes: number, frameBytes: number): number {
    if (pieceBytes === frameBytes) return frameTypes.complete
    if (this.#codec === 'eac3') return 1
    if (start > 0) return frameTypes.continuation
    return pieceBytes >= usefulShare * frameBytes ? frameTypes.usefulStart : frameTypes.shortStart
  }
}
