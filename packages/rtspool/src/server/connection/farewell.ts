import type { RemovalReason } from '../../session-pool/index.js'
import { answerableMs } from './ended-sessions.js'

/** Time for a client that was sent away to read its BYE, and to leave in order. */
const dismissedMs = 2000

/**
 * What becomes of a connection whose last session has left, unless it asks for something meanwhile: milliseconds until
 * it is closed, or `undefined` where it stays.
 *
 * - The client has ended the session, or has another one: it stays.
 * - The media has ended or failed, or does not get through: as long as the session answers to PAUSE and TEARDOWN, after which
 *   clients end in order or try TCP. Those that take no notice of a BYE notice the end of the connection.
 * - Somebody or a limit has sent the client away: a moment.
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
