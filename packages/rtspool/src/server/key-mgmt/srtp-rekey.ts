import { RequestError } from '../../errors.js'
import type { StreamSecurity } from '../../media/streams/stream-security.js'
import { parseKeyMgmt } from '../../rtsp/index.js'
import type { Session, SessionMedia } from '../../session-pool/index.js'
import type { RequestContext } from '../request/request-context.js'
import {
  isPublication,
  type Presentation,
  playStreamsOf,
  presentationOf,
  recordStreamsOf,
} from '../request/session-presentation.js'
import { parseTarget } from '../request/target.js'
import { keyFormOf, keyMgmtHeader } from './key-mgmt.js'
import { offerOf } from './offers.js'

/**
 * Name of the parameter, in lower case, with which ONVIF clients send keys in the body of
 * SET_PARAMETER.
 */
export const keyMgmtParameter = 'keymgmt'

/** A stream with SRTP, and the index of its track in the description. */
interface SecureStream {
  readonly trackIndex: number
  readonly security: StreamSecurity
  /** SSRC of the packets that the server sends on the stream; `undefined` if it is not known yet. */
  readonly ssrc: number | undefined
}

/**
 * Accepts new keys for the packets that the client sends. The keys are in KeyMgmt headers, or in
 * lines with that name in the body.
 *
 * @returns The server's keys with their present rollover counters, as headers; none if the request
 *   has no key.
 * @throws {RequestError} `ERR_KEY_MANAGEMENT` (463); no key has been changed then.
 */
export function takeNewKeys(
  context: RequestContext,
  session: Session,
): (readonly [name: string, value: string])[] {
  const changes = keyMgmtValues(context)
    .flatMap(parseKeyMgmt)
    .map((message) => {
      const uri = message.uri ?? context.request.uri
      return { uri, stream: requireStream(session, uri), offer: offerOf(message) }
    })
  return changes.map(({ uri, stream, offer }) => {
    stream.security.rekey(offer)
    const { sender } = stream.security
    return keyMgmtHeader(uri, sender, context.server.clock, stream.ssrc, keyFormOf(stream.security))
  })
}

function keyMgmtValues({ request }: RequestContext): string[] {
  const values = [...request.headers.getAll('KeyMgmt')]
  for (const line of request.body.toString('latin1').split('\n')) {
    const colon = line.indexOf(':')
    const isKey = colon >= 0 && line.slice(0, colon).trim().toLowerCase() === keyMgmtParameter
    if (isKey) values.push(line.slice(colon + 1).trim())
  }
  return values
}

/**
 * Returns the SRTP stream that a URI names. If the session has only one such stream, the URI need not
 * name a track.
 *
 * @throws {RequestError} `ERR_KEY_MANAGEMENT` (463) if there is no such stream.
 */
function requireStream(session: Session, uri: string): SecureStream {
  const held = presentationOf(session)
  const streams = held ? secureStreamsOf(held) : []
  const trackIndex = held && trackIndexOf(held.media, uri)
  const stream =
    trackIndex === undefined && streams.length === 1
      ? streams[0]
      : streams.find((candidate) => candidate.trackIndex === trackIndex)
  if (stream) return stream
  throw new RequestError('ERR_KEY_MANAGEMENT', 'KeyMgmt: expected the URI of an RTP/SAVP stream')
}

function trackIndexOf(media: Presentation, uri: string): number | undefined {
  const target = parseTarget(uri)
  return target && isPublication(media) ? media.trackIndexOf(target.full) : target?.trackIndex
}

function secureStreamsOf(held: SessionMedia<Presentation>): SecureStream[] {
  const streams: SecureStream[] = []
  for (const { track, security } of playStreamsOf(held)) {
    if (security) streams.push({ trackIndex: track.index, security, ssrc: track.ssrc })
  }
  for (const [trackIndex, { security }] of recordStreamsOf(held)) {
    if (security) streams.push({ trackIndex, security, ssrc: undefined })
  }
  return streams
}
