import { rtpHeaderBytes } from './packet.js'
import { RtpPacketWriter, type RtpPacketWriterOptions } from './packet-writer.js'

export interface G711PayloaderOptions extends RtpPacketWriterOptions {
  /**
   * Channels that take turns, one byte each.
   * @default 1
   */
  readonly channels?: number
}

/**
 * Puts samples of G.711 into RTP packets (RFC 3551 section 4.5.14): as many as fit, of whole sampling instants.
 */
export class G711Payloader {
  readonly #writer: RtpPacketWriter
  readonly #channels: number

  /** @throws {RangeError} An option is out of its range. */
  constructor(options: G711PayloaderOptions) {
    this.#writer = new RtpPacketWriter(options)
    this.#channels = options.channels ?? 1
    const { maxPayloadBytes } = this.#writer
    if (
      !Number.isInteger(this.#channels) ||
      this.#channels < 1 ||
      this.#channels > maxPayloadBytes
    ) {
      throw new RangeError(
        `channels must be an integer from 1 to ${maxPayloadBytes}, got ${this.#channels}`,
      )
    }
  }

  /** Sequence number of the next packet. */
  get sequenceNumber(): number {
    return this.#writer.sequenceNumber
  }

  /**
   * @param samples - One byte for each channel in turn; what is left of a last, incomplete instant is dropped.
   * @param timestamp - Of the first instant, in ticks of the sampling rate; taken modulo 2^32.
   * @returns New packets that share no memory with the samples.
   */
  packetize(samples: Uint8Array, timestamp: number): Buffer[] {
    const channels = this.#channels
    const maxBytes = wholeInstants(this.#writer.maxPayloadBytes, channels)
    const end = wholeInstants(samples.length, channels)
    const packets: Buffer[] = []
    for (let start = 0; start < end; start += maxBytes) {
      const piece = samples.subarray(start, Math.min(start + maxBytes, end))
      // The marker begins a talkspurt, and without silence suppression there is none (RFC 3551 section 4.1).
      const packet = this.#writer.allocate(piece.length, timestamp + start / channels, false)
      packet.set(piece, rtpHeaderBytes)
      packets.push(packet)
    }
    return packets
  }
}

const wholeInstants = (sizeBytes: number, channels: number): number =>
  sizeBytes - (sizeBytes % channels)
