import type { Socket } from 'node:dgram'
import type { NativeSockets } from '../system/native-sockets.js'
import type { SendThreads } from '../threads/send-threads.js'
import { BatchedDatagramGroup } from './batched-datagram-group.js'
import {
  type DatagramDestination,
  type DatagramGroup,
  type DatagramLoss,
  type DatagramObserver,
  PlainDatagramGroup,
} from './datagram-group.js'
import { type MulticastRoute, MulticastRouting } from './multicast-routing.js'
import { PeerTable } from './peer-table.js'
import { RefusalSocket } from './refusal-socket.js'
import { RtcpSources } from './rtcp-sources.js'
import type { RouteMemory } from './segment-limits.js'
import { SocketSends } from './socket-sends.js'
import { ThreadedDatagramGroup } from './threaded-datagram-group.js'
import { wildcards } from './wildcards.js'

/** Maximum size in bytes of a UDP payload in an Ethernet frame with IPv4. With IPv6 it is 20 bytes less. */
export const ethernetDatagramBytes = 1500 /* Ethernet */ - 20 /* IPv4 */ - 8 /* UDP */

/**
 * Way to send datagrams to many viewers. `sendmmsg` is one native call for all; with `gso` each
 * message contains several packets; `dgram` is one call of Node for each datagram.
 */
export type DatagramSendPath = 'sendmmsg+gso' | 'sendmmsg' | 'dgram'

/** Sends the datagrams of one stream, RTP or RTCP. */
export interface DatagramSender {
  /** Maximum size of an RTP packet in bytes, without the bytes that SRTP adds. Larger packets must not be sent. */
  readonly maxDatagramBytes: number
  /** Adds to the count of packets that were not sent to a viewer, because they are larger than `maxDatagramBytes`. */
  countOversized(packets: number): void
  /** Sends one datagram to an address and port. */
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
export interface Batching {
  readonly native: NativeSockets
  readonly descriptor: number
  readonly isSegmenting: boolean
  /** Send threads that may send to groups of viewers; absent without such threads. */
  readonly threads?: SendThreads | undefined
}

/**
 * Maximum number of sockets that detect ICMP refusals. Each costs a file descriptor, and a look-up
 * for every incoming datagram. Further UDP sessions whose client has gone end by their timeouts.
 */
const maxRefusalSockets = 64

/** One UDP socket, with the table of peers from which it receives datagrams. */
export class UdpEndpoint implements DatagramLoss, DatagramSender {
  readonly port: number
  readonly peers = new PeerTable()
  /** Finds clients that send RTCP from a port other than the announced one. */
  readonly rtcpSources = new RtcpSources()
  /** Number of datagrams from peers that no session announced; they were dropped (RFC 2326 section 16). */
  unknownPeerDatagrams = 0
  /** Number of datagrams to be sent that the kernel did not accept. */
  sendErrors = 0
  fragmentedPackets = 0
  /**
   * Number of packets not sent because they are larger than {@link maxDatagramBytes}, counted for
   * each viewer.
   */
  oversizedPackets = 0
  readonly maxDatagramBytes: number
  readonly #socket: Socket
  readonly #sends: SocketSends
  readonly #batching: Batching | undefined
  readonly #multicast: MulticastRouting
  /** Group that {@link sendAll} uses for one destination at a time. */
  #single: DatagramGroup | undefined
  readonly #routes: RouteMemory = new WeakMap()
  #refusalSockets = 0
  #closed: Promise<void> | undefined

  constructor(
    socket: Socket,
    batching: Batching | undefined,
    maxDatagramBytes = ethernetDatagramBytes,
  ) {
    this.#socket = socket
    this.#batching = batching
    this.maxDatagramBytes = maxDatagramBytes
    this.port = socket.address().port
    this.#sends = new SocketSends(socket, this)
    this.#multicast = new MulticastRouting(socket, batching)
    socket.on('error', () => this.sendErrors++)
    socket.on('message', (packet, from) => {
      this.#receive(packet, from)
    })
  }

  /**
   * Starts to detect that a destination refuses datagrams because nobody listens at its port.
   *
   * @param onRefused - Called inside {@link RefusalSocket.look} with the beginning of each refused
   * datagram.
   * @returns A socket, whose `look` the caller must call at intervals, and which it must close.
   * `undefined` without native calls, or if {@link maxRefusalSockets} exist already.
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
    const { address } = this.#socket.address()
    return address === wildcards[4] || address === wildcards[6]
  }

  /** Way in which groups of this endpoint send datagrams. */
  get sendPath(): DatagramSendPath {
    if (!this.#batching) return 'dgram'
    return this.#batching.isSegmenting ? 'sendmmsg+gso' : 'sendmmsg'
  }

  /** Sends one datagram to an address and port. Does nothing once the endpoint is closed. */
  send(packet: Buffer, port: number, address: string): void {
    this.#sends.send(packet, port, address)
  }

  /** Sends several datagrams to one destination, in as few system calls as possible. */
  sendAll(
    packets: readonly Buffer[],
    destination: DatagramDestination,
    observer?: DatagramObserver,
  ): void {
    this.#single ??= this.#createLocalGroup(true)
    this.#single.add(destination, observer)
    this.#single.send(packets)
    this.#single.remove(destination)
  }

  /**
   * Creates a group whose datagrams are sent through this socket.
   *
   * @param isUnicast - True for viewers' addresses: the kernel may cut one message into several datagrams, and send
   *   threads may send. False for a multicast group, which depends on settings of the socket at the time of sending.
   */
  createGroup(isUnicast = true): DatagramGroup {
    const local = this.#createLocalGroup(isUnicast)
    const batching = this.#batching
    if (!isUnicast || !batching?.threads) return local
    return new ThreadedDatagramGroup({
      threads: batching.threads,
      local,
      descriptor: () => (this.#closed ? -1 : batching.descriptor),
      isSegmenting: batching.isSegmenting,
      loss: this,
      sendAlone: (...args) => this.sendAll(...args),
    })
  }

  #createLocalGroup(maySegment: boolean): DatagramGroup {
    const batching = this.#batching
    if (!batching) {
      const { send, hasRoom } = this.#sends
      return new PlainDatagramGroup(send, { loss: this, hasRoom })
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
   * @returns `false` if the interface no longer exists, or if queued datagrams still have to be
   * sent with other settings. `false` counts as one send error, and the caller must drop the datagrams.
   */
  routeMulticast(route: MulticastRoute): boolean {
    if (this.#multicast.isRoute(route)) return true
    if (!this.#closed && this.#multicast.set(route)) return true
    this.sendErrors++
    return false
  }

  /** Closes the socket. Idempotent. */
  close(): Promise<void> {
    this.#sends.stop()
    this.#closed ??= new Promise((resolve) => this.#socket.close(resolve))
    return this.#closed
  }
}
