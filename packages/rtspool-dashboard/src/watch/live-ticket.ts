import { type ApiClient, ApiError } from '../api/api-client.js'
import { type LiveConnection, LiveRefusal } from '../live/index.js'

/** Share of its lifetime in which a prepared ticket is used. */
const freshShare = 0.6
/** Statuses with which the API would respond again: no right, or no live picture. */
const finalStatuses: readonly number[] = [400, 401, 403, 409]

/** A one-time ticket of the API, and the port on which it counts. */
interface LiveTicket {
  readonly port: number
  readonly isSecure: boolean
  readonly protocols: readonly string[]
  readonly lifetimeSeconds: number
}

interface Prepared {
  readonly path: string
  readonly ticket: Promise<LiveTicket>
  readonly sinceMs: number
}

/**
 * Gets tickets for live pictures. A ticket can be prepared while the pointer moves towards a button, so
 * that a click finds it ready.
 */
export class LiveTickets {
  readonly #client: ApiClient
  #prepared: Prepared | undefined

  constructor(client: ApiClient) {
    this.#client = client
  }

  /** Asks for a ticket that {@link connectionTo} uses if it follows soon. */
  prepare(path: string): void {
    if (this.#prepared?.path === path && isYoung(this.#prepared, minLifetimeSeconds)) return
    const ticket = this.#ask(path)
    // The click that follows asks again, and shows the reason.
    ticket.catch(() => {})
    this.#prepared = { path, ticket, sinceMs: performance.now() }
  }

  /**
   * Gets a ticket for a path.
   *
   * @param hostname - Host of the page.
   * @throws {LiveRefusal} The server has no live picture, or the token may not watch.
   * @throws {ApiError} The server does not respond, or not now.
   */
  async connectionTo(path: string, hostname: string): Promise<LiveConnection> {
    try {
      const ticket = (await this.#takePrepared(path)) ?? (await this.#ask(path))
      const { port, isSecure, protocols } = ticket
      return { url: `${isSecure ? 'wss' : 'ws'}://${hostname}:${port}/`, protocols }
    } catch (error) {
      if (!(error instanceof ApiError) || !finalStatuses.includes(error.status)) throw error
      throw new LiveRefusal(error.message, { cause: error })
    }
  }

  /** @returns `undefined` if there is none, or no fresh one. */
  async #takePrepared(path: string): Promise<LiveTicket | undefined> {
    const prepared = this.#prepared
    this.#prepared = undefined
    if (prepared?.path !== path) return undefined
    try {
      const ticket = await prepared.ticket
      return isYoung(prepared, ticket.lifetimeSeconds) ? ticket : undefined
    } catch {
      return undefined
    }
  }

  #ask(path: string): Promise<LiveTicket> {
    return this.#client.post<LiveTicket>('/v1/live/tickets', { path })
  }
}

/** Shortest lifetime that a server may have been told, for tickets that have not arrived yet. */
const minLifetimeSeconds = 5

const isYoung = ({ sinceMs }: Prepared, lifetimeSeconds: number): boolean =>
  performance.now() - sinceMs < lifetimeSeconds * 1000 * freshShare
