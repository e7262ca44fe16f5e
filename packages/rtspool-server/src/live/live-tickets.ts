import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from 'rtspool'

/** A client that may watch a path, as the API has authenticated it. */
export interface LiveClaimant {
  /** Decoded path of the media, and after a `?` the query that hooks are shown. */
  readonly path: string
  /** Name of the user; `undefined` is the anonymous user. */
  readonly user?: string | undefined
  /** Address of the client, if a trusted proxy stands in front. @default that of the socket */
  readonly address?: string | undefined
  /** End of the authorization in seconds since 1970. @default never */
  readonly expiresAt?: number | undefined
}

interface Ticket {
  readonly claimant: LiveClaimant
  readonly issuer: string | undefined
  /** Milliseconds of the clock. */
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
  /** By hash, in the order of issue, which is that of expiry. */
  readonly #tickets = new Map<string, Ticket>()

  /** @param max - Tickets that wait; the oldest is dropped for another one. */
  constructor(clock: Clock, lifetimeMs: number, max: number) {
    this.#clock = clock
    this.#lifetimeMs = lifetimeMs
    this.#max = max
  }

  /** Tickets that wait, expired ones included. */
  get size(): number {
    return this.#tickets.size
  }

  /** Time in which a ticket can be used. */
  get lifetimeSeconds(): number {
    return this.#lifetimeMs / 1000
  }

  /**
   * Issues a ticket.
   *
   * @param issuer - Name for {@link removeOf}.
   * @returns The ticket: 43 characters that a subprotocol may have.
   */
  issue(claimant: LiveClaimant, issuer?: string): string {
    const now = this.#clock.now()
    for (const [key, { until }] of this.#tickets) {
      if (until > now && this.#tickets.size < this.#max) break
      this.#tickets.delete(key)
    }
    const token = randomBytes(tokenBytes).toString('base64url')
    this.#tickets.set(hashOf(token), { claimant, issuer, until: now + this.#lifetimeMs })
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

  /** Removes the unused tickets of an issuer, whose authorization has ended. */
  removeOf(issuer: string): void {
    for (const [key, ticket] of this.#tickets) {
      if (ticket.issuer === issuer) this.#tickets.delete(key)
    }
  }
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64')
