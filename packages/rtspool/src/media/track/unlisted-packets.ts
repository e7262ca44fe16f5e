import { Diagnostic } from '../../listeners.js'

/** An RTP packet whose payload type its description does not list. */
export interface UnlistedPacket {
  /** Path of the presentation. */
  readonly path: string
  /** Index of the track, from 0. */
  readonly track: number
  /** Of the packet. */
  readonly payloadType: number
  /** The payload types of the track, as described or announced. */
  readonly expected: readonly number[]
}

const unlistedPacket = new Diagnostic<UnlistedPacket>(
  'rtspool:unlisted-packet',
  'RTSPOOL_UNLISTED_PACKET',
  ({ path, track, payloadType, expected }) =>
    `${path}: track ${track} carries payload type ${payloadType}, described are ${expected.join(', ')}`,
)

/** Counts the packets of one track whose payload type is none of the track's, and tells the first of them. */
export class UnlistedPackets {
  readonly #path: string
  readonly #track: number
  readonly #expected: readonly number[]
  #count = 0

  /** @param expected - The payload types of the track. */
  constructor(path: string, track: number, expected: readonly number[]) {
    this.#path = path
    this.#track = track
    this.#expected = expected
  }

  get count(): number {
    return this.#count
  }

  note(payloadType: number): void {
    this.#count++
    if (this.#count > 1) return
    const expected = this.#expected
    unlistedPacket.publish({ path: this.#path, track: this.#track, payloadType, expected })
  }
}
