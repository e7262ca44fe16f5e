import { Diagnostic, TellOnce } from '../../listeners.js'
import type { DatagramDestination, DatagramObserver } from '../../transport/udp/datagram-group.js'

/** Describes an RTP packet that was not sent to UDP viewers because it is larger than a datagram may be. */
export interface OversizedPacket {
  /** Path of the presentation. */
  readonly path: string
  /** Index of the track, from 0. */
  readonly track: number
  /** Size of the RTP packet in bytes, without the bytes that SRTP adds. */
  readonly sizeBytes: number
  /** Size limit of the socket in bytes, as set by the server option of the same name. */
  readonly maxDatagramBytes: number
}

/**
 * Describes a packet for a UDP viewer that IP sends in fragments, because the packet exceeds the MTU of the route.
 */
export interface FragmentedPacket {
  /** Path of the presentation. */
  readonly path: string
  /** Index of the track, from 0. */
  readonly track: number
  /** Numeric address of the viewer. */
  readonly address: string
  /** Size of the datagram in bytes: the RTP packet with the bytes that SRTP adds. */
  readonly sizeBytes: number
}

/** Describes a packet for a UDP viewer that the operating system refused to send. */
export interface UnsentPacket {
  /** Path of the presentation to which the packet belongs. */
  readonly path: string
  /** Index of the track, from 0. */
  readonly track: number
  /** Numeric address of the viewer. */
  readonly address: string
  /** Code of the system error, for example `EMSGSIZE` or `ENETUNREACH`. */
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
 * Publishes problems with UDP packets of one track on the diagnostics channels `rtspool:oversized-packet`,
 * `rtspool:fragmented-packet` and `rtspool:unsent-packet`: only the first packet of each kind.
 *
 * Calls subscribers in a microtask, because a subscriber may end sessions. No group of viewers changes while its packets
 * are sent.
 */
export class DeliveryTroubles implements DatagramObserver {
  readonly #path: string
  readonly #track: number
  readonly #once = new TellOnce()

  constructor(path: string, track: number) {
    this.#path = path
    this.#track = track
  }

  /**
   * Publishes that a packet is larger than the datagram limit of its socket. Later calls do nothing.
   *
   * @param sizeBytes - Size of the RTP packet without the bytes that SRTP adds.
   */
  oversized(sizeBytes: number, maxDatagramBytes: number): void {
    if (!this.#once.isFirst('oversized')) return
    queueMicrotask(() => oversizedPacket.publish({ ...this.#place, sizeBytes, maxDatagramBytes }))
  }

  fragmented({ address }: DatagramDestination, sizeBytes: number): void {
    if (!this.#once.isFirst('fragmented')) return
    queueMicrotask(() => fragmentedPacket.publish({ ...this.#place, address, sizeBytes }))
  }

  unsent({ address }: DatagramDestination, code: string): void {
    if (!this.#once.isFirst('unsent')) return
    queueMicrotask(() => unsentPacket.publish({ ...this.#place, address, code }))
  }

  get #place(): { readonly path: string; readonly track: number } {
    return { path: this.#path, track: this.#track }
  }
}
