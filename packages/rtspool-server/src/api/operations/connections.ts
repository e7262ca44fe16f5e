import type { ConnectionInfo } from 'rtspool'
import { z } from 'zod'
import { components } from '../components.js'
import { type Operation, operation } from '../operation.js'
import { pageOf } from '../page.js'
import { nothingNamed } from '../problem.js'
import {
  count,
  cursor,
  isoTime,
  nextCursor,
  pageLimit,
  pageSize,
  publicId,
  time,
} from '../values.js'

const connectionSchema = z
  .object({
    publicId,
    remoteAddress: z.string(),
    remotePort: count,
    localAddress: z.string(),
    localPort: count,
    isSecure: z.boolean(),
    tunnel: z.string().optional(),
    userAgent: z.string().optional(),
    openedTime: time,
    sessions: z.array(z.string()).describe('Public ids'),
  })
  .register(components, { id: 'Connection' })

function connectionView(connection: ConnectionInfo): z.output<typeof connectionSchema> {
  const { openedTime, sessions, ...facts } = connection.toJSON()
  return { ...facts, openedTime: isoTime(openedTime), sessions: [...sessions] }
}

const named = z.strictObject({ publicId })

/** Operations that list and close connections of RTSP clients. */
export const connectionOperations: readonly Operation[] = [
  operation({
    id: 'listConnections',
    method: 'get',
    path: '/v1/connections',
    role: 'viewer',
    tag: 'connections',
    summary: 'Lists open connections in the order in which they were opened',
    query: z.strictObject({ cursor, limit: pageLimit }),
    result: z.object({ connections: z.array(connectionSchema), cursor: nextCursor }),
    handle: ({ server }, { query }) => {
      const page = pageOf(server.rtsp.connections, ({ openedTime }) => openedTime.getTime(), {
        cursor: query.cursor,
        limit: pageSize(query.limit),
      })
      return { connections: page.entries.map(connectionView), cursor: page.cursor }
    },
  }),
  operation({
    id: 'closeConnection',
    method: 'delete',
    path: '/v1/connections/{publicId}',
    role: 'operator',
    tag: 'connections',
    summary: 'Closes a connection; sessions that need it end',
    params: named,
    result: connectionSchema,
    handle: ({ server }, { params }) => {
      const connection = server.rtsp.connections.get(params.publicId)
      if (!connection) throw nothingNamed('connection', params.publicId)
      const view = connectionView(connection)
      connection.close()
      return view
    },
  }),
]
