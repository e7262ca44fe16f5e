import { rtpHeaderBytes } from '../packet.js'
import { RtpPacketWriter, type RtpPacketWriterOptions } from './packet-writer.js'

export interface PcmPayloaderOptions extends RtpPacketWriterOptions {
  /** Size in bytes of one sampling instant: one sample of every channel. */
  readonly instantBytes: number
}

/**
 * Packetizes samples of sound (RFC 3551 section 4.5): each packet contains as many whole sampling
 * instants as fit.
 */
export class PcmPayloader {
  readonly #writer: RtpPacketWriter
  readonly #instantBytes: number

  /**
   * Creates a payloader for one stream.
   *
   * @throws {RangeError} An option is out of its range.
   */
  constructor(options: PcmPayloaderOptions) {
    this.#writer = new RtpPacketWriter(options)
    this.#instantBytes = options.instantBytes
    const { maxPayloadBytes } = this.#writer
    if (
      !Number.isInteger(this.#instantBytes) ||
      this.#instantBytes < 1 ||
      this.#instantBytes > maxPayloadBytes
    ) {
      throw new RangeError(
        `instantBytes must be an integer from 1 to ${maxPayloadBytes}, got ${this.#instantBytes}`,
      )
    }
  }

  /** Sequence number of the next packet. */
  get sequenceNumber(): number {
    return this.#writer.sequenceNumber
  }

  /** Maximum number of payload bytes in a packet. */
  get maxPayloadBytes(): number {
    return this.#writer.maxPayloadBytes
  }

  /**
   * Packetizes samples.
   *
   * @param samples - Samples in the payload format; an incomplete last instant is dropped.
   * @param timestamp - RTP time of the first instant, in ticks of the sampling rate; taken modulo
   *   2^32.
   * @returns New packets that share no memory with the samples.
   */
  packetize(samples: Uint8Array, timestamp: number): Buffer[] {
    const instantBytes = this.#instantBytes
    const maxBytes = wholeInstants(this.#writer.maxPayloadBytes, instantBytes)
    const end = wholeInstants(samples.length, instantBytes)
    const packets: Buffer[] = []
    for (let start = 0; start < end; start += maxBytes) {
      const piece = samples.subarray(start, Math.min(start + maxBytes, end))
      // The marker begins a talkspurt, which does not exist without silence suppression (RFC 3551
      // section 4.1).
      const packet = this.#writer.allocate(piece.length, timestamp + start / instantBytes, false)
      packet.set(piece, rtpHeaderBytes)
      packets.push(packet)
    }
    return packets
  }
}

const wholeInstants = (sizeBytes: number, instantBytes: number): number =>
  sizeBytes - (sizeBytes % instantBytes)
