import { RequestError } from '../../errors.js'
import type { PresentationPlaces } from '../../media/describe-presentation.js'
import type { Media } from '../../media/media.js'
import { PlayStream } from '../../media/streams/play-stream.js'
import type { MulticastStream, MulticastViewer } from '../../media/track/multicast-stream.js'
import type { TransportSpecInit } from '../../rtsp/index.js'
import type { Session } from '../../session-pool/index.js'
import type { MulticastAddressPool } from '../../transport/multicast/multicast-address-pool.js'
import type { MulticastPlace } from '../../transport/multicast/place-table.js'
import type { RequestContext } from '../request/request-context.js'
import { isPublication, presentationOf } from '../request/session-presentation.js'
import type { RequestTarget } from '../request/target.js'
import type { StreamSetup } from './stream-setup.js'
import { type ChosenTransport, isMulticast, type MulticastTransport } from './transport-choice.js'

/** Returns the multicast addresses for a SETUP, known before its media exists. */
export function multicastOf(
  { server, session }: RequestContext,
  { path }: RequestTarget,
): MulticastAddressPool | undefined {
  const held = session && presentationOf(session)?.media
  if (held) return isPublication(held) ? undefined : held.multicast?.pool
  const factory = server.mounts.match(path)?.factory
  return factory ? (factory.options.multicast ?? server.multicast) || undefined : undefined
}

/**
 * Returns the groups of a media for its description; none inside TLS and tunnels, where media are
 * not sent by multicast.
 */
export function multicastPlaces(
  { server, connection }: RequestContext,
  media: Media,
): PresentationPlaces | undefined {
  if (connection.isSecure || connection.isTunnelled) return undefined
  const carrier = server.udp()?.multicastCarrier(connection.remoteAddress)
  const { multicast } = media
  if (!carrier || !multicast?.pool.inDescription || !multicast.pool.hasFamily(carrier.family)) {
    return undefined
  }
  return media.tracks.map((track) => multicast.streamOf(track, carrier).place)
}

/**
 * Chooses the transport for a track of an existing media: another alternative if no group is free.
 *
 * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT` if there is no other.
 */
export function withFreeGroup(
  media: Media,
  trackIndex: number,
  transport: ChosenTransport,
): ChosenTransport {
  if (!isMulticast(transport)) return transport
  if (streamOf(media, trackIndex, transport)?.place) return transport
  if (transport.otherwise) return withFreeGroup(media, trackIndex, transport.otherwise)
  throw noGroup()
}

/** Sets up one track for a viewer of its multicast group. All viewers share one stream. */
export function setUpMulticastStream(
  context: RequestContext,
  session: Session,
  media: Media,
  trackIndex: number,
  transport: MulticastTransport,
): StreamSetup {
  let stream: PlayStream | undefined
  const group = streamOf(media, trackIndex, transport)
  const viewer = group?.join({
    address: context.connection.remoteAddress,
    counters: session.stats,
    receiveRtcp: (compound) => stream?.receiveRtcp(compound),
    onSignOfLife: () => session.touch(),
  })
  const place = group?.place
  if (!viewer || !place) throw noGroup()
  stream = playStreamOf(context, viewer, group, media, session)
  return { stream, answer: answerOf(group, place) }
}

function playStreamOf(
  { server: { clock }, request }: RequestContext,
  viewer: MulticastViewer,
  { track }: MulticastStream,
  media: Media,
  session: Session,
): PlayStream {
  return new PlayStream({
    clock,
    media,
    track,
    reader: viewer,
    counters: session.stats,
    uri: request.uri,
    release: () => {},
    onMediaEnded: () => session.end(media.endReason),
    onRtcp: () => session.touch(),
  })
}

/**
 * Formats the Transport header of the response (RFC 2326 section 12.39). Receivers can join for the
 * given source alone; it is omitted when unknown.
 */
function answerOf(
  group: MulticastStream,
  { address, ports, ttl }: MulticastPlace,
): TransportSpecInit {
  const { sourceAddress, track } = group
  return {
    profile: 'AVP',
    lowerTransport: 'UDP',
    delivery: 'multicast',
    destination: address,
    ...(sourceAddress === undefined ? {} : { source: sourceAddress }),
    port: ports,
    ttl,
    ...(track.ssrc === undefined ? {} : { ssrc: track.ssrc }),
    mode: 'PLAY',
  }
}

function streamOf(
  media: Media,
  trackIndex: number,
  { carrier }: MulticastTransport,
): MulticastStream | undefined {
  const track = media.tracks[trackIndex]
  return track && media.multicast?.streamOf(track, carrier)
}

function noGroup(): RequestError {
  return new RequestError('ERR_UNSUPPORTED_TRANSPORT', 'all multicast groups are in use')
}
