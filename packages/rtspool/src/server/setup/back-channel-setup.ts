import { RequestError } from '../../errors.js'
import type { BackChannelSink } from '../../media/back-channel.js'
import type { Media } from '../../media/media.js'
import { foreignPortTeller } from '../../media/streams/foreign-port.js'
import { RecordStream } from '../../media/streams/record-stream.js'
import { parseRequire, type RtspRequest } from '../../rtsp/index.js'
import type { Session, SessionMedia } from '../../session-pool/index.js'
import { keyMgmtHeader } from '../key-mgmt/key-mgmt.js'
import { recordSecurity, secured, securedRtcp } from '../key-mgmt/srtp-setup.js'
import type { RequestContext } from '../request/request-context.js'
import type { Presentation } from '../request/session-presentation.js'
import { isPublication, presentationOf, recordStreamsOf } from '../request/session-presentation.js'
import { parseTarget } from '../request/target.js'
import { type StreamSetup, takeTransport } from './stream-setup.js'
import { type ChosenTransport, isMulticast } from './transport-choice.js'

/**
 * Feature tag in Require with which a client requests a description with the back channel (ONVIF
 * Streaming Specification section 5.3.1).
 */
export const backChannelTag = 'www.onvif.org/ver20/backchannel'

export const requiresBackChannel = ({ headers }: RtspRequest): boolean =>
  parseRequire(headers).includes(backChannelTag)

/**
 * Returns the required features that are missing. The back channel is supported if the mount of the
 * request has one.
 */
export function unsupportedFeatures({
  request,
  server,
}: Pick<RequestContext, 'request' | 'server'>): readonly string[] {
  const required = parseRequire(request.headers)
  if (!required.includes(backChannelTag)) return required
  const path = parseTarget(request.uri)?.path
  const factory = path === undefined ? undefined : server.mounts.match(path)?.factory
  return factory?.options.backChannel ? required.filter((tag) => tag !== backChannelTag) : required
}

/** Returns the index of the back channel among the tracks of a description: it is the last one. */
export const backChannelIndexOf = ({ backChannel, tracks }: Media): number | undefined =>
  backChannel ? tracks.length : undefined

const sinks = new WeakMap<RecordStream, BackChannelSink>()

/** Passes packets on the session's back channels to the application, from PLAY on. */
export function openBackChannels(held: SessionMedia<Presentation>): void {
  if (isPublication(held.media)) return
  for (const stream of recordStreamsOf(held).values()) {
    const sink = sinks.get(stream)
    if (sink) stream.record(sink)
  }
}

/**
 * Sets up the back channel. Packets that arrive before PLAY are dropped.
 *
 * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT` for multicast, `ERR_KEY_MANAGEMENT` for SRTP
 *   without a key, `ERR_BACK_CHANNEL_IN_USE` if another client has it.
 */
export function setUpBackChannel(
  { server, connection, claimant, request }: RequestContext,
  session: Session,
  media: Media,
  transport: ChosenTransport,
): StreamSetup {
  const { backChannel } = media
  if (!backChannel) throw new RequestError('ERR_NOT_FOUND', 'the media has no back channel')
  if (isMulticast(transport)) {
    throw new RequestError('ERR_UNSUPPORTED_TRANSPORT', 'the back channel is unicast')
  }
  const trackIndex = media.tracks.length
  const security = recordSecurity(session, trackIndex, transport)
  const { remoteAddress: address } = connection
  const before = presentationOf(session)?.getTransport(trackIndex)
  const held = before instanceof RecordStream ? sinks.get(before) : undefined
  const { publicId } = session
  const sink =
    held ?? backChannel.open({ path: media.path, address, user: claimant.user, publicId })
  let stream: RecordStream | undefined
  const receivers = {
    rtp: (packet: Buffer) => stream?.receiveRtp(packet),
    rtcp: (compound: Buffer) => stream?.receiveRtcp(compound),
  }
  try {
    const taken = takeTransport(connection, transport, secured(receivers, security), {
      holder: session,
      onForeignPort: foreignPortTeller({
        ...{ path: media.path, track: trackIndex, client: 'viewer', address },
      }),
    })
    stream = new RecordStream({
      clock: server.clock,
      lowerTransport: transport.lowerTransport,
      security,
      counters: session.stats,
      sendRtcp: securedRtcp(taken.sendRtcp, security),
      release: taken.release,
      onPacket: () => session.touch(),
      onMediaEnded: () => session.end(media.endReason),
      onClosed: (closed) => {
        media.leave(closed)
        if (sinks.delete(closed)) sink.close()
      },
    })
    media.join(stream)
    sinks.set(stream, sink)
    // A client that sets up its back channel again keeps its place.
    if (before instanceof RecordStream) sinks.delete(before)
    return {
      stream,
      answer: { ...taken.answer, mode: 'PLAY' },
      keyMgmt: security && keyMgmtHeader(request.uri, security.sender, server.clock),
    }
  } catch (error) {
    if (!held) sink.close()
    throw error
  }
}
