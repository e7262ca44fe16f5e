import type { ApiClient } from '../api/api-client.js'
import { EventStream } from '../api/event-stream.js'
import { LiveTickets } from '../watch/live-ticket.js'

const roles = ['metrics', 'viewer', 'operator', 'admin'] as const

/** Role of a user or token in the control API. Each role also has the rights of the roles before it. */
export type Role = (typeof roles)[number]

/** Name and role of the user or token that is logged in, as the API returns them. */
export interface CallerView {
  readonly name: string
  readonly role: Role
}

/** User who is logged in: name, role, and the user's access to the API. */
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
