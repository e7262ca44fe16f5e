import { type ApiClient, ApiError } from '../api/api-client.js'
import { type LiveConnection, LiveRefusal } from '../live/index.js'

/** Share of a ticket's lifetime in which a ticket that was requested in advance is still used. */
const freshShare = 0.6
/**
 * Status codes of the API after which another request for a ticket is useless. The user has no right, or the server has
 * no live picture.
 */
const finalStatuses: readonly number[] = [400, 401, 403, 409]

/** Ticket with which a WebSocket for a live picture can be opened once, and the port of that WebSocket. */
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
 * Requests tickets for live pictures from the API. A ticket can be requested while the pointer
 * moves towards a button, so that a click finds it ready.
 */
export class LiveTickets {
  readonly #client: ApiClient
  #prepared: Prepared | undefined

  constructor(client: ApiClient) {
    this.#client = client
  }

  /** Requests a ticket for a path in advance. {@link connectionTo} uses the ticket if it is called soon. */
  prepare(path: string): void {
    if (this.#prepared?.path === path && isYoung(this.#prepared, minLifetimeSeconds)) return
    const ticket = this.#ask(path)
    // The click that follows asks again, and shows the reason.
    ticket.catch(() => {})
    this.#prepared = { path, ticket, sinceMs: performance.now() }
  }

  /**
   * Returns the URL and subprotocols of a WebSocket for the live picture of a path, with a ticket.
   *
   * @param hostname - Host of the page.
   * @throws {LiveRefusal} The server has no live picture, or the user may not watch.
   * @throws {ApiError} The server does not respond, or is busy.
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

  /**
   * Returns the ticket that {@link prepare} has requested for a path; each is returned once.
   *
   * @returns `undefined` if there is none, or it is too old.
   */
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

/** Lifetime in seconds that is assumed for a ticket whose response has not arrived yet: the minimum of all servers. */
const minLifetimeSeconds = 5

const isYoung = ({ sinceMs }: Prepared, lifetimeSeconds: number): boolean =>
  performance.now() - sinceMs < lifetimeSeconds * 1000 * freshShare
