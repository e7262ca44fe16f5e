import { TransportError } from '../../errors.js'
import { findMulticastInterface } from '../system/multicast-interface.js'
import type { NativeSockets } from '../system/native-sockets.js'
import type { SendThreads } from '../threads/send-threads.js'
import type { DatagramSendPath, UdpEndpoint } from './udp-endpoint.js'
import { UdpPortPair } from './udp-port-pair.js'

export interface UdpPortsOptions {
  /** First and last UDP port of the range from which an even port and the next one are taken. */
  readonly ports: readonly [first: number, last: number]
  /** Local address, which is that of the RTSP listener. `undefined` or `::` means all addresses of both families. */
  readonly address?: string | undefined
  /** Native calls, with which datagrams are sent in batches; see {@link NativeSockets}. */
  readonly native?: NativeSockets | undefined
  /** Send threads that may send to groups of viewers. The option needs `native`. */
  readonly threads?: SendThreads | undefined
  /** Maximum size of an RTP packet over UDP, in bytes. Larger packets are not sent. @default 1472 */
  readonly maxDatagramBytes?: number | undefined
}

/** Number of open multicast groups of one server, and counters of the packets sent to groups. */
export interface MulticastStats {
  /** Number of open groups: one for each track and address family that viewers have set up. */
  groups: number
  /** Number of viewers of all groups, counted for each track. */
  viewers: number
  /** Number of RTP packets sent to groups, each counted once however many viewers there are. */
  packetsOut: number
  bytesOut: number
}

/** Ports of the server through which multicast of one address family is sent. */
export interface MulticastCarrier {
  readonly family: 4 | 6
  readonly rtp: UdpEndpoint
  readonly rtcp: UdpEndpoint
  /** Address to which the ports are bound; `undefined` means all addresses. */
  readonly localAddress: string | undefined
  /**
   * Network interface with the address of the ports, in the form that `dgram` expects; `undefined` = chosen by the
   * system.
   */
  readonly interfaceAddress: string | undefined
  readonly stats: MulticastStats
}

/**
 * Returns whether a failed `bind` may succeed with another pair of ports, because one was in use.
 */
const portIsTaken = (error: unknown): boolean => codeOf(error) === 'EADDRINUSE'
const familyIsMissing = (error: unknown): boolean =>
  codeOf(error) === 'EAFNOSUPPORT' || codeOf(error) === 'EADDRNOTAVAIL'

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

/** The UDP ports of the server: one even/odd pair for all sessions, with the same numbers on IPv4 and IPv6. */
export class UdpPorts {
  readonly rtpPort: number
  readonly rtcpPort: number
  readonly #ipv4: UdpPortPair | undefined
  readonly #ipv6: UdpPortPair | undefined
  readonly #multicast: { readonly [family in 4 | 6]?: MulticastCarrier }
  readonly multicastStats: MulticastStats = { groups: 0, viewers: 0, packetsOut: 0, bytesOut: 0 }

  private constructor(
    ipv4: UdpPortPair | undefined,
    ipv6: UdpPortPair | undefined,
    localAddress: string | undefined,
  ) {
    this.#ipv4 = ipv4
    this.#ipv6 = ipv6
    const stats = this.multicastStats
    const bound = localAddress === undefined ? undefined : findMulticastInterface(localAddress)
    const shared = { localAddress, stats }
    this.#multicast = {
      ...(ipv4 && { 4: { ...shared, ...ipv4, family: 4, interfaceAddress: bound?.ipv4 } }),
      ...(ipv6 && { 6: { ...shared, ...ipv6, family: 6, interfaceAddress: bound?.ipv6 } }),
    }
    this.rtpPort = (ipv4 ?? ipv6)?.rtp.port ?? 0
    this.rtcpPort = (ipv4 ?? ipv6)?.rtcp.port ?? 0
  }

  /**
   * Opens the first free pair of ports in the range.
   *
   * @throws {TransportError} `ERR_UDP_PORTS_TAKEN` if no pair is free.
   * @throws The error of `bind` for any other reason, for example a missing permission.
   */
  static async open(options: UdpPortsOptions): Promise<UdpPorts> {
    const {
      ports: [first, last],
    } = options
    for (let rtpPort = first + (first % 2); rtpPort + 1 <= last; rtpPort += 2) {
      const transport = await UdpPorts.#tryOpen(rtpPort, options)
      if (transport) return transport
    }
    throw new TransportError(
      'ERR_UDP_PORTS_TAKEN',
      `no even/odd pair of UDP ports is free from ${first} to ${last}`,
      { context: { first, last } },
    )
  }

  static async #tryOpen(
    rtpPort: number,
    { address, native, threads, maxDatagramBytes }: UdpPortsOptions,
  ): Promise<UdpPorts | undefined> {
    const families = familiesOf(address)
    const shared = { address: only(address), native, threads, maxDatagramBytes }
    let ipv4: UdpPortPair | undefined
    try {
      if (families.ipv4) ipv4 = await UdpPortPair.open(rtpPort, { ...shared, family: 4 })
      const ipv6 = families.ipv6
        ? await UdpPortPair.open(rtpPort, { ...shared, family: 6 }).catch((error) => {
            if (ipv4 && familyIsMissing(error)) return undefined
            throw error
          })
        : undefined
      return new UdpPorts(ipv4, ipv6, shared.address)
    } catch (error) {
      await ipv4?.close()
      if (portIsTaken(error)) return undefined
      throw error
    }
  }

  /**
   * Returns the endpoint that exchanges RTP with clients of the family of `address`; `undefined` without that family.
   */
  rtpEndpoint(address: string): UdpEndpoint | undefined {
    return (address.includes(':') ? this.#ipv6 : this.#ipv4)?.rtp
  }

  /**
   * Returns the endpoint that exchanges RTCP with clients of the family of `address`; `undefined` without that
   * family.
   */
  rtcpEndpoint(address: string): UdpEndpoint | undefined {
    return (address.includes(':') ? this.#ipv6 : this.#ipv4)?.rtcp
  }

  /** Returns the ports that send multicast to clients of the family of `address`; `undefined` without that family. */
  multicastCarrier(address: string): MulticastCarrier | undefined {
    return this.#multicast[address.includes(':') ? 6 : 4]
  }

  /** Way in which datagrams are sent to many viewers. */
  get sendPath(): DatagramSendPath {
    return (this.#ipv4 ?? this.#ipv6)?.rtp.sendPath ?? 'dgram'
  }

  /** Number of peers from which datagrams are received at present, over all sockets. */
  get peerCount(): number {
    let count = 0
    for (const pair of [this.#ipv4, this.#ipv6]) {
      if (pair) count += pair.rtp.peers.size + pair.rtcp.peers.size
    }
    return count
  }

  /** Number of datagrams dropped because no session announced their sender, by the port that received them. */
  get rejected(): { readonly rtp: number; readonly rtcp: number } {
    let [rtp, rtcp] = [0, 0]
    for (const pair of [this.#ipv4, this.#ipv6]) {
      rtp += pair?.rtp.unknownPeerDatagrams ?? 0
      rtcp += pair?.rtcp.unknownPeerDatagrams ?? 0
    }
    return { rtp, rtcp }
  }

  /** Number of RTP and RTCP datagrams that the system did not accept. */
  get sendErrors(): number {
    let count = 0
    for (const pair of [this.#ipv4, this.#ipv6]) {
      if (pair) count += pair.rtp.sendErrors + pair.rtcp.sendErrors
    }
    return count
  }

  /** Number of RTP packets known to have been sent in IP fragments, counted for each viewer. */
  get fragmentedPackets(): number {
    return (this.#ipv4?.rtp.fragmentedPackets ?? 0) + (this.#ipv6?.rtp.fragmentedPackets ?? 0)
  }

  /**
   * Number of RTP packets that were not sent because they are too large for a datagram, counted for
   * each viewer.
   */
  get oversizedPackets(): number {
    return (this.#ipv4?.rtp.oversizedPackets ?? 0) + (this.#ipv6?.rtp.oversizedPackets ?? 0)
  }

  async close(): Promise<void> {
    await Promise.all([this.#ipv4?.close(), this.#ipv6?.close()])
  }
}

const isWildcard = (address: string | undefined): boolean =>
  address === undefined || address === '::' || address === '0.0.0.0'

const only = (address: string | undefined): string | undefined =>
  isWildcard(address) ? undefined : address

function familiesOf(address: string | undefined): { ipv4: boolean; ipv6: boolean } {
  if (address === undefined || address === '::') return { ipv4: true, ipv6: true }
  return address.includes(':') ? { ipv4: false, ipv6: true } : { ipv4: true, ipv6: false }
}
