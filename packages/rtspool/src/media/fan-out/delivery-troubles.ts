import { Diagnostic, TellOnce } from '../../listeners.js'
import type { DatagramDestination, DatagramObserver } from '../../transport/udp/datagram-group.js'

/** A packet that is too large for the UDP viewers of its track. */
export interface OversizedPacket {
  /** Path of the presentation. */
  readonly path: string
  /** Index of the track, from 0. */
  readonly track: number
  /** Size of the RTP packet without SRTP. */
  readonly sizeBytes: number
  /** The server option that limits the first such viewer. */
  readonly maxDatagramBytes: number
}

/** A packet that does not fit the route to a UDP viewer: IP sends it in fragments. */
export interface FragmentedPacket {
  /** Path of the presentation. */
  readonly path: string
  /** Index of the track, from 0. */
  readonly track: number
  /** Address of the viewer. */
  readonly address: string
  /** Size of the datagram: the RTP packet with the bytes that SRTP adds. */
  readonly sizeBytes: number
}

/** A packet that the system did not accept for a UDP viewer. */
export interface UnsentPacket {
  /** Path of the presentation. */
  readonly path: string
  /** Index of the track, from 0. */
  readonly track: number
  /** Address of the viewer. */
  readonly address: string
  /** Code of the error, for example `EMSGSIZE` or `ENETUNREACH`. */
  readonly code: string
}

const oversizedPacket = new Diagnostic<OversizedPacket>(
  'rtspool:oversized-packet',
  'RTSPOOL_OVERSIZED_PACKET',
  ({ path, track, sizeBytes, maxDatagramBytes }) =>
    `${path}: UDP viewers of track ${track} miss packets of more than ${maxDatagramBytes} bytes, such as one of ${sizeBytes}`,
)
const fragmentedPacket = new Diagnostic<FragmentedPacket>(
  'rtspool:fragmented-packet',
  'RTSPOOL_FRAGMENTED_PACKET',
  ({ path, track, address, sizeBytes }) =>
    `${path}: packets of track ${track} go to ${address} in fragments, such as one of ${sizeBytes} bytes`,
)
const unsentPacket = new Diagnostic<UnsentPacket>(
  'rtspool:unsent-packet',
  'RTSPOOL_UNSENT_PACKET',
  ({ path, track, address, code }) =>
    `${path}: the system does not send packets of track ${track} to ${address} (${code})`,
)

/**
 * Publishes the first packet of one track with each kind of UDP failure. The others are only
 * counted.
 */
export class DeliveryTroubles implements DatagramObserver {
  readonly #path: string
  readonly #track: number
  readonly #once = new TellOnce()

  constructor(path: string, track: number) {
    this.#path = path
    this.#track = track
  }

  /** Reports a packet that is larger than datagrams may be. */
  oversized(sizeBytes: number, maxDatagramBytes: number): void {
    if (!this.#once.isFirst('oversized')) return
    oversizedPacket.publish({ ...this.#place, sizeBytes, maxDatagramBytes })
  }

  fragmented({ address }: DatagramDestination, sizeBytes: number): void {
    if (!this.#once.isFirst('fragmented')) return
    fragmentedPacket.publish({ ...this.#place, address, sizeBytes })
  }

  unsent({ address }: DatagramDestination, code: string): void {
    if (!this.#once.isFirst('unsent')) return
    unsentPacket.publish({ ...this.#place, address, code })
  }

  get #place(): { readonly path: string; readonly track: number } {
    return { path: this.#path, track: this.#track }
  }
}
