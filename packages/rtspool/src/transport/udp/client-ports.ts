import { randomInt } from 'node:crypto'
import { TransportError } from '../../errors.js'
import type { DatagramReceiver } from './peer-table.js'
import type { UdpEndpoint } from './udp-endpoint.js'
import { UdpPortPair } from './udp-port-pair.js'

export interface ClientPortsOptions {
  /**
   * First and last UDP port of the range from which the client takes an even port for RTP, and the next one for RTCP.
   */
  readonly ports: readonly [first: number, last: number]
  /**
   * Local address of the connection to the server, to which the ports are bound. The family of the address decides
   * between IPv4 and IPv6.
   */
  readonly address: string
}

/** Addresses and ports of a server for one track, as far as they are known. */
export interface ServerPlace {
  /** Addresses of the server from which packets are accepted until the first one has arrived. */
  readonly addresses: readonly string[]
  /** Address of the server to which RTCP, and the packets that open a NAT, are sent. */
  readonly address: string
  /** UDP ports that the server announces for the track; `undefined` if it announces none. */
  readonly ports: readonly [rtp: number, rtcp: number] | undefined
}

/** Maximum number of pairs of ports that are tried, from a random one of the range on. */
const maxAttempts = 64

/** Returns whether a datagram begins with version 2, as every packet of RTP and RTCP does. */
const hasVersion = (packet: Buffer): boolean =>
  packet.length > 0 && (packet[0] as number) >> 6 === 2

/**
 * Ports of a client for one track. Accepts packets from the server's address and any port, because servers send from
 * ports that they do not announce; the first packet decides about the port, and no other is accepted from then on.
 */
export class ClientPorts {
  readonly #pair: UdpPortPair
  #place: ServerPlace | undefined

  private constructor(pair: UdpPortPair) {
    this.#pair = pair
  }

  /**
   * Opens a free pair of UDP ports in the range: an even one, and the next.
   *
   * @throws {TransportError} `ERR_UDP_PORTS_TAKEN` if none of the tried pairs is free.
   * @throws The error of `bind` for any other reason.
   */
  static async open({ ports: [first, last], address }: ClientPortsOptions): Promise<ClientPorts> {
    const begin = first + (first % 2)
    const pairs = Math.floor((last - begin + 1) / 2)
    const offset = randomInt(Math.max(1, pairs))
    for (let attempt = 0; attempt < Math.min(pairs, maxAttempts); attempt++) {
      const port = begin + ((offset + attempt) % pairs) * 2
      try {
        const family = address.includes(':') ? 6 : 4
        return new ClientPorts(await UdpPortPair.open(port, { family, address }))
      } catch (error) {
        if ((error as { readonly code?: unknown }).code !== 'EADDRINUSE') throw error
      }
    }
    throw new TransportError(
      'ERR_UDP_PORTS_TAKEN',
      `no even/odd pair of UDP ports is free from ${first} to ${last}`,
      { context: { first, last } },
    )
  }

  get rtpPort(): number {
    return this.#pair.rtp.port
  }

  /**
   * Number of datagrams that were dropped, because they came from another address than the server's, or from another
   * port than its first packet.
   */
  get strangers(): number {
    return this.#pair.rtp.unknownPeerDatagrams + this.#pair.rtcp.unknownPeerDatagrams
  }

  /** Passes packets of the server to the receivers from now on: RTP packets to `rtp`, RTCP packets to `rtcp`. */
  listen(place: ServerPlace, rtp: DatagramReceiver, rtcp: DatagramReceiver): void {
    this.#place = place
    acceptFirst(this.#pair.rtp, place.addresses, rtp)
    acceptFirst(this.#pair.rtcp, place.addresses, rtcp)
  }

  /**
   * Sends an RTP packet to the port that the server announces; the first packet opens a way through firewalls and NATs.
   * Drops the packet while too much waits to be sent.
   *
   * @returns `false` if the server announces no port.
   */
  sendRtp(packet: Buffer): boolean {
    const { ports, address } = this.#place ?? {}
    if (!ports || ports[0] === 0 || address === undefined) return false
    this.#pair.rtp.sendAll([packet], { port: ports[0], address })
    return true
  }

  /** Sends RTCP to the port that the server announces, if it announces one. */
  sendRtcp(compound: Buffer): void {
    const { ports, address } = this.#place ?? {}
    if (ports && ports[1] > 0 && address !== undefined) {
      this.#pair.rtcp.send(compound, ports[1], address)
    }
  }

  /** Closes both sockets. Idempotent. */
  close(): Promise<void> {
    return this.#pair.close()
  }
}

/**
 * Passes packets from the given addresses to a receiver. From the first packet on, only its address and port are
 * accepted.
 */
function acceptFirst(
  endpoint: UdpEndpoint,
  addresses: readonly string[],
  receiver: DatagramReceiver,
): void {
  const { peers } = endpoint
  peers.onStranger = (packet, address, port) => {
    if (!addresses.includes(address) || !hasVersion(packet)) return false
    peers.onStranger = undefined
    peers.set(address, port, receiver)
    receiver(packet)
    return true
  }
}
