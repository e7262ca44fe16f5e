import { isSameHost } from '../../host-of.js'
import type { Publication } from '../../media/streams/publication.js'
import type { SessionOwner } from '../../session-pool/index.js'
import type { RequestContext } from '../request/request-context.js'
import { presentationOf } from '../request/session-presentation.js'
import type { PublisherTakeover } from '../server-options.js'

/**
 * Milliseconds without a packet after which another client may replace a publisher. The time is
 * longer than a loss of packets, and shorter than the reconnection of an encoder.
 */
const idleMs = 2000

/**
 * Returns whether a client may announce a path to which another client publishes. The session of
 * the other client then ends with reason `replaced`.
 */
export function mayTakeOver(
  { server, connection, claimant }: RequestContext,
  current: Publication,
): boolean {
  // A publisher on this same connection ends its session by TEARDOWN.
  for (const session of connection.sessions) {
    if (presentationOf(session)?.media === current) return false
  }
  const policies: Readonly<Record<PublisherTakeover, () => boolean>> = {
    never: () => false,
    idle: () =>
      isSameClient(current.owner, claimant) && server.clock.now() - current.heardAt >= idleMs,
    sameOwner: () => isSameClient(current.owner, claimant),
    always: () => true,
  }
  return policies[server.publisherTakeover]()
}

/**
 * Returns whether two clients are the same user; without users, whether they have the same host.
 */
function isSameClient(one: SessionOwner, other: SessionOwner): boolean {
  if (one.user !== undefined || other.user !== undefined) return one.user === other.user
  return isSameHost(one.address, other.address)
}
