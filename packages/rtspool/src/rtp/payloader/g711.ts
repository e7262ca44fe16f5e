import type { RtpPacketWriterOptions } from './packet-writer.js'
import { PcmPayloader } from './pcm.js'

export interface G711PayloaderOptions extends RtpPacketWriterOptions {
  /**
   * Number of interleaved audio channels; a sample of each takes one byte.
   *
   * @default 1
   */
  readonly channels?: number
}

/**
 * Packetizes samples of G.711 (RFC 3551 section 4.5.14): each packet contains as many whole
 * sampling instants as fit.
 */
export class G711Payloader {
  readonly #payloader: PcmPayloader

  /**
   * Creates a payloader for one stream.
   *
   * @throws {RangeError} An option is out of its range.
   */
  constructor(options: G711PayloaderOptions) {
    const { channels = 1, ...writer } = options
    const { maxPayloadBytes } = new PcmPayloader({ ...writer, instantBytes: 1 })
    if (!Number.isInteger(channels) || channels < 1 || channels > maxPayloadBytes) {
      throw new RangeError(
        `channels must be an integer from 1 to ${maxPayloadBytes}, got ${channels}`,
      )
    }
    this.#payloader = new PcmPayloader({ ...writer, instantBytes: channels })
  }

  /** Sequence number of the next packet. */
  get sequenceNumber(): number {
    return this.#payloader.sequenceNumber
  }

  /**
   * Packetizes samples.
   *
   * @param samples - One byte per channel in turn; an incomplete last instant is dropped.
   * @param timestamp - RTP time of the first instant, in ticks of the sampling rate; taken modulo
   *   2^32.
   * @returns New packets that share no memory with the samples.
   */
  packetize(samples: Uint8Array, timestamp: number): Buffer[] {
    return this.#payloader.packetize(samples, timestamp)
  }
}
