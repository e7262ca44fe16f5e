import type { Clock, RemovalReason } from 'rtspool'
import type { WebSocket } from 'ws'

/** Codes of RFC 6455 section 7.4.1, and codes of applications from 4000 on. */
const codes: { readonly [K in RemovalReason]?: number } = {
  mediaEnded: 4410,
  mediaFailed: 4502,
  kicked: 4403,
  authorizationExpired: 4401,
  lifetime: 4403,
  slowReader: 4408,
  poolClosed: 1001,
}
/** Milliseconds for the reason of the end to reach a browser. */
const farewellMs = 1_000
const otherCode = 4400
/** Codes of refusals: 4000 and the status that an RTSP client would be sent. */
const refusalBase = 4000

/** Code and reason with which a WebSocket closes. */
export interface Closing {
  readonly code: number
  /** Removal reason of the session, or code of the error; at most 123 bytes. */
  readonly reason: string
}

/** Tells a browser why its session has ended. */
export function closingOf(reason: RemovalReason): Closing {
  return { code: codes[reason] ?? otherCode, reason }
}

/** Tells a browser why it gets no session. */
export function refusalOf(error: unknown): Closing {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown }
  const status = typeof statusCode === 'number' && statusCode < 1000 ? statusCode : 500
  return { code: refusalBase + status, reason: typeof code === 'string' ? code : 'ERR_INTERNAL' }
}

/**
 * Closes a WebSocket, and a second later its connection. Queued fragments stand in front of the reason: a browser that
 * reads nothing never receives it.
 */
export function closeWith(webSocket: WebSocket, { code, reason }: Closing, clock: Clock): void {
  if (webSocket.readyState !== webSocket.OPEN) return
  webSocket.close(code, reason)
  const farewell = clock.schedule(() => webSocket.terminate(), farewellMs, false)
  webSocket.once('close', () => farewell.cancel())
}
