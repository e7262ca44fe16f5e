import { z } from 'zod'
import { liveSubprotocol, ticketProtocol } from '../../live/live-handshake.js'
import { type Operation, operation } from '../operation.js'
import { Problem } from '../problem.js'
import { count, text } from '../values.js'

/** Operation that creates a ticket with which a browser can open the live picture of a path. */
export const liveOperations: readonly Operation[] = [
  operation({
    id: 'createLiveTicket',
    method: 'post',
    path: '/v1/live/tickets',
    role: 'viewer',
    tag: 'live',
    summary: 'Creates a one-time ticket, with which a browser watches a path over a WebSocket',
    body: z.strictObject({ path: text.startsWith('/').describe('Decoded path of a media') }),
    result: z.object({
      port: count.describe('Port of the WebSocket; its path has no meaning'),
      isSecure: z.boolean().describe('true for `wss`'),
      protocols: z.array(z.string()).describe('Subprotocols for the WebSocket, with the ticket'),
      lifetimeSeconds: z.number().describe('Time in which the ticket can be used'),
    }),
    problems: ['conflict'],
    isChange: () => false,
    handle: ({ server: { live }, caller }, { body }) => {
      if (!live) throw new Problem('conflict', 'the server has no live picture: set live.port')
      const { port } = live.address()
      const { isSecure, tickets } = live
      const { id, user } = caller.token
      const ticket = tickets.issue({ path: body.path, user, issuer: id })
      const protocols = [liveSubprotocol, ticketProtocol(ticket)]
      return { port, isSecure, protocols, lifetimeSeconds: tickets.lifetimeSeconds }
    },
  }),
]
