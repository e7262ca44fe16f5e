import { channel } from 'node:diagnostics_channel'

/** A packet that no UDP viewer of its track gets. */
export interface OversizedPacket {
  /** Of the presentation. */
  readonly path: string
  /** Index of the track, from 0. */
  readonly track: number
  /** Of the RTP packet, before SRTP. */
  readonly sizeBytes: number
  /** The option of the server that it went to first. */
  readonly maxDatagramBytes: number
}

const oversizedChannel = channel('rtspool:oversized-packet')

/** Tells of the first packet of one track that was too large for a datagram; the others are only counted. */
export class OversizedPackets {
  readonly #path: string
  readonly #track: number
  #isTold = false

  constructor(path: string, track: number) {
    this.#path = path
    this.#track = track
  }

  tell(sizeBytes: number, maxDatagramBytes: number): void {
    if (this.#isTold) return
    this.#isTold = true
    const message: OversizedPacket = {
      path: this.#path,
      track: this.#track,
      sizeBytes,
      maxDatagramBytes,
    }
    oversizedChannel.publish(message)
  }
}
