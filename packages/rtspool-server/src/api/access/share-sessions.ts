import type { RtspServer } from 'rtspool'
import type { ShareClaim, ShareLogins } from '../../access/share-logins.js'
import type { EventFeed } from '../../events/event-feed.js'
import type { LiveService, SharePage } from '../../live/live-service.js'
import { type ShareFacts, ShareStore } from './shares.js'

const revokedNote = 'The share link was revoked'

/** Parts of a server with share links. */
export interface SharingServer {
  readonly shares: ShareStore
  readonly rtsp: RtspServer
  readonly events: EventFeed
  readonly live: LiveService | undefined
  /** Logins of players by the links, if the server asks for logins. */
  readonly logins: ShareLogins | undefined
  /** Page that plays one picture, if there is one. */
  readonly page: SharePage | undefined
}

/** Lets browsers and players in by share links, and ends their sessions with the links. */
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
