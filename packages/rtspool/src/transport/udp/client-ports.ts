import { randomInt } from 'node:crypto'
import { TransportError } from '../../errors.js'
import type { DatagramReceiver } from './peer-table.js'
import type { UdpEndpoint } from './udp-endpoint.js'
import { UdpPortPair } from './udp-port-pair.js'

export interface ClientPortsOptions {
  /** First and last port of the range from which an even port and the next one are taken. */
  readonly ports: readonly [first: number, last: number]
  /** Local address of the connection to the server, which decides about the family. */
  readonly address: string
}

/** Addresses and ports of a server for one track, as far as they are known. */
export interface ServerPlace {
  /** Addresses from which packets are accepted until the first one has arrived. */
  readonly addresses: readonly string[]
  /** Address to which RTCP, and the packets that open a NAT, are sent. */
  readonly address: string
  /** Ports that the server announces; `undefined` if it announces none. */
  readonly ports: readonly [rtp: number, rtcp: number] | undefined
}

/** Maximum number of pairs that are tried, at random. */
const maxAttempts = 64

/** Every packet of RTP and RTCP begins with version 2. */
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
   * Opens a free pair of the range.
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

  /** Number of datagrams from elsewhere, which were dropped. */
  get strangers(): number {
    return this.#pair.rtp.unknownPeerDatagrams + this.#pair.rtcp.unknownPeerDatagrams
  }

  /** Receives from the server from now on. */
  listen(place: ServerPlace, rtp: DatagramReceiver, rtcp: DatagramReceiver): void {
    this.#place = place
    acceptFirst(this.#pair.rtp, place.addresses, rtp)
    acceptFirst(this.#pair.rtcp, place.addresses, rtcp)
  }

  /**
   * Sends RTP to the port that the server announces; the first packet opens a way through firewalls and NATs. Drops it
   * while too much waits to be sent.
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

/** Passes packets from the addresses to a receiver; after the first packet, only those from its address and port. */
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
