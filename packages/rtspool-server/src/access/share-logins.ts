import { randomUUID } from 'node:crypto'
import type { LoginAnswer, LoginContext } from 'rtspool'

/** Beginning of the secret of each share link. */
export const sharePrefix = 'share_'

/** Rights of a client that has the secret of a share link. */
export interface ShareClaim {
  /** The only path that the client may watch. */
  readonly path: string
  readonly user: string
  /** Seconds since 1970; `undefined` = never. */
  readonly expiresAt: number | undefined
  /** Sessions of the user at a time; 0 = unlimited. */
  readonly maxSessions: number
}

/** Finds the rights of a secret; `undefined` for an unknown one. */
export type ShareFinder = (secret: string) => ShareClaim | undefined

/** Logins of players by share links. The control API, which opens last, keeps the links. */
export class ShareLogins {
  /** Tells the links of one server from those of another one in the same process. */
  readonly id = randomUUID()
  #find: ShareFinder = () => undefined

  /** Accepts the secrets of links from now on. */
  accept(find: ShareFinder): void {
    this.#find = find
  }

  /** Decides about a client that has sent the secret of a link as its token. */
  ask(secret: string, { path, action }: LoginContext): LoginAnswer {
    const claim = this.#find(secret)
    if (!claim) return { refuse: 'wrong', why: 'the share link is unknown or has ended' }
    const isMeant = action === 'read' && (path === undefined || path === claim.path)
    if (!isMeant) return { refuse: 'forbidden', why: 'the share link is for another path' }
    const { user, expiresAt, maxSessions } = claim
    return { user, expiresAt, maxSessionsPerUser: maxSessions }
  }
}
