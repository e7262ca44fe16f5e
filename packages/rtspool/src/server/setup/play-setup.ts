import { RequestError } from '../../errors.js'
import type { Reader } from '../../media/fan-out/reader.js'
import { SentReports } from '../../media/fan-out/sent-reports.js'
import type { Media } from '../../media/media.js'
import { foreignPortTeller } from '../../media/streams/foreign-port.js'
import { PlayStream } from '../../media/streams/play-stream.js'
import type { StreamSecurity } from '../../media/streams/stream-security.js'
import type { Track } from '../../media/track/track.js'
import type { Session } from '../../session-pool/index.js'
import { keyFormOf, keyMgmtHeader } from '../key-mgmt/key-mgmt.js'
import { toldPosition } from '../key-mgmt/rollover.js'
import { playSecurity, secured } from '../key-mgmt/srtp-setup.js'
import { LearnedRtcp } from '../liveness/learned-rtcp.js'
import type { RequestContext } from '../request/request-context.js'
import { type StreamSetup, type TakenTransport, takeTransport } from './stream-setup.js'
import type { UnicastTransport } from './transport-choice.js'

/** Sets up one track for a viewer. Nothing is sent before PLAY. */
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
  const security = playSecurity(context, session, track, transport)
  let stream: PlayStream | undefined
  let watch: ViewerWatch | undefined
  const receivers = {
    // Clients behind a NAT send packets to open a path; their content has no meaning.
    rtp: () => {},
    rtcp: (compound: Buffer) => stream?.receiveRtcp(compound),
  }
  const taken = takeTransport(connection, transport, secured(receivers, security), {
    // Packets from there now belong to another session: no socket of this one may get them.
    onReplaced: () => watch?.endRefusals(),
    onForeignPort: foreignPortTeller({
      ...{ path: media.path, track: trackIndex, client: 'viewer' },
      address: connection.remoteAddress,
    }),
  })
  const release = (): void => {
    taken.release()
    watch?.end()
  }
  try {
    stream = new PlayStream({
      clock: server.clock,
      media,
      track,
      reader: readerOf(context, session, track, transport, taken, security),
      security,
      uri: request.uri,
      release,
      counters: session.stats,
      onMediaEnded: () => session.end(media.endReason),
      onRangeEnded: () => {
        session.state = 'Ready'
      },
      onRtcp: () => {
        session.touch()
        watch?.heard()
      },
    })
    watch = watchViewer(context, session, transport, stream)
    const { answer, keyMgmt } = answerOf(context, stream, taken)
    const { source } = transport.lowerTransport === 'UDP' ? transport : {}
    return { stream, answer: source === undefined ? answer : { ...answer, source }, keyMgmt }
  } catch (error) {
    if (stream) stream.close()
    else release()
    throw error
  }
}

function answerOf(
  { server, request }: RequestContext,
  { track, security }: PlayStream,
  taken: TakenTransport,
): Pick<StreamSetup, 'answer' | 'keyMgmt'> {
  // GStreamer 1.22 would configure its decoder with this ssrc, but without the rollover counter;
  // MIKEY contains both.
  const ssrc = track.ssrc === undefined || security ? {} : { ssrc: track.ssrc }
  return {
    answer: { mode: 'PLAY', ...ssrc, ...taken.answer },
    keyMgmt:
      security &&
      keyMgmtHeader(request.uri, security.sender, server.clock, track.ssrc, keyFormOf(security)),
  }
}

/** Creates the reader that the track's packets are sent to. */
function readerOf(
  { server, connection }: RequestContext,
  session: Session,
  track: Track,
  transport: UnicastTransport,
  { pair }: TakenTransport,
  security: StreamSecurity | undefined,
): Reader {
  const shared = {
    counters: session.stats,
    sentReports: new SentReports(),
    ...(security && {
      srtp: {
        sender: security.sender,
        position: toldPosition(connection, track, security),
        isIndexed: security.isIndexed,
      },
    }),
  }
  if (transport.lowerTransport === 'TCP') {
    const lag = server.lags.readerLag(session)
    const { carrier } = connection
    return { kind: 'interleaved', carrier, channels: pair, lag, ...shared }
  }
  const { rtp, rtcp } = transport
  const [port, rtcpPort] = pair
  return {
    kind: 'datagram',
    rtp,
    rtcp,
    address: connection.remoteAddress,
    port,
    rtcpPort,
    ...shared,
  }
}

/** Detects a UDP viewer that has gone, and RTCP from a port that it did not announce. */
interface ViewerWatch {
  /** The viewer has sent RTCP. */
  heard(): void
  /** Stops watching for refused packets. Idempotent. */
  endRefusals(): void
  end(): void
}

function watchViewer(
  { server, connection }: RequestContext,
  session: Session,
  transport: UnicastTransport,
  stream: PlayStream,
): ViewerWatch | undefined {
  if (transport.lowerTransport === 'TCP') return undefined
  const { rtp, rtcp, clientPorts } = transport
  const address = connection.remoteAddress
  const endRefusals = server.refusals.watch(session, stream, rtp, { address, port: clientPorts[0] })
  // Encrypted reports contain no echo that could be recognised.
  const learned = stream.security
    ? undefined
    : new LearnedRtcp({ clock: server.clock, endpoint: rtcp, address, stream })
  return {
    heard: () => learned?.heard(),
    endRefusals,
    end: () => {
      learned?.release()
      endRefusals()
    },
  }
}
