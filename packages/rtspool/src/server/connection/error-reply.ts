import { randomInt } from 'node:crypto'
import { RtspError, type RtspErrorCode } from '../../errors.js'
import { serializePublic, serializeUnsupported } from '../../rtsp/index.js'
import { publicMethods } from '../request/methods.js'
import type { Reply } from '../request/request-context.js'

/**
 * Minimum of Retry-After in seconds. The value varies, so that refused clients do not all return at
 * once (RFC 7826 10.7).
 */
const minRetryAfter = 5
const maxRetryAfter = 15

/**
 * Converts an error to a response. The status is 500 if the error is no {@link RtspError}, or has
 * no status of 300 or more.
 */
export function errorReply(error: unknown): Reply {
  if (!(error instanceof RtspError) || !isRefusal(error.statusCode)) return { statusCode: 500 }
  const { statusCode, code, context } = error
  const headers: [string, string][] = []
  // RFC 2326 sections 11.3.1 and 11.3.6
  if (Array.isArray(context.allow)) headers.push(['Allow', serializePublic(context.allow)])
  if (code === 'ERR_NOT_IMPLEMENTED') headers.push(['Public', serializePublic(publicMethods)])
  if (Array.isArray(context.unsupported)) {
    headers.push(['Unsupported', serializeUnsupported(context.unsupported)])
  }
  if (typeof context.location === 'string') headers.push(['Location', context.location])
  if (typeof context.retryAfter === 'number') {
    headers.push(['Retry-After', String(context.retryAfter)])
  } else if (statusCode === 503) {
    headers.push(['Retry-After', String(randomInt(minRetryAfter, maxRetryAfter + 1))])
  }
  if (code === 'ERR_VERSION')
    return { statusCode, headers: [...headers, ...plainText], body: served }
  if (code === 'ERR_BANNED' && typeof context.told === 'string')
    return { statusCode, headers: [...headers, ...utf8Text], body: `${context.told}\r\n` }
  return { statusCode, headers }
}

/**
 * Error codes of faults of the server or the application. All other codes result from a limit or a
 * request.
 */
const ownFaults: ReadonlySet<RtspErrorCode> = new Set([
  'ERR_MEDIA_UNAVAILABLE',
  'ERR_SESSION_ID_COLLISION',
  'ERR_SESSION_POOL_LOCKED',
])

/** Returns whether an error is a fault of the server or the application, not of the client. */
export function isOwnFault(error: unknown): boolean {
  if (!(error instanceof RtspError) || error.cause !== undefined) return true
  return ownFaults.has(error.code) || !isRefusal(error.statusCode)
}

/**
 * Body of a 505 response to a request of another RTSP version, which names the supported version (RFC 7826 section
 * 17.5.6).
 */
const served = 'This server speaks RTSP/1.0.\r\n'
const plainText: [string, string][] = [['Content-Type', 'text/plain']]
const utf8Text: [string, string][] = [['Content-Type', 'text/plain; charset=utf-8']]

/** Returns whether a status code is 3xx, 4xx or 5xx. */
const isRefusal = (statusCode: number): boolean =>
  Number.isInteger(statusCode) && statusCode >= 300 && statusCode < 600
