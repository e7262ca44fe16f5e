import { type MalformedMessageError, RtspError } from '../../errors.js'
import {
  parseCSeq,
  parseList,
  RtspHeaders,
  type RtspRequest,
  serializeResponse,
} from '../../rtsp/index.js'
import { noteTimeoutTold } from '../../session-pool/session-hold.js'
import type { Reply } from '../request/request-context.js'
import { errorReply } from './error-reply.js'

/**
 * Serializes the response to a request, with the headers that are copied from the request, such as
 * CSeq.
 */
export function serializeReply(reply: Reply, request: RtspRequest): Buffer {
  const headers = new RtspHeaders()
  const cSeq = cSeqOf(request)
  // As a number, never as the received bytes (RFC 2326 section 12.17).
  if (cSeq !== undefined) headers.set('CSeq', String(cSeq))
  const timestamp = request.headers.get('Timestamp')
  // RFC 2326 section 12.38
  if (timestamp !== undefined) headers.set('Timestamp', timestamp)
  if (closesConnection(request)) headers.set('Connection', 'close')
  if (reply.session) {
    headers.set('Session', reply.session.header)
    noteTimeoutTold(reply.session)
  }
  return serialize(reply, headers)
}

/**
 * Serializes the response to bytes that are not a valid message; the connection closes after it.
 */
export function serializeLastReply(error: MalformedMessageError): Buffer {
  const headers = new RtspHeaders()
  if (typeof error.context.cSeq === 'number') headers.set('CSeq', String(error.context.cSeq))
  headers.set('Connection', 'close')
  return serialize(errorReply(error), headers)
}

/**
 * Returns whether the client requests the end of the connection after the response (RFC 2326
 * section 12.10).
 */
export function closesConnection({ headers }: RtspRequest): boolean {
  if (headers.get('Connection') === undefined) return false
  return parseList(headers.getAll('Connection')).some((option) => option.toLowerCase() === 'close')
}

function serialize({ statusCode, headers = [], body = '' }: Reply, all: RtspHeaders): Buffer {
  for (const [name, value] of headers) all.append(name, value)
  return serializeResponse({ statusCode, headers: all, body })
}

/** Returns the CSeq for the response; `undefined` if the request has no valid one. */
function cSeqOf({ headers }: RtspRequest): number | undefined {
  try {
    return parseCSeq(headers.get('CSeq'))
  } catch (error) {
    if (error instanceof RtspError) return undefined
    throw error
  }
}
