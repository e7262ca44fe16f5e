import { Diagnostic } from '../../listeners.js'
import type { TrackPlace } from '../timeline/track-place.js'

/**
 * Message on the diagnostics channel `rtspool:unlisted-packet`: the session description does not list the payload type
 * of an RTP packet.
 */
export interface UnlistedPacket extends TrackPlace {
  /** Payload type of the packet. */
  readonly payloadType: number
  /** Payload types of the track that the session description lists. */
  readonly expected: readonly number[]
}

const unlistedPacket = new Diagnostic<UnlistedPacket>(
  'rtspool:unlisted-packet',
  'RTSPOOL_UNLISTED_PACKET',
  ({ path, track, payloadType, expected }) =>
    `${path}: track ${track} carries payload type ${payloadType}, described are ${expected.join(', ')}`,
)

/**
 * Counts the packets of one track with an unlisted payload type, and publishes the first of them on the diagnostics
 * channel `rtspool:unlisted-packet`.
 */
export class UnlistedPackets {
  readonly #place: TrackPlace
  readonly #expected: readonly number[]
  #count = 0

  /**
   * Creates the counters of one track.
   *
   * @param expected - Payload types that the session description lists.
   */
  constructor(place: TrackPlace, expected: readonly number[]) {
    this.#place = place
    this.#expected = expected
  }

  get count(): number {
    return this.#count
  }

  note(payloadType: number): void {
    this.#count++
    if (this.#count > 1) return
    unlistedPacket.publish({ ...this.#place, payloadType, expected: this.#expected })
  }
}
