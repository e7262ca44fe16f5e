import type { ClusterNode } from 'rtspool/cluster'
import { z } from 'zod'
import { changeServerLimits, serverLimits } from '../../cluster/server-limits.js'
import { nodeName, nodeView, unheardNodes, unheardView } from '../cluster-answers.js'
import { components } from '../components.js'
import type { ControlledServer } from '../controlled-server.js'
import { type Operation, operation } from '../operation.js'
import { Problem } from '../problem.js'

const maxCount = 2 ** 32 - 1
const number = z.number().int().min(0).max(maxCount).describe('0 = unlimited')
const seconds = z.number().min(0).describe('Seconds; 0 = unlimited')

const poolLimits = {
  maxSessions: number,
  maxSessionsPerAddress: number,
  maxSessionsPerUser: number,
  maxSessionsPerPath: number,
  maxSessionsPerGroup: z
    .record(z.string(), z.record(z.string(), number))
    .describe(
      'Limits by group and value, such as { "plan": { "free": 50 } }; a change replaces all',
    ),
  maxIdleSetup: seconds,
  maxLifetime: seconds,
}

const connectionLimits = { maxConnections: number, maxConnectionsPerAddress: number }

const limitsSchema = z
  .object({ ...poolLimits, ...connectionLimits })
  .register(components, { id: 'Limits' })
const changeSchema = z.strictObject({ ...poolLimits, ...connectionLimits }).partial()

const filledChange = changeSchema
  .refine((changes) => Object.keys(changes).length > 0, {
    message: `at least one of ${Object.keys(changeSchema.shape).join(', ')}`,
  })
  .register(components, { id: 'LimitChange' })
type Change = z.output<typeof changeSchema>

const clusterChange = z.object({
  nodes: z
    .array(
      nodeName.partial().extend({
        isChanged: z.boolean().describe('All given limits have changed, or none'),
        refusal: z.string().optional().describe('Reason for which none has changed'),
      }),
    )
    .describe('Servers that have answered, this one first; without tag outside of a cluster'),
  unheard: unheardNodes.describe(
    'Servers of the cluster that have not answered: nothing is known about their limits',
  ),
})

/** Runs a change of limits. @throws {Problem} `invalid-request` for a limit that the library refuses. */
async function checked<Result>(body: object, change: () => Promise<Result>): Promise<Result> {
  try {
    return await change()
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error
    throw new Problem('invalid-request', error.message, {
      wrong: [{ where: 'body', expected: error.message, got: JSON.stringify(body) }],
    })
  }
}

/** Changes limits of this server. */
const changeHere = (server: ControlledServer, changes: Change) =>
  checked(changes, () =>
    server.configuration.reloader.inTurn(() => {
      changeServerLimits(server.rtsp, changes)
      const limits = serverLimits(server.rtsp)
      server.events.publish('limitsChanged', { limits })
      return limits
    }),
  )

/** Changes limits of all servers of a cluster, or of one, and waits for their answers. */
async function changeOnAll(cluster: ClusterNode, limits: Change, node: string | undefined) {
  const change = await checked({ limits, node }, () => cluster.limits.change(limits, { node }))
  const nodes = change.nodes.map(({ refusal, ...each }) => ({
    ...nodeView(each),
    ...{ isChanged: refusal === undefined, refusal },
  }))
  return { nodes, unheard: unheardView(change) }
}

/** Operations that read and change the limits on sessions and connections. */
export const limitOperations: readonly Operation[] = [
  operation({
    id: 'getLimits',
    method: 'get',
    path: '/v1/limits',
    role: 'viewer',
    tag: 'limits',
    summary: 'Reads the limits that hold now',
    result: limitsSchema,
    handle: ({ server }) => serverLimits(server.rtsp),
  }),
  operation({
    id: 'changeLimits',
    method: 'patch',
    path: '/v1/limits',
    role: 'admin',
    tag: 'limits',
    summary: 'Changes limits: all given ones, or none; present sessions and connections stay',
    body: filledChange,
    result: limitsSchema,
    handle: ({ server }, { body }) => changeHere(server, body),
  }),
  operation({
    id: 'changeClusterLimits',
    method: 'patch',
    path: '/v1/cluster/limits',
    role: 'admin',
    tag: 'limits',
    summary: 'Changes limits of all servers of the cluster, or of one; experimental',
    body: z.strictObject({
      limits: filledChange,
      node: z.string().min(1).optional().describe('Tag or name of the only server that changes'),
    }),
    result: clusterChange,
    handle: async ({ server }, { body: { limits, node } }) => {
      if (server.cluster) return await changeOnAll(server.cluster, limits, node)
      if (node !== undefined) {
        throw new Problem('invalid-request', 'this server belongs to no cluster', {
          wrong: [{ where: 'body.node', expected: 'no such member', got: node }],
        })
      }
      await changeHere(server, limits)
      return { nodes: [{ isChanged: true }] }
    },
  }),
]
