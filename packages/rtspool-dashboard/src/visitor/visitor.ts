import type { ApiClient } from '../api/api-client.js'
import { EventStream } from '../api/event-stream.js'
import { LiveTickets } from '../watch/live-ticket.js'

const roles = ['metrics', 'viewer', 'operator', 'admin'] as const

/** Rights of a login; each role has those of the roles before it. */
export type Role = (typeof roles)[number]

/** Name and role of a login, as the API knows it. */
export interface CallerView {
  readonly name: string
  readonly role: Role
}

/** The person who has logged in: what the page may call, and in which role. */
export class Visitor {
  readonly client: ApiClient
  readonly events: EventStream
  readonly tickets: LiveTickets
  readonly name: string
  readonly role: Role

  constructor(client: ApiClient, { name, role }: CallerView) {
    this.client = client
    this.events = new EventStream(client)
    this.tickets = new LiveTickets(client)
    this.name = name
    this.role = role
  }

  /** Returns whether the API allows operations of a role. The page shows no control without it. */
  can(role: Role): boolean {
    return roles.indexOf(this.role) >= roles.indexOf(role)
  }

  close(): void {
    this.events.close()
  }
}
