import type { ApiClient } from '../api/api-client.js'
import { EventStream } from '../api/event-stream.js'
import { LiveTickets } from '../watch/live-ticket.js'

const roles = ['metrics', 'viewer', 'operator', 'admin'] as const

/** Role of a login. Each role also has the rights of the roles before it. */
export type Role = (typeof roles)[number]

/** Name and role of a login, as the API returns them. */
export interface CallerView {
  readonly name: string
  readonly role: Role
}

/** The user who is logged in: role, and access to the API. */
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

  /**
   * Returns whether the user has the rights of a role. Controls that need other rights are not
   * shown.
   */
  can(role: Role): boolean {
    return roles.indexOf(this.role) >= roles.indexOf(role)
  }

  close(): void {
    this.events.close()
  }
}
