import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { NativeSockets } from '../system/native-sockets.js'
import { numericLookup } from '../system/numeric-lookup.js'
import { queuedBytesOf, queuedCountOf } from '../system/runtime.js'
import { BatchedDatagramGroup } from './batched-datagram-group.js'
import {
  type DatagramDestination,
  type DatagramGroup,
  type DatagramLoss,
  type DatagramObserver,
  type DatagramSent,
  PlainDatagramGroup,
} from './datagram-group.js'
import { PeerTable } from './peer-table.js'
import { RefusalSocket } from './refusal-socket.js'
import { RtcpSources } from './rtcp-sources.js'
import type { RouteMemory } from './segment-limits.js'

export interface UdpPortPairOptions {
  readonly family: 4 | 6
  /** Local address to bind; the wildcard of the family when absent. */
  readonly address?: string | undefined
  /** For sending in batches; Node's own calls are used when absent. */
  readonly native?: NativeSockets | undefined
  /** See {@link DatagramSender}. @default 1472 */
  readonly maxDatagramBytes?: number | undefined
}

/** What fits a frame of Ethernet. The header of IPv6 has 20 bytes more. */
export const ethernetDatagramBytes = 1500 /* Ethernet */ - 20 /* IPv4 */ - 8 /* UDP */

/** How datagrams to many readers leave: one call for all, with or without segmentation, or one call each. */
export type DatagramSendPath = 'sendmmsg+gso' | 'sendmmsg' | 'dgram'

/** How multicast leaves a socket. One object a route: they are compared by identity. */
export interface MulticastRoute {
  /** 0 to 255; the hop limit with IPv6. */
  readonly ttl: number
  /** As `dgram` wants it: an IPv4 address, or `::%name`; what the system's routes say when absent. */
  readonly interfaceAddress: string | undefined
}

/** What sends datagrams of one stream. */
export interface DatagramSender {
  /** Larger RTP packets are not to be sent; what SRTP adds does not count. */
  readonly maxDatagramBytes: number
  /** Notes packets that one reader was not sent because they are larger. */
  countOversized(packets: number): void
  /** Sends one datagram. */
  send(packet: Buffer, port: number, address: string): void
  /** Sends several datagrams to one destination, in as few calls as possible. */
  sendAll(
    packets: readonly Buffer[],
    destination: DatagramDestination,
    observer?: DatagramObserver,
  ): void
  /** A new group whose datagrams leave here. */
  createGroup(): DatagramGroup
}

/** What a socket needs to send in batches. */
interface Batching {
  readonly native: NativeSockets
  readonly descriptor: number
  readonly isSegmenting: boolean
}

const wildcards = Object.freeze({ 4: '0.0.0.0', 6: '::' })

/** Each costs a descriptor, and a look at it for every datagram that comes in: with more viewers, timeouts do. */
const maxRefusalSockets = 64

/** Room for a burst of key frames; the kernel may give less. */
const socketBufferBytes = 4 * 1024 * 1024
/** What waits in Node while the kernel takes nothing: no more than the kernel itself would hold. */
const maxQueuedBytes = socketBufferBytes

/** One UDP socket, and who hears which peer. */
export class UdpEndpoint implements DatagramLoss, DatagramSender {
  readonly port: number
  readonly peers = new PeerTable()
  /** Clients that may send RTCP from elsewhere. */
  readonly rtcpSources = new RtcpSources()
  /** Datagrams from peers that no session announced: dropped (RFC 2326 section 16). */
  unknownPeerDatagrams = 0
  /** Datagrams that the kernel did not take. */
  sendErrors = 0
  fragmentedPackets = 0
  /** Packets that were not sent because they are larger than {@link maxDatagramBytes}, for each reader. */
  oversizedPackets = 0
  readonly maxDatagramBytes: number
  readonly #socket: Socket
  readonly #family: 4 | 6
  readonly #batching: Batching | undefined
  /** How multicast was sent last. */
  #multicastRoute: MulticastRoute | undefined
  /** For what goes to one destination only. */
  #single: DatagramGroup | undefined
  readonly #routes: RouteMemory = new WeakMap()
  #refusalSockets = 0
  #closed: Promise<void> | undefined
  readonly #countSendError = (error: Error | null): void => {
    if (error) this.sendErrors++
  }

  readonly #sendOne = (
    packet: Buffer,
    port: number,
    address: string,
    sent: DatagramSent = this.#countSendError,
  ): void => {
    if (!this.#closed) this.#socket.send(packet, port, address, sent)
  }
  readonly #hasRoom = (): boolean =>
    this.#closed !== undefined || queuedBytesOf(this.#socket) <= maxQueuedBytes

  constructor(
    socket: Socket,
    batching: Batching | undefined,
    maxDatagramBytes = ethernetDatagramBytes,
  ) {
    this.#socket = socket
    this.#batching = batching
    this.maxDatagramBytes = maxDatagramBytes
    const { port, family } = socket.address()
    this.port = port
    this.#family = family === 'IPv6' ? 6 : 4
    socket.on('error', () => this.sendErrors++)
    socket.on('message', (packet, from) => {
      this.#receive(packet, from)
    })
  }

  /**
   * Begins to learn when a destination refuses datagrams because nobody listens at its port.
   *
   * @param onRefused - Told, with each look, the beginning of each datagram that was refused.
   * @returns To be looked at now and then, and closed; `undefined` where that is not possible (it takes the system's
   *   own calls) or where 64 others are listened to already.
   */
  listenForRefusals(
    destination: DatagramDestination,
    onRefused: (quoted: Buffer) => void,
  ): RefusalSocket | undefined {
    const batching = this.#batching
    if (!batching || this.#closed || this.#refusalSockets >= maxRefusalSockets) return undefined
    const { address } = this.#socket.address()
    const { native, descriptor } = batching
    const bound = { descriptor, address, port: this.port }
    const socket = RefusalSocket.open(native, bound, destination, {
      refused: onRefused,
      received: (datagram, from) => this.#receive(datagram, from),
      closed: () => this.#refusalSockets--,
    })
    if (socket) this.#refusalSockets++
    return socket
  }

  #receive(packet: Buffer, { address, port }: DatagramDestination): void {
    if (this.peers.deliver(packet, address, port)) return
    this.unknownPeerDatagrams++
    this.rtcpSources.look(packet, address, port)
  }

  countOversized(packets: number): void {
    this.oversizedPackets += packets
  }

  /** Whether it is bound to all addresses: the system chooses for each datagram which one it comes from. */
  get hasAnyAddress(): boolean {
    return this.#socket.address().address === wildcards[this.#family]
  }

  /** How groups of this endpoint send. */
  get sendPath(): DatagramSendPath {
    if (!this.#batching) return 'dgram'
    return this.#batching.isSegmenting ? 'sendmmsg+gso' : 'sendmmsg'
  }

  /** Sends one datagram; nothing once the endpoint is closed. */
  send(packet: Buffer, port: number, address: string): void {
    this.#sendOne(packet, port, address)
  }

  /** Sends several datagrams to one destination, in as few calls as possible. */
  sendAll(
    packets: readonly Buffer[],
    destination: DatagramDestination,
    observer?: DatagramObserver,
  ): void {
    this.#single ??= this.createGroup()
    this.#single.add(destination, observer)
    this.#single.send(packets)
    this.#single.remove(destination)
  }

  /**
   * A new group whose datagrams leave through this socket.
   *
   * @param maySegment - Whether the kernel may be given several datagrams as one, where it can.
   */
  createGroup(maySegment = true): DatagramGroup {
    const batching = this.#batching
    if (!batching) {
      return new PlainDatagramGroup(this.#sendOne, { loss: this, hasRoom: this.#hasRoom })
    }
    const descriptor = (): number => (this.#closed ? -1 : batching.descriptor)
    return new BatchedDatagramGroup(batching.native, descriptor, {
      isSegmenting: maySegment && batching.isSegmenting,
      loss: this,
      routes: this.#routes,
    })
  }

  /**
   * Makes the multicast that is sent next leave this way.
   *
   * @returns `false` when it cannot: the interface is gone, or what is queued still has to leave another way.
   * What was to be sent is then counted as lost.
   */
  routeMulticast(route: MulticastRoute): boolean {
    if (route === this.#multicastRoute) return true
    const isQueueing = this.#multicastRoute !== undefined && queuedCountOf(this.#socket) > 0
    if (!this.#closed && !isQueueing && this.#setMulticast(route)) return true
    this.sendErrors++
    return false
  }

  #setMulticast(route: MulticastRoute): boolean {
    const { ttl, interfaceAddress } = route
    try {
      this.#setMulticastTtl(ttl)
      const before = this.#multicastRoute?.interfaceAddress
      if (interfaceAddress !== before) {
        this.#socket.setMulticastInterface(interfaceAddress ?? wildcards[this.#family])
      }
    } catch {
      this.#multicastRoute = undefined
      return false
    }
    this.#multicastRoute = route
    return true
  }

  /** @throws An error when the system does not take it. */
  #setMulticastTtl(ttl: number): void {
    const batching = this.#batching
    if (!batching || this.#family === 4) this.#socket.setMulticastTTL(ttl)
    else if (!batching.native.setMulticastHops(batching.descriptor, ttl)) {
      throw new Error(`the hop limit ${ttl} was refused`)
    }
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.#socket.close(resolve))
    return this.#closed
  }
}

/** An even port for RTP and the next one for RTCP (RFC 3550 section 11), of one address family. */
export class UdpPortPair {
  readonly rtp: UdpEndpoint
  readonly rtcp: UdpEndpoint

  private constructor(rtp: UdpEndpoint, rtcp: UdpEndpoint) {
    this.rtp = rtp
    this.rtcp = rtcp
  }

  /**
   * Binds both ports or neither.
   *
   * @param rtpPort - Even port for RTP.
   * @throws The error of `bind`, for example `EADDRINUSE`.
   */
  static async open(rtpPort: number, options: UdpPortPairOptions): Promise<UdpPortPair> {
    const rtp = await bind(rtpPort, options)
    try {
      return new UdpPortPair(rtp, await bind(rtpPort + 1, options))
    } catch (error) {
      await rtp.close()
      throw error
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.rtp.close(), this.rtcp.close()])
  }
}

/** Binds through the system's own calls where they are at hand: they give the descriptor for batches. */
async function bind(
  port: number,
  { family, address, native, maxDatagramBytes }: UdpPortPairOptions,
): Promise<UdpEndpoint> {
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: family === 6,
    lookup: numericLookup as never,
  })
  const listening = once(socket, 'listening')
  let batching: Batching | undefined
  try {
    if (native) {
      const descriptor = native.bindDatagram(address ?? wildcards[family], port)
      batching = { native, descriptor, isSegmenting: native.hasSegmentation(descriptor) }
      socket.bind({ fd: descriptor })
    } else {
      socket.bind({ port, ...(address === undefined ? {} : { address }), exclusive: true })
    }
    await listening
  } catch (error) {
    listening.catch(() => {})
    socket.close()
    throw error
  }
  growBuffers(socket)
  return new UdpEndpoint(socket, batching, maxDatagramBytes)
}

function growBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(socketBufferBytes)
    socket.setSendBufferSize(socketBufferBytes)
  } catch {
    // Some systems refuse sizes over their limit instead of clamping them; the default size works too.
  }
}
