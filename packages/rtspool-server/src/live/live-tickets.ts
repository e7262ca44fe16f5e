import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from 'rtspool'

/** Rights of an authenticated client: the path that it may watch, and the limits on its sessions. */
export interface LiveClaimant {
  /** Decoded path of the media. A query after a `?` is passed to the hooks of the session pool. */
  readonly path: string
  /** Name of the user; `undefined` is the anonymous user. */
  readonly user?: string | undefined
  /**
   * Numeric address of the client, if it connects through a trusted proxy. @default address of the
   * socket
   */
  readonly address?: string | undefined
  /** Time in seconds since 1970 at which the authorization and the session end. @default never */
  readonly expiresAt?: number | undefined
  /**
   * Maximum number of sessions of the user, in place of the pool's limit; 0 = unlimited. @default
   * the limit of the pool
   */
  readonly maxSessions?: number | undefined
  /**
   * Id of the API token or share link that gave the rights. The session ends when this
   * authorization ends. @default none
   */
  readonly issuer?: string | undefined
}

interface Ticket {
  readonly claimant: LiveClaimant
  /** Time of the monotonic clock in milliseconds at which the ticket expires. */
  readonly until: number
}

const tokenBytes = 32

/**
 * One-time tickets for WebSockets, which cannot send an `Authorization` header from a browser. A
 * ticket is used once, within its lifetime. Only its hash is stored.
 */
export class LiveTickets {
  readonly #clock: Clock
  readonly #lifetimeMs: number
  readonly #max: number
  /** Tickets by hash, in the order of issue. They expire in the same order. */
  readonly #tickets = new Map<string, Ticket>()

  /**
   * Creates an empty set of tickets.
   *
   * @param max - Maximum number of unused tickets. When one more is issued, the oldest becomes
   * invalid.
   */
  constructor(clock: Clock, lifetimeMs: number, max: number) {
    this.#clock = clock
    this.#lifetimeMs = lifetimeMs
    this.#max = max
  }

  /** Number of unused tickets, expired ones included. */
  get size(): number {
    return this.#tickets.size
  }

  /** Seconds for which a ticket is valid. */
  get lifetimeSeconds(): number {
    return this.#lifetimeMs / 1000
  }

  /**
   * Issues a ticket.
   *
   * @returns The ticket: 43 characters, all allowed in the name of a subprotocol.
   */
  issue(claimant: LiveClaimant): string {
    const now = this.#clock.now()
    for (const [key, { until }] of this.#tickets) {
      if (until > now && this.#tickets.size < this.#max) break
      this.#tickets.delete(key)
    }
    const token = randomBytes(tokenBytes).toString('base64url')
    this.#tickets.set(hashOf(token), { claimant, until: now + this.#lifetimeMs })
    return token
  }

  /**
   * Uses up a ticket. @returns The rights of its client; `undefined` for a ticket that is unknown,
   * used or expired.
   */
  take(token: string): LiveClaimant | undefined {
    const key = hashOf(token)
    const ticket = this.#tickets.get(key)
    if (!ticket) return undefined
    this.#tickets.delete(key)
    return ticket.until > this.#clock.now() ? ticket.claimant : undefined
  }

  /**
   * Removes the unused tickets of an issuer (an API token or share link) whose authorization has
   * ended.
   */
  removeOf(issuer: string): void {
    for (const [key, { claimant }] of this.#tickets) {
      if (claimant.issuer === issuer) this.#tickets.delete(key)
    }
  }
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64')
