import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4, isIPv6 } from 'node:net'
import { numericLookup } from '../system/numeric-lookup.js'
import { socketBufferBytes } from '../udp/socket-sends.js'

/** Group of one stream: the address, and the ports of RTP and RTCP. */
export interface MulticastPlace {
  readonly address: string
  readonly ports: readonly [rtp: number, rtcp: number]
  /** Time to live of datagrams to the group, 0 to 255. */
  readonly ttl: number
  /** Numeric address of the sender; `undefined` if unknown. Groups of one source (RFC 4607) need the address. */
  readonly source: string | undefined
}

/**
 * Functions that receive the datagrams which the sender of a group sends, RTP and RTCP. The functions may keep the
 * buffers.
 */
export interface MulticastReceivers {
  readonly rtp: (packet: Buffer) => void
  readonly rtcp: (packet: Buffer) => void
}

/** Returns whether a datagram begins with version 2, as every packet of RTP and RTCP does. */
const hasVersion = (packet: Buffer): boolean =>
  packet.length > 0 && (packet[0] as number) >> 6 === 2

/** Returns whether a text is an address of multicast, IPv4 or IPv6. */
export const isMulticastAddress = (text: string): boolean =>
  isIPv4(text) ? /^2(2[4-9]|3\d)\./.test(text) : isIPv6(text) && /^ff/i.test(text)

/** Returns whether a group has a single source: members receive only from the sender that they name (RFC 4607). */
const needsSource = (address: string): boolean =>
  address.startsWith('232.') || /^ff3/i.test(address)

/**
 * Membership of a client in the group of one stream. The sender of the first RTP datagram is the only one from whom
 * datagrams are passed on. Servers with several interfaces announce an address from which they do not send, so the
 * announced one does not decide. Datagrams of others are dropped, such as the reports of other members.
 */
export class MulticastMembership {
  readonly #place: MulticastPlace
  readonly #receivers: MulticastReceivers
  readonly #rtp: Socket
  readonly #rtcp: Socket
  #source: string | undefined
  #isClosed = false

  private constructor(place: MulticastPlace, receivers: MulticastReceivers) {
    this.#place = place
    this.#receivers = receivers
    this.#rtp = this.#createSocket((packet, address) => this.#takeRtp(packet, address))
    this.#rtcp = this.#createSocket((packet, address) => {
      if (address === this.#source) this.#receivers.rtcp(packet)
    })
  }

  /**
   * Joins a group.
   *
   * @param interfaceAddress - Interface in the form that `dgram` expects: an IPv4 address, or `::%name`. Default:
   *   chosen by the system's routes.
   * @throws The error of the system, for example if there is no such interface or the port is taken.
   */
  static async join(
    place: MulticastPlace,
    interfaceAddress: string | undefined,
    receivers: MulticastReceivers,
  ): Promise<MulticastMembership> {
    const member = new MulticastMembership(place, receivers)
    try {
      await member.#bind(member.#rtp, place.ports[0], interfaceAddress)
      await member.#bind(member.#rtcp, place.ports[1], interfaceAddress)
      return member
    } catch (error) {
      await member.close()
      throw error
    }
  }

  /** Sends a compound RTCP packet to the group (RFC 3550 section 6). Does nothing after {@link close}. */
  sendRtcp(compound: Buffer): void {
    const { address, ports } = this.#place
    if (!this.#isClosed) this.#rtcp.send(compound, ports[1], address, () => undefined)
  }

  /** Leaves the group and closes the sockets. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await Promise.all(
      [this.#rtp, this.#rtcp].map(
        (socket) => new Promise<void>((resolve) => socket.close(resolve)),
      ),
    )
  }

  #createSocket(receive: (packet: Buffer, address: string) => void): Socket {
    const type = this.#place.address.includes(':') ? 'udp6' : 'udp4'
    // Other members on this machine bind the same port.
    const socket = createSocket({ type, reuseAddr: true, lookup: numericLookup as never })
    socket.on('message', (packet, from) => receive(packet, from.address))
    return socket
  }

  async #bind(socket: Socket, port: number, interfaceAddress: string | undefined): Promise<void> {
    const { address, ttl, source } = this.#place
    // Windows binds no group. Elsewhere the address keeps datagrams of other groups away.
    const local = process.platform === 'win32' ? {} : { address }
    const listening = once(socket, 'listening')
    socket.bind({ port, ...local, exclusive: true })
    await listening
    socket.on('error', () => undefined)
    if (source !== undefined && needsSource(address)) {
      socket.addSourceSpecificMembership(source, address, interfaceAddress)
    } else socket.addMembership(address, interfaceAddress)
    if (interfaceAddress !== undefined) socket.setMulticastInterface(interfaceAddress)
    socket.setMulticastTTL(ttl)
    try {
      socket.setRecvBufferSize(socketBufferBytes)
    } catch {
      // Some systems refuse sizes over their limit; the default size works too.
    }
  }

  #takeRtp(packet: Buffer, address: string): void {
    if (!hasVersion(packet)) return
    this.#source ??= address
    if (address === this.#source) this.#receivers.rtp(packet)
  }
}
