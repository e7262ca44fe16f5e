import { RequestError } from '../../errors.js'
import type { Media } from '../../media/media.js'
import { mediaStreamOf } from '../../media/streams/media-stream.js'
import type { PlayStream } from '../../media/streams/play-stream.js'
import { Publication } from '../../media/streams/publication.js'
import type { RecordStream } from '../../media/streams/record-stream.js'
import type { StreamSecurity } from '../../media/streams/stream-security.js'
import type { Session, SessionMedia, StreamTransport } from '../../session-pool/index.js'
import type { RequestContext } from './request-context.js'
import type { RequestTarget } from './target.js'

/** Presentation that a session plays or records: a media for viewers, or a publication of a client. */
export type Presentation = Media | Publication

/** Returns the presentation that a session holds; `undefined` before its first SETUP. */
export function presentationOf(session: Session): SessionMedia<Presentation> | undefined {
  return session.media as SessionMedia<Presentation> | undefined
}

/**
 * Returns the session and its presentation, for a request that needs both.
 *
 * @throws {RequestError} `ERR_SESSION_NOT_FOUND` without a session, `ERR_NOT_FOUND` if the URI
 *   names another presentation, `ERR_ONLY_AGGREGATE_ALLOWED` if it names one of several tracks.
 */
export function requirePresentation({ session, target }: RequestContext): {
  session: Session
  held: SessionMedia<Presentation>
} {
  const held = session && presentationOf(session)
  if (!held) throw sessionNotFound()
  if (!target) return { session, held }
  if (!isSame(held, target)) {
    throw new RequestError('ERR_NOT_FOUND', `the session holds ${held.path}, not ${target.path}`)
  }
  // RFC 2326 section 11.3.11; a session of one track may be controlled by the URI of that track.
  if (trackIndexIn(held.media, target) !== undefined && held.transports.size > 1) {
    throw new RequestError('ERR_ONLY_AGGREGATE_ALLOWED', 'the tracks are controlled together')
  }
  return { session, held }
}

/**
 * Returns whether a URI names the session's presentation, or a track of it. The query is not
 * compared: it selected the media, and some clients drop it afterwards.
 */
export function isSame(
  { path, media }: SessionMedia<Presentation>,
  target: RequestTarget,
): boolean {
  if (target.path === path) return true
  return isPublication(media) && media.trackIndexOf(target.full) !== undefined
}

/**
 * Checks that a session holds no other presentation than the one that a URI names. A session holds
 * only one (RFC 2326 section 11.3.10).
 *
 * @returns The presentation that the session holds; `undefined` if it holds none yet.
 * @throws {RequestError} `ERR_AGGREGATE_NOT_ALLOWED`
 */
export function requireSame(
  session: Session,
  target: RequestTarget,
): SessionMedia<Presentation> | undefined {
  const held = presentationOf(session)
  if (!held || isSame(held, target)) return held
  throw new RequestError('ERR_AGGREGATE_NOT_ALLOWED', `the session holds ${held.path} already`)
}

/**
 * Returns the index of the track that a URI names; `undefined` if it names none. The URI is a
 * control URI of this server, or one that the publisher has announced.
 */
function trackIndexIn(
  presentation: Presentation,
  { trackIndex, full }: RequestTarget,
): number | undefined {
  return isPublication(presentation) ? presentation.trackIndexOf(full) : trackIndex
}

/**
 * Creates the error for a session that the client cannot use. The error is the same for a missing,
 * unknown, expired and foreign id, so that it reveals nothing.
 */
export function sessionNotFound(): RequestError {
  return new RequestError('ERR_SESSION_NOT_FOUND', 'no such session')
}

export function playStreamsOf(held: SessionMedia<Presentation>): PlayStream[] {
  const streams = [...held.transports.values()].map(mediaStreamOf)
  return streams.filter((stream) => stream?.mode === 'play')
}

export function recordStreamsOf(held: SessionMedia<Presentation>): Map<number, RecordStream> {
  const streams = new Map<number, RecordStream>()
  for (const [index, transport] of held.transports) {
    const stream = mediaStreamOf(transport)
    if (stream?.mode === 'record') streams.set(index, stream)
  }
  return streams
}

/**
 * Returns the stream that receives a track from the publisher of the session; `undefined` if the track is not set up.
 */
export function recordStreamOf(session: Session, trackIndex: number): RecordStream | undefined {
  const stream = mediaStreamOf(presentationOf(session)?.getTransport(trackIndex))
  return stream?.mode === 'record' ? stream : undefined
}

/** Returns the SRTP state of a session's track; `undefined` if the track does not use SRTP. */
export function securityOf(session: Session, trackIndex: number): StreamSecurity | undefined {
  return mediaStreamOf(presentationOf(session)?.getTransport(trackIndex))?.security
}

export const isPublication = (presentation: Presentation): presentation is Publication =>
  presentation instanceof Publication

/** Returns the media that a session plays; `undefined` for the session of a publisher. */
export const viewedMediaOf = ({ media }: SessionMedia<Presentation>): Media | undefined =>
  isPublication(media) ? undefined : media

/** Returns the lower transport of a stream; `undefined` if the application serves it by itself. */
export const lowerTransportOf = (transport: StreamTransport): 'TCP' | 'UDP' | undefined =>
  mediaStreamOf(transport)?.lowerTransport
