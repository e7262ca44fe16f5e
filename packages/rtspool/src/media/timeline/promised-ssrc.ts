import { randomInt } from 'node:crypto'
import { rewriteRtpHeader, sequenceNumberOf, ssrcOf, timestampOf } from '../../rtp/index.js'
import type { SourcePosition } from './continuous-timeline.js'

/**
 * SSRC that the server tells a viewer before the source of a track has sent a packet. It takes the place of the
 * source's first SSRC. Any later SSRC of the source stays.
 *
 * ```text
 * in   ssrc 7: 10 11 12 │ ssrc 9: 500 501
 * out  ssrc P: 10 11 12 │ ssrc 9: 500 501     P = the promised one
 * ```
 */
export class PromisedSsrc {
  /** Random, as every SSRC (RFC 3550 section 5.1). */
  readonly ssrc = randomInt(2 ** 32)
  /** First SSRC of the source; `undefined` until a packet or a position tells it. */
  #replaced: number | undefined

  /** Writes the promised SSRC into a packet with the source's first SSRC. The packet must be valid RTP. */
  rewrite(packet: Buffer): void {
    if (!this.#replaces(ssrcOf(packet))) return
    rewriteRtpHeader(packet, sequenceNumberOf(packet), timestampOf(packet), this.ssrc)
  }

  /** Returns a position of the source with the SSRC that viewers see. */
  place(position: SourcePosition): SourcePosition {
    return this.#replaces(position.ssrc) ? { ...position, ssrc: this.ssrc } : position
  }

  #replaces(ssrc: number): boolean {
    this.#replaced ??= ssrc
    return ssrc === this.#replaced
  }
}
