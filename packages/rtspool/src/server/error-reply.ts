import { randomInt } from 'node:crypto'
import { RtspError } from '../errors.js'
import { serializeUnsupported } from '../rtsp/index.js'
import { publicMethods } from './handlers/methods.js'
import type { Reply } from './request-context.js'

/** Seconds after which a refused client may come again; varied, so that not all come at once (RFC 7826 10.7). */
const minRetryAfter = 5
const maxRetryAfter = 15

/** What the wire hears of an error: 500 for whatever is not one of ours. */
export function errorReply(error: unknown): Reply {
  if (!(error instanceof RtspError) || error.statusCode === 0) return { statusCode: 500 }
  const { statusCode, context } = error
  const headers: [string, string][] = []
  if (error.code === 'ERR_METHOD_NOT_VALID_IN_STATE' && typeof context.allow === 'string') {
    headers.push(['Allow', context.allow])
  }
  if (error.code === 'ERR_METHOD_NOT_ALLOWED') headers.push(['Allow', playMethods])
  if (error.code === 'ERR_NOT_IMPLEMENTED') headers.push(['Public', publicMethods.join(', ')])
  if (error.code === 'ERR_OPTION_UNSUPPORTED') {
    headers.push(['Unsupported', serializeUnsupported(context.unsupported as string[])])
  }
  if (statusCode === 503) {
    headers.push(['Retry-After', String(randomInt(minRetryAfter, maxRetryAfter + 1))])
  }
  return { statusCode, headers }
}

const playMethods = publicMethods
  .filter((method) => method !== 'ANNOUNCE' && method !== 'RECORD')
  .join(', ')
