import type { RemovalReason } from '../../session-pool/index.js'
import { answerableMs } from './ended-sessions.js'

/**
 * Milliseconds that a client whose session was removed has to read the RTCP BYE and to close the
 * connection.
 */
const dismissedMs = 2000

/**
 * Returns the milliseconds after which a connection is closed whose last session has ended;
 * `undefined` if it stays open. A new request keeps it open.
 *
 * - The client has ended the session, or has another one: the connection stays open.
 * - The media has ended or failed, or does not reach the client: 10 s, in which PAUSE and TEARDOWN
 *   of the session still succeed. Meanwhile, clients tear down the session or try TCP. A client that
 *   ignores BYE notices the closed connection.
 * - The application, a limit or a drain has removed the session: two seconds.
 * - A publisher: at once. Nothing else makes FFmpeg notice that nobody receives its packets.
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
    case 'sourceChanged':
    case 'unreachable':
    case 'timeout':
      return isPublisher ? 0 : answerableMs
    default:
      return isPublisher ? 0 : dismissedMs
  }
}
