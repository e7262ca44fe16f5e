import {
  nextSequenceNumber,
  rewriteRtpHeader,
  sequenceDistance,
  sequenceNumberOf,
  ssrcOf,
  timestampOf,
} from '../../rtp/index.js'

/**
 * Gives all packets of a track one SSRC, the announced one or the first of its source. After a change of SSRC, the sequence numbers go on
 * without a gap. Timestamps stay.
 *
 * ```text
 * in   ssrc 7: 10 11 12 │ ssrc 9: 500 501
 * out  ssrc 7: 10 11 12 │ ssrc 7:  13  14
 * ```
 *
 * With SRTP, receivers find the key by the SSRC (gst-rtsp-server 1.22), and keep a limited number of SSRCs per key.
 */
export class SingleSource {
  #ssrc: number | undefined
  /** SSRC of the source, which may change. */
  #source: number | undefined
  /** Difference from the source's sequence numbers, modulo 2^16. */
  #offset = 0
  /** Highest sequence number so far, modulo 2^16. */
  #highest = 0

  /** @param ssrc - SSRC with which the key is announced. @default that of the first packet */
  constructor(ssrc?: number) {
    this.#ssrc = ssrc
  }

  /** SSRC of all packets; `undefined` before the first one, if none is announced. */
  get ssrc(): number | undefined {
    return this.#ssrc
  }

  /**
   * Returns a packet with the SSRC of all.
   *
   * @param packet - Valid RTP; stays unchanged.
   * @returns The packet itself, or a copy with another header.
   */
  continued(packet: Buffer): Buffer {
    const [source, number] = [ssrcOf(packet), sequenceNumberOf(packet)]
    this.#ssrc ??= source
    if (this.#source === undefined) this.#highest = number
    else if (source !== this.#source) {
      this.#offset = (nextSequenceNumber(this.#highest) - number) & 0xffff
    }
    this.#source = source
    const continuedNumber = (number + this.#offset) & 0xffff
    if (sequenceDistance(this.#highest, continuedNumber) > 0) this.#highest = continuedNumber
    if (source === this.#ssrc && this.#offset === 0) return packet
    const copy = Buffer.from(packet)
    rewriteRtpHeader(copy, continuedNumber, timestampOf(packet), this.#ssrc)
    return copy
  }
}
