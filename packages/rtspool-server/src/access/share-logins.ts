import { randomUUID } from 'node:crypto'
import type { LoginAnswer, LoginContext } from 'rtspool'

/** Prefix of the secret of each share link, with which anybody can watch one path. */
export const sharePrefix = 'share_'

/** Rights of a client that has the secret of a share link. */
export interface ShareClaim {
  /** The only path that the client may watch. */
  readonly path: string
  readonly user: string
  /** Time in seconds since 1970 at which the link expires; `undefined` = never. */
  readonly expiresAt: number | undefined
  /** Maximum number of sessions of the link at a time; 0 = unlimited. */
  readonly maxSessions: number
}

/** Returns the rights that a secret gives; `undefined` for an unknown secret. */
export type ShareFinder = (secret: string) => ShareClaim | undefined

/**
 * Decides about logins of players with share links. The control API, which starts later, stores the
 * links; see {@link accept}.
 */
export class ShareLogins {
  /** Random id, by which `externalLogins` distinguishes the links of servers in one process. */
  readonly id = randomUUID()
  #find: ShareFinder = () => undefined

  /** Sets the function that finds share links by their secret. Before this call, no share link is accepted. */
  accept(find: ShareFinder): void {
    this.#find = find
  }

  /**
   * Decides about a client that has sent the secret of a share link as its token. Refuses an
   * unknown secret, and anything but playing the path of the link.
   */
  ask(secret: string, { path, action }: LoginContext): LoginAnswer {
    const claim = this.#find(secret)
    if (!claim) return { refuse: 'wrong', why: 'the share link is unknown or has ended' }
    const isMeant = action === 'read' && (path === undefined || path === claim.path)
    if (!isMeant) return { refuse: 'forbidden', why: 'the share link is for another path' }
    const { user, expiresAt, maxSessions } = claim
    return { user, expiresAt, maxSessionsPerUser: maxSessions }
  }
}
