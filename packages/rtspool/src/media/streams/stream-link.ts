import { RequestError } from '../../errors.js'
import { frameInterleaved, type TransportSpecInit } from '../../rtsp/index.js'
import type { ChannelReceiver, InterleavedCarrier } from '../../transport/tcp/channel-table.js'
import type { PeerClaim } from '../../transport/udp/peer-table.js'
import type { UdpEndpoint } from '../../transport/udp/udp-endpoint.js'
import type { ReaderPlace } from '../fan-out/reader.js'
import type { foreignPortTeller } from './foreign-port.js'
import type { StreamSecurity } from './stream-security.js'

/** Functions that receive the packets which a client sends on one stream. */
export interface Receivers {
  readonly rtp: ChannelReceiver
  readonly rtcp: ChannelReceiver
  /** Called when a later stream has replaced this one at its ports. No packets are received afterwards. */
  readonly onReplaced?: (() => void) | undefined
}

/** The channels or ports of one stream between a client and the server, and its SRTP keys. */
export interface StreamLink {
  readonly lowerTransport: 'TCP' | 'UDP'
  /** SRTP keys of the stream, with which packets are encrypted and decrypted; `undefined` with RTP/AVP. */
  readonly security: StreamSecurity | undefined
  /** Parameters of the Transport header in the response to SETUP. */
  readonly answer: TransportSpecInit
  /**
   * Occupies the channels or ports. From now on, the receivers are passed the packets that arrive; with SRTP,
   * decrypted and authentic ones only.
   */
  open(receivers: Receivers): void
  /** Sends a compound RTCP packet to the client, encrypted if the stream is SRTP. */
  sendRtcp(compound: Buffer): void
  /** Channels, or address and ports, to which a track's packets are sent over the link. */
  readonly place: ReaderPlace
  /** Releases the channels or ports. Called once. */
  close(): void
}

/** Properties that links over TCP and over UDP have in common. */
interface LinkInit {
  readonly profile: 'AVP' | 'SAVP'
  readonly security: StreamSecurity | undefined
}

interface InterleavedLinkInit extends LinkInit {
  readonly carrier: InterleavedCarrier
  /** Pair of interleaved channels, RTP and RTCP, that the client requests in SETUP; `undefined` = any. */
  readonly channels: readonly [number, number] | undefined
}

/** Channels of one stream: a pair inside an RTSP connection. */
export class InterleavedLink implements StreamLink {
  readonly lowerTransport = 'TCP'
  readonly security: StreamSecurity | undefined
  readonly answer: TransportSpecInit
  readonly place: ReaderPlace
  readonly #carrier: InterleavedCarrier
  readonly #pair: readonly [number, number]

  /**
   * Chooses a free pair of channels, without occupying it.
   *
   * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT` if all channels of the connection are in
   * use.
   */
  constructor({ carrier, profile, channels, security }: InterleavedLinkInit) {
    const pair = carrier.channels.freePair(channels)
    if (!pair) {
      throw new RequestError(
        'ERR_UNSUPPORTED_TRANSPORT',
        'all channels of the connection are in use',
      )
    }
    this.#carrier = carrier
    this.#pair = pair
    this.security = security
    this.place = { kind: 'interleaved', carrier, channels: pair }
    this.answer = { profile, lowerTransport: 'TCP', delivery: 'unicast', interleaved: pair }
  }

  open(receivers: Receivers): void {
    const { rtp, rtcp } = secured(receivers, this.security)
    this.#carrier.channels.take(this.#pair, rtp, rtcp)
  }

  sendRtcp(compound: Buffer): void {
    const sealed = this.security ? this.security.sender.protectRtcp(compound) : compound
    if (sealed) this.#carrier.writeFrames(frameInterleaved(this.#pair[1], [sealed]))
  }

  close(): void {
    this.#carrier.channels.release(this.#pair)
  }
}

interface DatagramLinkInit extends LinkInit {
  /** Numeric address of the client. */
  readonly address: string
  readonly clientPorts: readonly [number, number]
  readonly rtp: UdpEndpoint
  readonly rtcp: UdpEndpoint
  /**
   * Session of a client that sends media: no other session can replace it at the ports. Absent for a viewer, because
   * a player that reconnects may use the same ports before its old session ends.
   */
  readonly holder: PeerClaim['holder']
  /**
   * Publishes on the diagnostics channel `rtspool:foreign-port` that UDP packets come from the client's
   * address, but not from its announced port. Such packets are dropped. Only the first call has an effect.
   */
  readonly onForeignPort: ReturnType<typeof foreignPortTeller>
}

/** Ports of one stream: a pair of UDP ports of a client. */
export class DatagramLink implements StreamLink {
  readonly lowerTransport = 'UDP'
  readonly security: StreamSecurity | undefined
  readonly answer: TransportSpecInit
  readonly place: ReaderPlace
  readonly #init: DatagramLinkInit
  #receivers: Receivers | undefined

  /**
   * Checks that the ports can be used, without occupying them.
   *
   * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT` if the ports belong to another session that
   * sends media.
   */
  constructor(init: DatagramLinkInit) {
    const { address, clientPorts, rtp, rtcp, holder, profile } = init
    const isFree =
      rtp.peers.isFree(address, clientPorts[0], holder) &&
      rtcp.peers.isFree(address, clientPorts[1], holder)
    if (!isFree) {
      throw new RequestError('ERR_UNSUPPORTED_TRANSPORT', 'the ports are used by another sender')
    }
    const [port, rtcpPort] = clientPorts
    this.place = { kind: 'datagram', rtp, rtcp, address, port, rtcpPort }
    this.#init = init
    this.security = init.security
    this.answer = {
      profile,
      lowerTransport: 'UDP',
      delivery: 'unicast',
      clientPort: clientPorts,
      serverPort: [rtp.port, rtcp.port],
    }
  }

  open(receivers: Receivers): void {
    const { address, rtp, rtcp, holder, onForeignPort } = this.#init
    const [rtpPort, rtcpPort] = this.#init.clientPorts
    const opened = secured(receivers, this.security)
    this.#receivers = opened
    rtp.peers.set(address, rtpPort, opened.rtp, {
      holder,
      onReplaced: receivers.onReplaced,
      isViewer: holder === undefined,
      onForeignPort: (seenPort) =>
        onForeignPort({ protocol: 'RTP', announcedPort: rtpPort, seenPort }),
    })
    rtcp.peers.set(address, rtcpPort, opened.rtcp, {
      holder,
      onForeignPort: (seenPort) =>
        onForeignPort({ protocol: 'RTCP', announcedPort: rtcpPort, seenPort }),
    })
  }

  sendRtcp(compound: Buffer): void {
    const { rtcp, clientPorts, address } = this.#init
    const sealed = this.security ? this.security.sender.protectRtcp(compound) : compound
    if (sealed) rtcp.send(sealed, clientPorts[1], address)
  }

  close(): void {
    const { address, rtp, rtcp, clientPorts } = this.#init
    if (!this.#receivers) return
    rtp.peers.delete(address, clientPorts[0], this.#receivers.rtp)
    rtcp.peers.delete(address, clientPorts[1], this.#receivers.rtcp)
  }
}

/** Returns receivers that decrypt packets, and pass only authentic ones to the given receivers. */
function secured(receivers: Receivers, security: StreamSecurity | undefined): Receivers {
  if (!security) return receivers
  return {
    rtp: (packet) => {
      const opened = security.open(packet)
      if (opened) receivers.rtp(opened)
    },
    rtcp: (packet) => {
      const opened = security.openRtcp(packet)
      if (opened) receivers.rtcp(opened)
    },
  }
}
