import { z } from 'zod'
import { roles } from '../../access/roles.js'
import type { ControlledServer } from '../controlled-server.js'
import { type Operation, operation, rawOperation } from '../operation.js'
import { Problem } from '../problem.js'
import { count, isoTime, time } from '../values.js'

const versionSchema = z.object({
  version: z.string(),
  node: z.string(),
  startedTime: time,
  uptimeSeconds: z.number().min(0),
  sendPaths: z.object({ tcp: z.string(), udp: z.string() }),
  rtspPort: count.optional().describe('Port of plain RTSP; absent without one'),
  rtspsPort: count.optional().describe('Port of RTSP over TLS; absent without one'),
})

const numbers = z.record(z.string(), z.number())

const pressureSchema = z.object({
  value: z.number().describe('Largest part, at most 1'),
  level: z.enum(['normal', 'saving', 'refusing', 'shedding']).describe('Measures in force'),
  parts: numbers.describe('Load by resource: 1 = at its limit'),
  refusedSetups: count,
})

const statsSchema = z.object({
  sessions: z.object({
    now: count,
    highWaterMark: count,
    created: count,
    removed: numbers.describe('By reason'),
    refused: numbers.describe('By limit'),
  }),
  connections: count,
  refusedConnections: count,
  media: count,
  mediaDown: count,
  traffic: numbers.describe(
    'RTP of all unicast sessions since the start. Browsers receive fragments, which only the metrics count',
  ),
  multicast: numbers,
  gopCache: numbers,
  pressure: pressureSchema.optional().describe('Absent without a guard against overload'),
  isDraining: z.boolean(),
  bans: z.object({ now: count, hits: count }),
})

const portsOf = ({ rtsp }: ControlledServer) => ({
  rtspPort: portOf(() => rtsp.address()),
  rtspsPort: portOf(() => rtsp.tlsAddress()),
})

/**
 * Returns the number of a port on which the server listens.
 *
 * @param addressOf - Function of the library that throws if the server has no such port.
 * @returns `undefined` if the server does not listen on such a port.
 */
function portOf(addressOf: () => { readonly port: number }): number | undefined {
  try {
    return addressOf().port
  } catch {
    return undefined
  }
}

/** Operations that read the state and the statistics of the server. */
export const statusOperations: readonly Operation[] = [
  operation({
    id: 'getHealth',
    method: 'get',
    path: '/v1/health',
    role: 'metrics',
    tag: 'status',
    summary: 'Responds as long as the process works',
    result: z.object({ status: z.literal('ok') }),
    handle: () => ({ status: 'ok' as const }),
  }),
  operation({
    id: 'getReady',
    method: 'get',
    path: '/v1/ready',
    role: 'metrics',
    tag: 'status',
    summary: 'Responds with 200 if clients are accepted, with 503 or 404 and the reason if not',
    query: z.strictObject({
      otherwise: z
        .enum(['503', '404'])
        .default('503')
        .describe(
          'status if not; at 404 HAProxy lets connections live, with http-check disable-on-404',
        ),
    }),
    result: z.object({ status: z.literal('ready') }),
    problems: ['not-ready', 'not-found'],
    handle: ({ server }, { query: { otherwise } }) => {
      const reason = server.whyNotReady()
      if (reason !== undefined) {
        throw new Problem(otherwise === '404' ? 'not-found' : 'not-ready', reason)
      }
      return { status: 'ready' as const }
    },
  }),
  operation({
    id: 'getVersion',
    method: 'get',
    path: '/v1/version',
    role: 'metrics',
    tag: 'status',
    summary: 'Version, age and send paths of the server',
    result: versionSchema,
    handle: ({ server }) => ({
      version: server.version,
      node: process.version,
      startedTime: isoTime(server.startedTime),
      uptimeSeconds: process.uptime(),
      sendPaths: server.rtsp.stats().sendPaths,
      ...portsOf(server),
    }),
  }),
  operation({
    id: 'getCaller',
    method: 'get',
    path: '/v1/caller',
    role: 'metrics',
    tag: 'status',
    summary: 'Name and role of the token of the request',
    result: z.object({ name: z.string(), role: z.enum(roles) }),
    handle: ({ caller: { token } }) => ({ name: token.name, role: token.role }),
  }),
  operation({
    id: 'getStats',
    method: 'get',
    path: '/v1/stats',
    role: 'viewer',
    tag: 'status',
    summary: 'Counts and sums of the whole server',
    result: statsSchema,
    handle: ({ server }) => {
      const stats = server.rtsp.stats()
      const { size: now, ...sessions } = server.rtsp.pool.stats()
      const { size: banned, hits } = server.rtsp.pool.bans.stats()
      return {
        sessions: {
          now,
          highWaterMark: sessions.highWaterMark,
          created: sessions.created,
          removed: { ...sessions.removed },
          refused: { ...sessions.refused },
        },
        connections: stats.connections,
        refusedConnections: stats.refusedConnections,
        media: stats.media,
        mediaDown: server.mediaWatch.downCount,
        traffic: { ...stats.unicast },
        multicast: { ...stats.multicast },
        gopCache: { ...stats.gopCache },
        pressure: stats.pressure && { ...stats.pressure, parts: { ...stats.pressure.parts } },
        isDraining: server.rtsp.isDraining,
        bans: { now: banned, hits },
      }
    },
  }),
  rawOperation({
    id: 'getMetrics',
    method: 'get',
    path: '/metrics',
    role: 'metrics',
    tag: 'status',
    summary: 'Metrics in the text format of Prometheus',
    contentTypes: ['text/plain; version=0.0.4; charset=utf-8'],
    respond: async ({ server }, _input, response) => {
      response.end(await server.metrics())
    },
  }),
]
