import { RequestError } from '../errors.js'
import type { Media } from '../media/media.js'
import { PlayStream } from '../media/play-stream.js'
import type { Publication } from '../media/publication.js'
import type { Reader } from '../media/reader.js'
import { RecordStream } from '../media/record-stream.js'
import { SentReports } from '../media/sent-reports.js'
import type { TransportSpecInit } from '../rtsp/index.js'
import type { Session } from '../session/index.js'
import { type ChannelReceiver, frameInterleaved } from '../transport/interleaved.js'
import { LearnedRtcp } from './learned-rtcp.js'
import type { ConnectionContext, RequestContext } from './request-context.js'
import type { ChosenTransport } from './transport-choice.js'

/** A stream with its channels or ports, and what the Transport header of the answer says about it. */
export interface StreamSetup {
  readonly stream: PlayStream | RecordStream
  readonly answer: TransportSpecInit
}

type TcpTransport = Extract<ChosenTransport, { lowerTransport: 'TCP' }>
type UdpTransport = Extract<ChosenTransport, { lowerTransport: 'UDP' }>

/** Sets one track up for a viewer; nothing is sent before PLAY. */
export function setUpPlayStream(
  { server, connection, request }: RequestContext,
  session: Session,
  media: Media,
  trackIndex: number,
  transport: ChosenTransport,
): StreamSetup {
  const track = media.tracks[trackIndex]
  if (!track) throw new RequestError('ERR_NOT_FOUND', `the media has no track ${trackIndex}`)
  let stream: PlayStream | undefined
  let learned: LearnedRtcp | undefined
  let endWatch: (() => void) | undefined
  const taken = takeTransport(connection, transport, {
    // Clients behind a NAT send something to open the way; it means nothing.
    rtp: () => {},
    rtcp: (compound) => stream?.receiveRtcp(compound),
  })
  const sentReports = new SentReports()
  const reader: Reader =
    transport.lowerTransport === 'TCP'
      ? {
          kind: 'interleaved',
          carrier: connection,
          channels: taken.pair,
          counters: session.stats,
          sentReports,
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
        }
  stream = new PlayStream({
    clock: server.clock,
    media,
    track,
    reader,
    counters: session.stats,
    uri: request.uri,
    release: () => {
      taken.release()
      learned?.release()
      endWatch?.()
    },
    onMediaEnded: () => session.end('mediaEnded'),
    onRtcp: () => {
      session.touch()
      learned?.heard()
    },
  })
  if (transport.lowerTransport === 'UDP') {
    const { rtcp } = transport
    const address = connection.remoteAddress
    learned = new LearnedRtcp({ clock: server.clock, endpoint: rtcp, address, stream })
    const destination = { address, port: taken.pair[0] }
    endWatch = server.refusals.watch(session, stream, transport.rtp, destination)
  }
  const ssrc = track.ssrc === undefined ? {} : { ssrc: track.ssrc }
  return { stream, answer: { ...taken.answer, ...ssrc, mode: 'PLAY' } }
}

/** Sets one track up for a publisher; what arrives before RECORD is dropped. */
export function setUpRecordStream(
  { server, connection }: RequestContext,
  session: Session,
  publication: Publication,
  transport: ChosenTransport,
): StreamSetup {
  let stream: RecordStream | undefined
  const taken = takeTransport(connection, transport, {
    rtp: (packet) => stream?.receiveRtp(packet),
    rtcp: (compound) => stream?.receiveRtcp(compound),
  })
  stream = new RecordStream({
    clock: server.clock,
    lowerTransport: transport.lowerTransport,
    counters: session.stats,
    sendRtcp: taken.sendRtcp,
    release: taken.release,
    onPacket: () => session.touch(),
    onMediaEnded: () => session.end('mediaEnded'),
    onClosed: (closed) => publication.removeStream(closed),
  })
  publication.addStream(stream)
  return { stream, answer: { ...taken.answer, mode: 'RECORD' } }
}

interface Receivers {
  readonly rtp: ChannelReceiver
  readonly rtcp: ChannelReceiver
}

/** Channels or ports that belong to one stream until `release`. */
interface TakenTransport {
  readonly pair: readonly [number, number]
  readonly answer: TransportSpecInit
  readonly sendRtcp: (compound: Buffer) => void
  readonly release: () => void
}

function takeTransport(
  connection: ConnectionContext,
  transport: ChosenTransport,
  receivers: Receivers,
): TakenTransport {
  return transport.lowerTransport === 'TCP'
    ? takeChannels(connection, transport, receivers)
    : takePorts(connection, transport, receivers)
}

function takeChannels(
  connection: ConnectionContext,
  { channels }: TcpTransport,
  { rtp, rtcp }: Receivers,
): TakenTransport {
  const pair = connection.channels.take(channels, rtp, rtcp)
  if (!pair) {
    throw new RequestError('ERR_UNSUPPORTED_TRANSPORT', 'all channels of the connection are in use')
  }
  return {
    pair,
    answer: { profile: 'AVP', lowerTransport: 'TCP', delivery: 'unicast', interleaved: pair },
    sendRtcp: (compound) => connection.writeFrames(frameInterleaved(pair[1], [compound])),
    release: () => connection.channels.release(pair),
  }
}

function takePorts(
  { remoteAddress }: ConnectionContext,
  { rtp, rtcp, clientPorts }: UdpTransport,
  receivers: Receivers,
): TakenTransport {
  const [rtpPort, rtcpPort] = clientPorts
  rtp.peers.set(remoteAddress, rtpPort, receivers.rtp)
  rtcp.peers.set(remoteAddress, rtcpPort, receivers.rtcp)
  return {
    pair: clientPorts,
    answer: {
      profile: 'AVP',
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
