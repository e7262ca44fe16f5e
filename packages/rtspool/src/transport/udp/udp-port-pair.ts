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
  /** Local address to bind. Default: the wildcard address of the family. */
  readonly address?: string | undefined
  /** Native calls, with which datagrams are sent in batches. Default: Node's own calls. */
  readonly native?: NativeSockets | undefined
  /** Maximum size of an RTP packet in bytes; see {@link DatagramSender.maxDatagramBytes}. @default 1472 */
  readonly maxDatagramBytes?: number | undefined
}

/** Maximum size in bytes of a UDP payload in an Ethernet frame with IPv4. With IPv6 it is 20 bytes less. */
export const ethernetDatagramBytes = 1500 /* Ethernet */ - 20 /* IPv4 */ - 8 /* UDP */

/**
 * Way to send datagrams to many readers. `sendmmsg` is one native call for all, with `gso` also for several packets;
 * `dgram` is one call of Node for each.
 */
export type DatagramSendPath = 'sendmmsg+gso' | 'sendmmsg' | 'dgram'

/** Settings of a socket for sending multicast. Compared by identity: create one object for each route. */
export interface MulticastRoute {
  /** Time to live of IPv4 or hop limit of IPv6: 0 to 255. */
  readonly ttl: number
  /**
   * Interface in the form that `dgram` expects: an IPv4 address, or `::%name`. Default: chosen by the system's
   * routes.
   */
  readonly interfaceAddress: string | undefined
}

/** Sends the datagrams of one stream. */
export interface DatagramSender {
  /** Maximum size of an RTP packet in bytes, without the bytes that SRTP adds. Larger packets must not be sent. */
  readonly maxDatagramBytes: number
  /** Counts packets that were not sent to one reader because they are too large. */
  countOversized(packets: number): void
  /** Sends one datagram. */
  send(packet: Buffer, port: number, address: string): void
  /** Sends several datagrams to one destination, in as few system calls as possible. */
  sendAll(
    packets: readonly Buffer[],
    destination: DatagramDestination,
    observer?: DatagramObserver,
  ): void
  /** Creates a group whose datagrams are sent through this sender. */
  createGroup(): DatagramGroup
}

/** Native calls, and the descriptor of the socket on which they send. */
interface Batching {
  readonly native: NativeSockets
  readonly descriptor: number
  readonly isSegmenting: boolean
}

const wildcards = Object.freeze({ 4: '0.0.0.0', 6: '::' })

/**
 * Maximum number of refusal sockets, each of which costs a descriptor and a look for every incoming datagram. Dead
 * viewers beyond this number end by their timeouts.
 */
const maxRefusalSockets = 64

/** Size of the kernel's socket buffers in bytes: room for a burst of key frames. The kernel may grant less. */
const socketBufferBytes = 4 * 1024 * 1024
/** Maximum bytes that wait in Node while the kernel accepts none. Above the limit, packets are dropped. */
const maxQueuedBytes = socketBufferBytes

/** One UDP socket, with the table of peers from which it receives datagrams. */
export class UdpEndpoint implements DatagramLoss, DatagramSender {
  readonly port: number
  readonly peers = new PeerTable()
  /** Finds clients that send RTCP from a port other than the announced one. */
  readonly rtcpSources = new RtcpSources()
  /** Number of datagrams from peers that no session announced; they were dropped (RFC 2326 section 16). */
  unknownPeerDatagrams = 0
  /** Number of datagrams that the kernel did not accept. */
  sendErrors = 0
  fragmentedPackets = 0
  /** Number of packets not sent because they are larger than {@link maxDatagramBytes}, counted for each reader. */
  oversizedPackets = 0
  readonly maxDatagramBytes: number
  readonly #socket: Socket
  readonly #family: 4 | 6
  readonly #batching: Batching | undefined
  /** Multicast settings that the socket has at present. */
  #multicastRoute: MulticastRoute | undefined
  /** Group that {@link sendAll} uses for one destination at a time. */
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
   * Starts to detect that a destination refuses datagrams because nobody listens at its port.
   *
   * @param onRefused - Called inside {@link RefusalSocket.look} with the beginning of each refused datagram.
   * @returns A socket that the caller must look at now and then, and close. `undefined` without native calls, or if
   *   {@link maxRefusalSockets} exist already.
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

  /** True if the socket is bound to all addresses. The system then chooses the source address of each datagram. */
  get hasAnyAddress(): boolean {
    return this.#socket.address().address === wildcards[this.#family]
  }

  /** Way in which groups of this endpoint send datagrams. */
  get sendPath(): DatagramSendPath {
    if (!this.#batching) return 'dgram'
    return this.#batching.isSegmenting ? 'sendmmsg+gso' : 'sendmmsg'
  }

  /** Sends one datagram. Does nothing once the endpoint is closed. */
  send(packet: Buffer, port: number, address: string): void {
    this.#sendOne(packet, port, address)
  }

  /** Sends several datagrams to one destination, in as few system calls as possible. */
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
   * Creates a group whose datagrams are sent through this socket.
   *
   * @param maySegment - Allows the kernel to cut one message into several datagrams, if it can.
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
   * Gives the socket the multicast settings of a route, for the datagrams that are sent next.
   *
   * @returns `false` if the interface no longer exists, or if queued datagrams still have to be sent with other
   *   settings. The datagrams must then not be sent, and count as lost.
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

  /** Sets the ttl or hop limit of multicast. @throws An error if the system refuses the value. */
  #setMulticastTtl(ttl: number): void {
    const batching = this.#batching
    if (!batching || this.#family === 4) this.#socket.setMulticastTTL(ttl)
    else if (!batching.native.setMulticastHops(batching.descriptor, ttl)) {
      throw new Error(`the hop limit ${ttl} was refused`)
    }
  }

  /** Closes the socket. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.#socket.close(resolve))
    return this.#closed
  }
}

/** A pair of sockets of one address family: an even port for RTP, and the next one for RTCP (RFC 3550 section 11). */
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

/** Opens a UDP socket. Native calls, if available, bind it, because they yield the descriptor that batches need. */
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
