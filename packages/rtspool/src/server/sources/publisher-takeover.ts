import { isSameHost } from '../../host-of.js'
import type { Publication } from '../../media/streams/publication.js'
import type { SessionOwner } from '../../session-pool/index.js'
import type { RequestContext } from '../request/request-context.js'
import { presentationOf } from '../request/session-presentation.js'
import type { PublisherTakeover } from '../server-options.js'

/** Silence after which a publisher gives way to its successor: a reconnect takes longer, a lost packet does not. */
const idleMs = 2000

/** Whether a client may announce what another one publishes already; the first then leaves with reason `replaced`. */
export function mayTakeOver(
  { server, connection, claimant }: RequestContext,
  current: Publication,
): boolean {
  // Whoever publishes on this very connection ends that by TEARDOWN.
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

/** The same user; where nobody has logged in, the same host. */
function isSameClient(one: SessionOwner, other: SessionOwner): boolean {
  if (one.user !== undefined || other.user !== undefined) return one.user === other.user
  return isSameHost(one.address, other.address)
}
