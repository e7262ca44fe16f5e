import { serializeChallenge } from '../../rtsp/index.js'
import type { Reply } from '../request/request-context.js'
import type { ResolvedAuthOptions } from './auth-options.js'

/** Schemes besides Digest that the server offers on a connection. */
export interface OfferedSchemes {
  readonly basic: boolean
  readonly tokens: boolean
}

/**
 * Creates the 401 response that requests credentials. SHA-256 precedes MD5 (RFC 7616 section 3.7).
 * FFmpeg and GStreamer use the last Digest challenge and know MD5 only. Bearer stands last, because
 * VLC's client reads only the first line.
 *
 * @param nonce - A fresh nonce.
 * @param isStale - True if the credentials were right but their nonce was not.
 */
export function challenge(
  { realm, algorithms }: ResolvedAuthOptions,
  nonce: string,
  isStale: boolean,
  offered: OfferedSchemes,
): Reply {
  const stale = isStale ? { stale: true } : {}
  const challenges = algorithms.map((algorithm) =>
    serializeChallenge({ scheme: 'Digest', realm, nonce, ...stale, algorithm, qop: ['auth'] }),
  )
  if (offered.basic) challenges.push(serializeChallenge({ scheme: 'Basic', realm }))
  if (offered.tokens) challenges.push(serializeChallenge({ scheme: 'Bearer', realm }))
  return {
    statusCode: 401,
    headers: challenges.map((value) => ['WWW-Authenticate', value] as const),
  }
}
