import { RequestError } from '../../errors.js'
import type { Media } from '../../media/media.js'
import { PlayStream } from '../../media/streams/play-stream.js'
import { Publication } from '../../media/streams/publication.js'
import { RecordStream } from '../../media/streams/record-stream.js'
import type { StreamSecurity } from '../../media/streams/stream-security.js'
import type { Session, SessionMedia, StreamTransport } from '../../session-pool/index.js'
import type { RequestContext } from './request-context.js'
import type { RequestTarget } from './target.js'

/** Content of a session: a media to play, or a publication. */
export type Presentation = Media | Publication

/** Returns the one presentation of a session, or `undefined` if nothing is set up. */
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
 * True if the target is the session's presentation, or a track of it. The query does not count: it
 * selected the media, and some clients drop it afterwards.
 */
export function isSame(
  { path, media }: SessionMedia<Presentation>,
  target: RequestTarget,
): boolean {
  if (target.path === path) return true
  return isPublication(media) && media.trackIndexOf(target.full) !== undefined
}

/**
 * Makes sure that a session holds nothing, or what the target names: one session holds one presentation (RFC 2326
 * section 11.3.10).
 *
 * @returns The presentation that the session holds.
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
 * Returns the index of the track that the target names, by one of our control URIs or an announced
 * one.
 */
function trackIndexIn(
  presentation: Presentation,
  { trackIndex, full }: RequestTarget,
): number | undefined {
  return isPublication(presentation) ? presentation.trackIndexOf(full) : trackIndex
}

/**
 * The error is the same for a missing, unknown, expired and foreign id, so that it reveals nothing.
 */
export function sessionNotFound(): RequestError {
  return new RequestError('ERR_SESSION_NOT_FOUND', 'no such session')
}

export function playStreamsOf(held: SessionMedia<Presentation>): PlayStream[] {
  return [...held.transports.values()].filter((stream) => stream instanceof PlayStream)
}

export function recordStreamsOf(held: SessionMedia<Presentation>): Map<number, RecordStream> {
  const streams = new Map<number, RecordStream>()
  for (const [index, stream] of held.transports) {
    if (stream instanceof RecordStream) streams.set(index, stream)
  }
  return streams
}

/** Returns the stream that receives a track for the session, if the track is set up. */
export function recordStreamOf(session: Session, trackIndex: number): RecordStream | undefined {
  const stream = presentationOf(session)?.getTransport(trackIndex)
  return stream instanceof RecordStream ? stream : undefined
}

/** Returns the keys of a track of the session, if it is set up as SRTP. */
export function securityOf(session: Session, trackIndex: number): StreamSecurity | undefined {
  const stream = presentationOf(session)?.getTransport(trackIndex)
  const isOurs = stream instanceof PlayStream || stream instanceof RecordStream
  return isOurs ? stream.security : undefined
}

export const isPublication = (presentation: Presentation): presentation is Publication =>
  presentation instanceof Publication

/** Returns the lower transport of a stream that this server has set up. */
export const lowerTransportOf = (stream: StreamTransport): 'TCP' | 'UDP' | undefined =>
  stream instanceof PlayStream || stream instanceof RecordStream ? stream.lowerTransport : undefined
