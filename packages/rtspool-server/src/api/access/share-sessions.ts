import type { RtspServer } from 'rtspool'
import type { ShareClaim, ShareLogins } from '../../access/share-logins.js'
import type { EventFeed } from '../../events/event-feed.js'
import type { LiveService, SharePage } from '../../live/live-service.js'
import { type ShareFacts, ShareStore } from './shares.js'

const revokedNote = 'The share link was revoked'

/** Parts of a server that {@link serveShares} connects, so that share links can be used and end in all of them. */
export interface SharingServer {
  readonly shares: ShareStore
  readonly rtsp: RtspServer
  readonly events: EventFeed
  readonly live: LiveService | undefined
  /** Logins of players by share links; `undefined` if the server needs no logins. */
  readonly logins: ShareLogins | undefined
  /** Web page that plays one live picture; `undefined` if there is none. */
  readonly page: SharePage | undefined
}

/**
 * Accepts browsers and players that have a share link, and ends their sessions when the link ends.
 */
export function serveShares({ shares, rtsp, events, live, logins, page }: SharingServer): void {
  shares.on('created', (share) => events.publish('shareCreated', factsOf(share)))
  shares.on('ended', (share, by) => {
    if (by === 'revoked') {
      rtsp.pool.kick({ user: ShareStore.userOf(share) }, { reason: revokedNote })
      live?.endOf(issuerOf(share), 'kicked')
    }
    events.publish('shareEnded', { ...factsOf(share), by })
  })
  const claimOf = (secret: string): (ShareClaim & { readonly issuer: string }) | undefined => {
    const share = shares.find(secret)
    if (!share) return undefined
    const { path, until, maxViewers } = share
    const user = ShareStore.userOf(share)
    const terms = { expiresAt: until, maxSessions: maxViewers, issuer: issuerOf(share) }
    return { path, user, ...terms }
  }
  live?.acceptShares(claimOf, page)
  logins?.accept(claimOf)
}

const issuerOf = ({ id }: ShareFacts): string => `share ${id}`

const factsOf = ({ id, name, path, until, maxViewers, author }: ShareFacts) => ({
  ...{ share: id, name, path, maxViewers, author },
  ...(until !== undefined && { until }),
})
