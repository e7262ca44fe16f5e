import { isSameHost } from '../../host-of.js'
import type { Publication } from '../../media/streams/publication.js'
import type { SessionOwner } from '../../session-pool/index.js'
import type { RequestContext } from '../request/request-context.js'
import { presentationOf } from '../request/session-presentation.js'
import type { PublisherTakeover } from '../server-options.js'

/**
 * Silence after which a publisher may be replaced: longer than a lost packet, shorter than a
 * reconnect.
 */
const idleMs = 2000

/**
 * True if a client may announce a path that another one publishes to; the other's session then ends
 * with reason `replaced`.
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

/** True for the same user, or without login for the same host. */
function isSameClient(one: SessionOwner, other: SessionOwner): boolean {
  if (one.user !== undefined || other.user !== undefined) return one.user === other.user
  return isSameHost(one.address, other.address)
}
