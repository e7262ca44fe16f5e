import type { Clock, RemovalReason } from 'rtspool'
import type { WebSocket } from 'ws'

/**
 * WebSocket close codes by the reason for the removal of a session; any other reason has
 * `otherCode`. The codes are from RFC 6455 section 7.4.1, or from 4000 on, the range for
 * applications.
 */
const codes: { readonly [K in RemovalReason]?: number } = {
  mediaEnded: 4410,
  mediaFailed: 4502,
  sourceChanged: 4409,
  kicked: 4403,
  authorizationExpired: 4401,
  lifetime: 4403,
  slowReader: 4408,
  drained: 1001,
  poolClosed: 1001,
}
/**
 * Milliseconds between the WebSocket close frame and the end of the connection, so that the reason
 * can reach the browser.
 */
const farewellMs = 1_000
const otherCode = 4400
/**
 * Base of the close codes for refusals: the status for an RTSP client is added, so that 453 becomes
 * 4453.
 */
const refusalBase = 4000

/** Code and reason of a WebSocket close frame. */
export interface Closing {
  readonly code: number
  /** Removal reason of the session, or an error code; at most 123 bytes (RFC 6455 section 5.5). */
  readonly reason: string
}

/** Returns the close code and reason that tell a browser why its session has ended. */
export function closingOf(reason: RemovalReason): Closing {
  return { code: codes[reason] ?? otherCode, reason }
}

/** Returns the close code and reason that tell a browser why it gets no session. */
export function refusalOf(error: unknown): Closing {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown }
  const status = typeof statusCode === 'number' && statusCode < 1000 ? statusCode : 500
  return { code: refusalBase + status, reason: typeof code === 'string' ? code : 'ERR_INTERNAL' }
}

/**
 * Closes a WebSocket, and cuts its connection a second later. The reason is sent after all queued
 * fragments, so a browser that reads nothing never receives it.
 */
export function closeWith(webSocket: WebSocket, { code, reason }: Closing, clock: Clock): void {
  if (webSocket.readyState !== webSocket.OPEN) return
  webSocket.close(code, reason)
  const farewell = clock.schedule(() => webSocket.terminate(), farewellMs, false)
  webSocket.once('close', () => farewell.cancel())
}
