import { ClientError, RequestError } from '../errors.js'
import { withoutSecrets } from './redaction.js'
import type { ResolvedRelaySource } from './relay-options.js'
import type { RelayError, RelayReason } from './relay-status.js'
import type { UpstreamEnd } from './upstream.js'

/** Judgement on why an attempt to connect has failed, or a connection has ended. */
export interface RelayFailure {
  readonly reason: RelayReason
  /** True if another attempt alone cannot help: the options or the source have to be changed. */
  readonly isFinal: boolean
}

/**
 * Status codes with which a server says that it lacks a method, transport, version or option (RFC 2326 section 7.1.1).
 */
const unsupportedStatuses = [405, 415, 451, 461, 501, 505, 551]
const notFoundStatuses = [404, 410]
/**
 * Status code for a request that the relay has caused itself: that of HTTP (RFC 5842 section 7.2), because RTSP has
 * none.
 */
const loopStatus = 508

/** Reasons that last until the options or the source are changed; see {@link RelayFailure.isFinal}. */
const finalReasons: ReadonlySet<RelayReason> = new Set([
  'unauthorized',
  'notFound',
  'unsupported',
  'certificate',
  'loop',
])

/** Facts about earlier connections of a relay, by which {@link failureOf} judges the end of the present one. */
export interface RelayHistory {
  /**
   * True if the source has sent packets before. `notFound` is then not final, because some cameras respond 404 while
   * they start.
   */
  readonly hasPlayed: boolean
  /**
   * True if the relay has received its own request since the attempt to connect began, so that the source is the relay
   * itself.
   */
  readonly isLoop: boolean
}

/** Returns the reason why a connection has ended, and whether only other options or another source can help. */
export function failureOf(end: UpstreamEnd, { hasPlayed, isLoop }: RelayHistory): RelayFailure {
  const ended = end.kind === 'failed' ? reasonOf(end.error) : end.kind
  const reason = isLoop ? 'loop' : ended
  return { reason, isFinal: finalReasons.has(reason) && !(reason === 'notFound' && hasPlayed) }
}

function reasonOf(error: unknown): RelayReason {
  if (!(error instanceof ClientError)) return 'refused'
  switch (error.code) {
    case 'ERR_CLIENT_CONNECT':
      return 'unreachable'
    case 'ERR_CLIENT_TIMEOUT':
      return 'timeout'
    case 'ERR_CLIENT_DISCONNECTED':
    case 'ERR_CLIENT_CLOSED':
      return 'disconnected'
    case 'ERR_CLIENT_CERTIFICATE':
      return 'certificate'
    case 'ERR_CLIENT_UNAUTHORIZED':
    case 'ERR_CLIENT_AUTH_SCHEME':
      return 'unauthorized'
    case 'ERR_CLIENT_NO_TRACKS':
    case 'ERR_CLIENT_TRANSPORT':
      return 'unsupported'
    default:
      return reasonOfStatus(error.statusCode)
  }
}

function reasonOfStatus(statusCode: number): RelayReason {
  if (statusCode === loopStatus) return 'loop'
  if (notFoundStatuses.includes(statusCode)) return 'notFound'
  return unsupportedStatuses.includes(statusCode) ? 'unsupported' : 'refused'
}

/** Messages for ends without an error, by `kind` of the {@link UpstreamEnd}. */
const endTexts = {
  stalled: 'no video has arrived for some time',
  ended: 'the source has ended every track',
} as const

/**
 * Returns the error or other end of a connection as `RelayStatus.lastError`, without passwords and other secrets of the
 * source.
 *
 * @param unixMs - Time of the end in milliseconds since 1970.
 */
export function relayErrorOf(
  end: UpstreamEnd,
  { secrets }: ResolvedRelaySource,
  unixMs: number,
): RelayError {
  const error = end.kind === 'failed' ? end.error : endTexts[end.kind]
  const isOurs = error instanceof ClientError
  const message = error instanceof Error ? error.message : String(error)
  return {
    code: isOurs ? error.code : undefined,
    statusCode: isOurs ? error.statusCode : 0,
    message: withoutSecrets(message, secrets),
    time: new Date(unixMs),
  }
}

/** Returns the status code of the response to viewers who request a relay in the state `failed`: 404, 508 or 502. */
export function statusOf(reason: RelayReason | undefined): number {
  if (reason === 'loop') return loopStatus
  return reason === 'notFound' ? 404 : 502
}

/** Value of the Retry-After header, in seconds, in responses to viewers while an attempt to connect is running. */
const busyRetryAfter = 5
const maxRetryAfter = 300

/**
 * Returns the error for a viewer's request that the relay cannot serve now: `ERR_MEDIA_UNAVAILABLE` with Retry-After.
 */
export function refusalOf(
  { shownUrl }: ResolvedRelaySource,
  refusal: {
    readonly statusCode: number
    readonly reason: RelayReason | undefined
    /** Milliseconds until the next attempt to connect, for Retry-After; `undefined` while an attempt is running. */
    readonly untilMs: number | undefined
  },
): RequestError {
  const { statusCode, reason, untilMs = busyRetryAfter * 1000 } = refusal
  const retryAfter = Math.min(Math.max(1, Math.ceil(untilMs / 1000)), maxRetryAfter)
  const text = `the source ${shownUrl} cannot be pulled now`
  const message = reason === undefined ? text : `${text}: ${reason}`
  const context = { retryAfter, ...(reason && { reason }) }
  return new RequestError('ERR_MEDIA_UNAVAILABLE', message, { statusCode, context })
}
