import { RequestError } from '../errors.js'
import type { Media } from '../media/media.js'
import { PlayStream } from '../media/play-stream.js'
import type { Publication } from '../media/publication.js'
import type { Reader } from '../media/reader.js'
import { RecordStream } from '../media/record-stream.js'
import { SentReports } from '../media/sent-reports.js'
import type { TransportSpecInit } from '../rtsp/index.js'
import type { Session } from '../session/index.js'
import { frameInterleaved } from '../transport/interleaved.js'
import { LearnedRtcp } from './learned-rtcp.js'
import type { ConnectionContext, RequestContext } from './request-context.js'
import { keyMgmtHeader } from './srtp.js'
import { playSecurity, type Receivers, recordSecurity, secured, securedRtcp } from './srtp-setup.js'
import type { UnicastTransport } from './transport-choice.js'

/** A stream with its channels or ports, and what the Transport header of the answer says about it. */
export interface StreamSetup {
  readonly stream: PlayStream | RecordStream
  readonly answer: TransportSpecInit
  /** Our key, with SRTP. */
  readonly keyMgmt?: readonly [name: string, value: string] | undefined
}

type TcpTransport = Extract<UnicastTransport, { lowerTransport: 'TCP' }>
type UdpTransport = Extract<UnicastTransport, { lowerTransport: 'UDP' }>

/** Sets one track up for a viewer; nothing is sent before PLAY. */
export function setUpPlayStream(
  context: RequestContext,
  session: Session,
  media: Media,
  trackIndex: number,
  transport: UnicastTransport,
): StreamSetup {
  const track = media.tracks[trackIndex]
  if (!track) throw new RequestError('ERR_NOT_FOUND', `the media has no track ${trackIndex}`)
  const { server, connection, request } = context
  const security = playSecurity(context, track, transport)
  let stream: PlayStream | undefined
  let learned: LearnedRtcp | undefined
  let endWatch: (() => void) | undefined
  const receivers = {
    // Clients behind a NAT send something to open the way; it means nothing.
    rtp: () => {},
    rtcp: (compound: Buffer) => stream?.receiveRtcp(compound),
  }
  const taken = takeTransport(connection, transport, secured(receivers, security))
  const srtp = security && { srtp: security.sender }
  const sentReports = new SentReports()
  const reader: Reader =
    transport.lowerTransport === 'TCP'
      ? {
          kind: 'interleaved',
          carrier: connection,
          channels: taken.pair,
          counters: session.stats,
          sentReports,
          ...srtp,
        }
      : {
          kind: 'datagram',
          rtp: transport.rtp,
          rtcp: transport.rtcp,
          address: connection.remoteAddress,
          port: taken.pair[0],
          rtcpPort: taken.pair[1],
          counters: session.stats,
          sentReports,
          ...srtp,
        }
  stream = new PlayStream({
    clock: server.clock,
    media,
    track,
    reader,
    counters: session.stats,
    security,
    uri: request.uri,
    release: () => {
      taken.release()
      learned?.release()
      endWatch?.()
    },
    onMediaEnded: () => session.end('mediaEnded'),
    onRangeEnded: () => {
      session.state = 'Ready'
    },
    onRtcp: () => {
      session.touch()
      learned?.heard()
    },
  })
  if (transport.lowerTransport === 'UDP') {
    const { rtp, rtcp } = transport
    const address = connection.remoteAddress
    // What is encrypted echoes nothing that could be looked for.
    if (!security) {
      learned = new LearnedRtcp({ clock: server.clock, endpoint: rtcp, address, stream })
    }
    const destination = { address, port: taken.pair[0] }
    endWatch = server.refusals.watch(session, stream, rtp, destination)
  }
  // GStreamer 1.22 sets its decoder up from an ssrc here, without the rollover counter; MIKEY tells both.
  const ssrc = track.ssrc === undefined || security ? {} : { ssrc: track.ssrc }
  return {
    stream,
    answer: { ...taken.answer, ...ssrc, mode: 'PLAY' },
    keyMgmt: security && keyMgmtHeader(request.uri, security.sender, server.clock, track.ssrc),
  }
}

/** Sets one track up for a publisher; what arrives before RECORD is dropped. */
export function setUpRecordStream(
  { server, connection, request }: RequestContext,
  session: Session,
  publication: Publication,
  trackIndex: number,
  transport: UnicastTransport,
): StreamSetup {
  const security = recordSecurity(publication, trackIndex, transport)
  let stream: RecordStream | undefined
  const receivers = {
    rtp: (packet: Buffer) => stream?.receiveRtp(packet),
    rtcp: (compound: Buffer) => stream?.receiveRtcp(compound),
  }
  const taken = takeTransport(connection, transport, secured(receivers, security))
  stream = new RecordStream({
    clock: server.clock,
    lowerTransport: transport.lowerTransport,
    security,
    counters: session.stats,
    sendRtcp: securedRtcp(taken.sendRtcp, security),
    release: taken.release,
    onPacket: () => session.touch(),
    onMediaEnded: () => session.end('mediaEnded'),
    onClosed: (closed) => publication.removeStream(closed),
  })
  publication.addStream(stream)
  return {
    stream,
    answer: { ...taken.answer, mode: 'RECORD' },
    keyMgmt: security && keyMgmtHeader(request.uri, security.sender, server.clock),
  }
}

/** Channels or ports that belong to one stream until `release`. */
export interface TakenTransport {
  readonly pair: readonly [number, number]
  readonly answer: TransportSpecInit
  readonly sendRtcp: (compound: Buffer) => void
  readonly release: () => void
}

/** Takes channels or ports of the connection for one stream. */
export function takeTransport(
  connection: ConnectionContext,
  transport: UnicastTransport,
  receivers: Receivers,
): TakenTransport {
  return transport.lowerTransport === 'TCP'
    ? takeChannels(connection, transport, receivers)
    : takePorts(connection, transport, receivers)
}

function takeChannels(
  connection: ConnectionContext,
  { profile, channels }: TcpTransport,
  { rtp, rtcp }: Receivers,
): TakenTransport {
  const pair = connection.channels.take(channels, rtp, rtcp)
  if (!pair) {
    throw new RequestError('ERR_UNSUPPORTED_TRANSPORT', 'all channels of the connection are in use')
  }
  return {
    pair,
    answer: { profile, lowerTransport: 'TCP', delivery: 'unicast', interleaved: pair },
    sendRtcp: (compound) => connection.writeFrames(frameInterleaved(pair[1], [compound])),
    release: () => connection.channels.release(pair),
  }
}

function takePorts(
  { remoteAddress }: ConnectionContext,
  { profile, rtp, rtcp, clientPorts }: UdpTransport,
  receivers: Receivers,
): TakenTransport {
  const [rtpPort, rtcpPort] = clientPorts
  rtp.peers.set(remoteAddress, rtpPort, receivers.rtp)
  rtcp.peers.set(remoteAddress, rtcpPort, receivers.rtcp)
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
