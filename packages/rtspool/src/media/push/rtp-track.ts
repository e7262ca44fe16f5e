import { bufferOf } from '../../bytes.js'
import { kindOf } from '../../option-checks.js'
import { isValidRtp } from '../../rtp/index.js'
import type { RtpFormat } from './formats/track-format.js'
import type { LiveOutlet } from './live-outlet.js'

/** A track of a live media that an application writes in RTP packets of its own. */
export class LiveRtpTrack {
  /** Position among the tracks of the live media, from 0. */
  readonly index: number
  readonly format: RtpFormat
  readonly #outlet: LiveOutlet
  #wantsKeyFrame = false

  /** @internal Adds the track to the tracks of a live media. */
  constructor(index: number, format: RtpFormat, outlet: LiveOutlet) {
    this.index = index
    this.format = format
    this.#outlet = outlet
    outlet.join({
      index,
      coded: { description: format.description },
      isComplete: true,
      next: undefined,
      timestampAt: () => 0,
      wantKeyFrame: () => {
        const isNew = !this.#wantsKeyFrame
        this.#wantsKeyFrame = true
        return isNew
      },
    })
  }

  /**
   * Sends one RTP packet to all viewers, unchanged. Sender reports relate its timestamp to the moment of the call.
   *
   * @param packet - Packet with a payload type of the description. It belongs to the track from now on, and must not be
   *   changed or reused.
   * @returns `false` if the packet is no valid RTP, or the media is closed.
   * @throws {TypeError} `packet` is not a `Uint8Array`.
   */
  writeRtp(packet: Uint8Array): boolean {
    const bytes = bufferOf(packet)
    if (!bytes) throw new TypeError(`packet must be a Uint8Array, got ${kindOf(packet)}`)
    if (this.#outlet.isClosed || !isValidRtp(bytes)) return false
    // The payload is not read here, so each wait of a viewer is told.
    this.#wantsKeyFrame = false
    this.#outlet.sendRaw(this.index, bytes)
    return true
  }
}
