import type { RemovalReason } from '../../session-pool/index.js'
import { answerableMs } from './ended-sessions.js'

/** Time for a dismissed client to read its BYE and to close in order. */
const dismissedMs = 2000

/**
 * Returns the milliseconds until a connection is closed whose last session has ended, or
 * `undefined` if it stays. A new request keeps it open.
 *
 * - The client has ended the session, or has another one: it stays.
 * - The media has ended or failed, or does not reach the client: as long as PAUSE and TEARDOWN of
 *   the session still succeed. Clients then end in order or try TCP. A client that ignores BYE
 *   notices the end of the connection.
 * - The client was dismissed by the application, a limit or a drain: a moment.
 * - A publisher: at once. Nothing else makes FFmpeg notice that it publishes into nothing.
 */
export function farewellMs(reason: RemovalReason, isPublisher: boolean): number | undefined {
  switch (reason) {
    case 'teardown':
    case 'connectionClosed':
      return undefined
    case 'replaced':
      return isPublisher ? 0 : undefined
    case 'mediaEnded':
    case 'mediaFailed':
    case 'unreachable':
    case 'timeout':
      return isPublisher ? 0 : answerableMs
    default:
      return isPublisher ? 0 : dismissedMs
  }
}
