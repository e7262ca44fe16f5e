import { z } from 'zod'
import { type EventType, eventTypeNames } from '../../events/event-types.js'
import { components } from '../components.js'
import type { ControlledServer } from '../controlled-server.js'
import { EventStream } from '../event-stream.js'
import { type Operation, rawOperation } from '../operation.js'
import { Problem } from '../problem.js'
import { time } from '../values.js'

/** Maximum number of event streams at a time, so that half of the API's connections stay free. */
const maxStreams = 16

/** Schema of an event: the members that every event has. Further members depend on the type of the event. */
z.looseObject({
  id: z.string().describe('Place in the stream: the value of Last-Event-ID'),
  type: z.enum(eventTypeNames as readonly [EventType, ...EventType[]]),
  time,
}).register(components, { id: 'Event' })

const knownTypes: ReadonlySet<string> = new Set(eventTypeNames)

const typesSchema = z
  .string()
  .transform((list) => list.split(','))
  .refine((types) => types.every((type) => knownTypes.has(type)), {
    message: `types of ${eventTypeNames.join(', ')}, separated by commas`,
  })

/** Number of open event streams by server, because a process may have several servers. */
const openStreams = new WeakMap<ControlledServer, number>()

function startPosition({ events }: ControlledServer, lastId: string | undefined): number {
  if (lastId === undefined) return events.end
  const position = events.positionAfter(lastId)
  if (position !== undefined) return position
  throw new Problem('invalid-request', 'the last event id is not an id of this API', {
    wrong: [
      { where: 'header.last-event-id', expected: 'id of an event', got: JSON.stringify(lastId) },
    ],
  })
}

/** Operation that sends the events of the server to a client as they happen, as Server-Sent Events. */
export const eventOperations: readonly Operation[] = [
  rawOperation({
    id: 'streamEvents',
    method: 'get',
    path: '/v1/events',
    role: 'viewer',
    tag: 'events',
    summary:
      'Sends events as they happen (Server-Sent Events), after the one named by Last-Event-ID',
    query: z.strictObject({
      types: typesSchema.optional().describe('Types, separated by commas. Default: all'),
      after: z.string().max(40).optional().describe('Like the header Last-Event-ID'),
    }),
    contentTypes: ['text/event-stream'],
    problems: ['too-many'],
    respond: ({ server, caller }, { query }, response, request) => {
      const open = openStreams.get(server) ?? 0
      if (open >= maxStreams) {
        throw new Problem('too-many', `at most ${maxStreams} clients read events at a time`)
      }
      const header = request.headers['last-event-id']
      const lastId = query.after ?? (typeof header === 'string' ? header : undefined)
      const position = startPosition(server, lastId)
      openStreams.set(server, open + 1)
      const endWithToken = (id: string) => void (id === caller.token.id && response.destroy())
      server.bearers.on('ended', endWithToken)
      response.on('close', () => {
        server.bearers.off('ended', endWithToken)
        openStreams.set(server, (openStreams.get(server) ?? 1) - 1)
      })
      request.socket.setTimeout(EventStream.idleTimeoutMs)
      const types = query.types as readonly EventType[] | undefined
      new EventStream(server.events, response, { types: types && new Set(types), position })
    },
  }),
]
