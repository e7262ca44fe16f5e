import { z } from 'zod'
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

/** Returns the present limits of the server. */
export const limitsOf = ({
  rtsp,
}: Pick<ControlledServer, 'rtsp'>): z.output<typeof limitsSchema> => {
  const { pool } = rtsp
  return {
    maxSessions: pool.limits.maxSessions,
    maxSessionsPerAddress: pool.limits.maxSessionsPerAddress,
    maxSessionsPerUser: pool.limits.maxSessionsPerUser,
    maxSessionsPerPath: pool.limits.maxSessionsPerPath,
    maxSessionsPerGroup: { ...pool.limits.maxSessionsPerGroup },
    maxIdleSetup: pool.limits.maxIdleSetup,
    maxLifetime: pool.limits.maxLifetime,
    ...rtsp.connectionLimits,
  }
}

/**
 * Changes all given limits, or none. @throws {Problem} `invalid-request` for a limit that the
 * library refuses.
 */
function changeLimits({ rtsp }: ControlledServer, changes: z.output<typeof changeSchema>): void {
  const { maxConnections, maxConnectionsPerAddress, ...ofPool } = changes
  const before = rtsp.pool.limits
  try {
    rtsp.pool.setLimits(ofPool)
    rtsp.update({ maxConnections, maxConnectionsPerAddress })
  } catch (error) {
    rtsp.pool.setLimits(before)
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error
    throw new Problem('invalid-request', error.message, {
      wrong: [{ where: 'body', expected: error.message, got: JSON.stringify(changes) }],
    })
  }
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
    handle: ({ server }) => limitsOf(server),
  }),
  operation({
    id: 'changeLimits',
    method: 'patch',
    path: '/v1/limits',
    role: 'admin',
    tag: 'limits',
    summary: 'Changes limits: all given ones, or none; present sessions and connections stay',
    body: changeSchema.refine((changes) => Object.keys(changes).length > 0, {
      message: `at least one of ${Object.keys(changeSchema.shape).join(', ')}`,
    }),
    result: limitsSchema,
    handle: ({ server }, { body }) =>
      server.configuration.reloader.inTurn(() => {
        changeLimits(server, body)
        const limits = limitsOf(server)
        server.events.publish('limitsChanged', { limits })
        return limits
      }),
  }),
]
