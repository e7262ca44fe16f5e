import { randomInt } from 'node:crypto'
import { RtspError } from '../errors.js'
import { serializePublic, serializeUnsupported } from '../rtsp/index.js'
import { publicMethods } from './handlers/methods.js'
import type { Reply } from './request-context.js'

/** Seconds after which a refused client may come again; varied, so that not all come at once (RFC 7826 10.7). */
const minRetryAfter = 5
const maxRetryAfter = 15

/** What the wire hears of an error: 500 for whatever is not one of ours, or has a status that refuses nothing. */
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
  if (statusCode === 503) {
    headers.push(['Retry-After', String(randomInt(minRetryAfter, maxRetryAfter + 1))])
  }
  if (code === 'ERR_VERSION')
    return { statusCode, headers: [...headers, ...plainText], body: served }
  return { statusCode, headers }
}

/** A 505 says what would be taken (RFC 7826 section 17.5.6). */
const served = 'This server speaks RTSP/1.0.\r\n'
const plainText: [string, string][] = [['Content-Type', 'text/plain']]

/** 3xx, 4xx or 5xx. */
const isRefusal = (statusCode: number): boolean =>
  Number.isInteger(statusCode) && statusCode >= 300 && statusCode < 600
