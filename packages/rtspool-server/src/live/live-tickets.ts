import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from 'rtspool'

/** A client that may watch a path. The API has authenticated this client. */
export interface LiveClaimant {
  /** Decoded path of the media. After a `?` it may have a query, which hooks receive. */
  readonly path: string
  /** Name of the user; `undefined` is the anonymous user. */
  readonly user?: string | undefined
  /**
   * Address of the client, if it connects through a trusted proxy. @default address of the socket
   */
  readonly address?: string | undefined
  /** End of the authorization in seconds since 1970. @default never */
  readonly expiresAt?: number | undefined
  /** Limit on the sessions of the user, in place of that of the pool. 0 = unlimited. @default that of the pool */
  readonly maxSessions?: number | undefined
  /** Name of the authorization; the session ends with it. @default none */
  readonly issuer?: string | undefined
}

interface Ticket {
  readonly claimant: LiveClaimant
  /** Time in milliseconds of the clock at which the ticket expires. */
  readonly until: number
}

const tokenBytes = 32

/**
 * One-time tickets for WebSockets, which cannot send an `Authorization` header from a browser. A ticket is used once, within
 * its lifetime. Only its hash is kept.
 */
export class LiveTickets {
  readonly #clock: Clock
  readonly #lifetimeMs: number
  readonly #max: number
  /** Tickets by hash, in the order of issue. They expire in the same order. */
  readonly #tickets = new Map<string, Ticket>()

  /** @param max - Maximum number of unused tickets; one more drops the oldest. */
  constructor(clock: Clock, lifetimeMs: number, max: number) {
    this.#clock = clock
    this.#lifetimeMs = lifetimeMs
    this.#max = max
  }

  /** Number of unused tickets, expired ones included. */
  get size(): number {
    return this.#tickets.size
  }

  /** Seconds in which a ticket can be used. */
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

  /** Uses a ticket. @returns `undefined` for a ticket that is unknown, used or expired. */
  take(token: string): LiveClaimant | undefined {
    const key = hashOf(token)
    const ticket = this.#tickets.get(key)
    if (!ticket) return undefined
    this.#tickets.delete(key)
    return ticket.until > this.#clock.now() ? ticket.claimant : undefined
  }

  /** Removes the unused tickets of an issuer who may no longer issue any. */
  removeOf(issuer: string): void {
    for (const [key, { claimant }] of this.#tickets) {
      if (claimant.issuer === issuer) this.#tickets.delete(key)
    }
  }
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64')
