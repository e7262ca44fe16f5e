import { RequestError } from '../../errors.js'
import type { foreignPortTeller } from '../../media/streams/foreign-port.js'
import type { PlayStream } from '../../media/streams/play-stream.js'
import type { RecordStream } from '../../media/streams/record-stream.js'
import { frameInterleaved, type TransportSpecInit } from '../../rtsp/index.js'
import type { PeerClaim } from '../../transport/udp/peer-table.js'
import type { Receivers } from '../key-mgmt/srtp-setup.js'
import type { ConnectionContext } from '../request/request-context.js'
import type { UnicastTransport } from './transport-choice.js'

/** A stream with its channels or ports, and its Transport header for the response. */
export interface StreamSetup {
  readonly stream: PlayStream | RecordStream
  readonly answer: TransportSpecInit
  /** Our key, with SRTP. */
  readonly keyMgmt?: readonly [name: string, value: string] | undefined
}

type TcpTransport = Extract<UnicastTransport, { lowerTransport: 'TCP' }>
type UdpTransport = Extract<UnicastTransport, { lowerTransport: 'UDP' }>

/** Channels or ports that belong to one stream until `release`. */
export interface TakenTransport {
  readonly pair: readonly [number, number]
  readonly answer: TransportSpecInit
  readonly sendRtcp: (compound: Buffer) => void
  readonly release: () => void
}

/** The claim on both ports of a stream. */
export interface StreamClaim extends Pick<PeerClaim, 'holder' | 'onReplaced'> {
  /** Notified of packets from other ports of the client's address. */
  readonly onForeignPort: ReturnType<typeof foreignPortTeller>
}

/**
 * Reserves channels or ports of the connection for one stream.
 *
 * @param claim - Claim on the ports. With a client that sends media, the holder is the session: no
 *   other session can then take the ports. A viewer's ports can be taken, because a returning
 *   player may use the same ports before its old session ends.
 * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT` if all channels are in use, or the ports
 *   belong to a sender.
 */
export function takeTransport(
  connection: ConnectionContext,
  transport: UnicastTransport,
  receivers: Receivers,
  claim: StreamClaim,
): TakenTransport {
  return transport.lowerTransport === 'TCP'
    ? takeChannels(connection, transport, receivers)
    : takePorts(connection, transport, receivers, claim)
}

function takeChannels(
  { carrier }: ConnectionContext,
  { profile, channels }: TcpTransport,
  { rtp, rtcp }: Receivers,
): TakenTransport {
  const pair = carrier.channels.take(channels, rtp, rtcp)
  if (!pair) {
    throw new RequestError('ERR_UNSUPPORTED_TRANSPORT', 'all channels of the connection are in use')
  }
  return {
    pair,
    answer: { profile, lowerTransport: 'TCP', delivery: 'unicast', interleaved: pair },
    sendRtcp: (compound) => carrier.writeFrames(frameInterleaved(pair[1], [compound])),
    release: () => carrier.channels.release(pair),
  }
}

function takePorts(
  { remoteAddress }: ConnectionContext,
  { profile, rtp, rtcp, clientPorts }: UdpTransport,
  receivers: Receivers,
  claim: StreamClaim,
): TakenTransport {
  const [rtpPort, rtcpPort] = clientPorts
  const isFree =
    rtp.peers.isFree(remoteAddress, rtpPort, claim.holder) &&
    rtcp.peers.isFree(remoteAddress, rtcpPort, claim.holder)
  if (!isFree) {
    throw new RequestError('ERR_UNSUPPORTED_TRANSPORT', 'the ports are used by another sender')
  }
  const { holder, onReplaced, onForeignPort } = claim
  rtp.peers.set(remoteAddress, rtpPort, receivers.rtp, {
    holder,
    onReplaced,
    isViewer: holder === undefined,
    onForeignPort: (seenPort) =>
      onForeignPort({ protocol: 'RTP', announcedPort: rtpPort, seenPort }),
  })
  rtcp.peers.set(remoteAddress, rtcpPort, receivers.rtcp, {
    holder,
    onForeignPort: (seenPort) =>
      onForeignPort({ protocol: 'RTCP', announcedPort: rtcpPort, seenPort }),
  })
  return {
    pair: clientPorts,
    answer: {
      profile,
      lowerTransport: 'UDP',
      delivery: 'unicast',
      clientPort: clientPorts,
      serverPort: [rtp.port, rtcp.port],
    },
    sendRtcp: (compound) => rtcp.send(compound, rtcpPort, remoteAddress),
    release: () => {
      rtp.peers.delete(remoteAddress, rtpPort, receivers.rtp)
      rtcp.peers.delete(remoteAddress, rtcpPort, receivers.rtcp)
    },
  }
}
