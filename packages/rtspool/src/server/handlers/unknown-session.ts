import { isRecord, shapeOf } from '../../option-checks.js'
import type { PublicMethod } from '../request/methods.js'
import { ok, type Reply, type UnauthorizedRequest } from '../request/request-context.js'
import { sessionNotFound } from '../request/session-presentation.js'
import type { RtspAnswer, UnknownSessionHook } from '../unknown-session-hook.js'

/** Request that names a session which this server does not have. */
interface UnknownSessionRequest {
  readonly request: UnauthorizedRequest
  readonly method: PublicMethod
  readonly id: string
}

/**
 * Responds to a request that names a session which this client does not have: unknown, ended, or
 * another client's.
 *
 * @throws {RequestError} `ERR_SESSION_NOT_FOUND`. Errors of the hook are thrown unchanged.
 */
export function answerUnknown(unknown: UnknownSessionRequest): Reply | Promise<Reply> {
  const { onUnknownSession } = unknown.request.server
  return onUnknownSession ? answerElsewhere(onUnknownSession, unknown) : answerEnded(unknown)
}

/**
 * Asks the hook `onUnknownSession` for the response, because another server may have the session that the request
 * names.
 */
async function answerElsewhere(
  ask: UnknownSessionHook,
  unknown: UnknownSessionRequest,
): Promise<Reply> {
  const { request: context, id } = unknown
  const { request, claimant, connection, target } = context
  const answer: unknown = await ask({
    id,
    request,
    address: claimant.address,
    user: claimant.user,
    path: target?.path,
    signal: connection.closeSignal,
  })
  return answer === undefined ? answerEnded(unknown) : replyOf(answer)
}

/**
 * Responds to a request for a session that this server may have ended within the last 10 s. PAUSE
 * and TEARDOWN of the session's owner then get a 200, until TEARDOWN. All other requests get 454.
 */
function answerEnded({ request, method, id }: UnknownSessionRequest): Reply {
  const { server, connection, claimant } = request
  const isGoodbye = method === 'PAUSE' || method === 'TEARDOWN'
  if (!isGoodbye || connection.isClosed || !server.sessions.hasEnded(id, claimant)) {
    throw sessionNotFound()
  }
  if (method === 'TEARDOWN') server.sessions.forgetEnded(id)
  return { ...ok, headers: [['Session', id]] }
}

const answerNames: readonly string[] = [
  'statusCode',
  'headers',
  'body',
] satisfies (keyof RtspAnswer)[]
const firstFinal = 200
const lastFinal = 599
/** Headers, in lower case, that are left out of the hook's answer: the server writes its own. */
const ownHeaders: ReadonlySet<string> = new Set(['cseq', 'timestamp', 'connection'])

/**
 * Checks the answer of the hook. The serializer checks names and values of the headers.
 *
 * @throws {TypeError} when the answer is not an {@link RtspAnswer}: the message names its type and
 * members, without their values.
 * @throws {RequestError} `ERR_SESSION_NOT_FOUND` for the status 454.
 */
function replyOf(answer: unknown): Reply {
  const members = isRecord(answer) ? answer : {}
  const isKnown = Object.keys(members).every((name) => answerNames.includes(name))
  const { statusCode, headers = [], body = '' } = members
  const lines = linesOf(headers)
  if (!isKnown || !isFinal(statusCode) || !lines || !isBody(body)) {
    const expected = 'undefined or { statusCode, headers, body } with a statusCode from 200 to 599'
    throw new TypeError(`onUnknownSession must return ${expected}, got ${shapeOf(answer)}`)
  }
  if (statusCode === 454) throw sessionNotFound()
  const others = lines.filter(([name]) => !ownHeaders.has(name.toLowerCase()))
  return { statusCode, headers: others, body }
}

const isFinal = (statusCode: unknown): statusCode is number =>
  Number.isInteger(statusCode) &&
  (statusCode as number) >= firstFinal &&
  (statusCode as number) <= lastFinal

const isBody = (body: unknown): body is Buffer | string =>
  typeof body === 'string' || Buffer.isBuffer(body)

/**
 * Converts the headers in an answer of the hook `onUnknownSession` to a list of lines.
 *
 * @returns `undefined` if the value is no list of names and values.
 */
function linesOf(headers: unknown): HeaderLine[] | undefined {
  if (typeof headers !== 'object' || headers === null || !(Symbol.iterator in headers)) return
  const lines = [...(headers as Iterable<unknown>)]
  return lines.every(isHeaderLine) ? lines : undefined
}

type HeaderLine = readonly [name: string, value: string]

const isHeaderLine = (line: unknown): line is HeaderLine =>
  Array.isArray(line) && line.length === 2 && line.every((part) => typeof part === 'string')
