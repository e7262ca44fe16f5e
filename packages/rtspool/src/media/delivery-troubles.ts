import { channel } from 'node:diagnostics_channel'
import type { DatagramDestination, DatagramObserver } from '../transport/datagram-group.js'

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

/** A packet that does not fit the route to a UDP viewer in one piece: IP cuts it into fragments. */
export interface FragmentedPacket {
  /** Of the presentation. */
  readonly path: string
  /** Index of the track, from 0. */
  readonly track: number
  /** Of the viewer that the route leads to. */
  readonly address: string
  /** Of the datagram: the RTP packet, and what SRTP adds to it. */
  readonly sizeBytes: number
}

/** A packet that the system did not take for a UDP viewer. */
export interface UnsentPacket {
  /** Of the presentation. */
  readonly path: string
  /** Index of the track, from 0. */
  readonly track: number
  /** Of the viewer. */
  readonly address: string
  /** Of the error, for example `EMSGSIZE` or `ENETUNREACH`. */
  readonly code: string
}

const oversizedChannel = channel('rtspool:oversized-packet')
const fragmentedChannel = channel('rtspool:fragmented-packet')
const unsentChannel = channel('rtspool:unsent-packet')

/** Tells of the first packet of one track with each kind of trouble on its way by UDP; the others are only counted. */
export class DeliveryTroubles implements DatagramObserver {
  readonly #path: string
  readonly #track: number
  readonly #told = new Set<object>()

  constructor(path: string, track: number) {
    this.#path = path
    this.#track = track
  }

  /** A packet is larger than datagrams may be. */
  oversized(sizeBytes: number, maxDatagramBytes: number): void {
    if (!this.#isFirst(oversizedChannel)) return
    const message: OversizedPacket = { ...this.#place, sizeBytes, maxDatagramBytes }
    oversizedChannel.publish(message)
  }

  fragmented({ address }: DatagramDestination, sizeBytes: number): void {
    if (!this.#isFirst(fragmentedChannel)) return
    const message: FragmentedPacket = { ...this.#place, address, sizeBytes }
    fragmentedChannel.publish(message)
  }

  unsent({ address }: DatagramDestination, code: string): void {
    if (!this.#isFirst(unsentChannel)) return
    const message: UnsentPacket = { ...this.#place, address, code }
    unsentChannel.publish(message)
  }

  get #place(): { readonly path: string; readonly track: number } {
    return { path: this.#path, track: this.#track }
  }

  #isFirst(kind: object): boolean {
    const { size } = this.#told
    return this.#told.add(kind).size > size
  }
}
