import type { Logger } from 'pino'
import type { RtspServer } from 'rtspool'
import type { ClusterLimitValues, ClusterNode } from 'rtspool/cluster'

/** Returns the present limits of a server on sessions and connections. */
export function serverLimits({ pool, connectionLimits }: RtspServer) {
  const { limits } = pool
  return {
    maxSessions: limits.maxSessions,
    maxSessionsPerAddress: limits.maxSessionsPerAddress,
    maxSessionsPerUser: limits.maxSessionsPerUser,
    maxSessionsPerPath: limits.maxSessionsPerPath,
    maxSessionsPerGroup: { ...limits.maxSessionsPerGroup },
    maxIdleSetup: limits.maxIdleSetup,
    maxLifetime: limits.maxLifetime,
    ...connectionLimits,
  }
}

/**
 * Changes all given limits of a server, or none.
 *
 * @throws {RangeError | TypeError} when the library refuses a limit.
 */
export function changeServerLimits(rtsp: RtspServer, changes: ClusterLimitValues): void {
  const { maxConnections, maxConnectionsPerAddress, ...ofPool } = changes
  const before = rtsp.pool.limits
  try {
    rtsp.pool.setLimits(ofPool)
    rtsp.update({ maxConnections, maxConnectionsPerAddress })
  } catch (error) {
    rtsp.pool.setLimits(before)
    throw error
  }
}

/** Server whose limits the cluster changes. */
interface FollowingServer {
  readonly rtsp: RtspServer
  /** Changes of the server's settings, one after the other. */
  readonly reloader: { inTurn(change: () => void): Promise<void> }
  readonly log: Pick<Logger, 'info'>
  /** Returns the feed that gets an event for each change; `undefined` = none. */
  feed():
    | { publish(type: 'limitsChanged', facts: Readonly<Record<string, unknown>>): void }
    | undefined
}

/** Lets all servers of a cluster change the limits of one. */
export function followLimits(
  { limits }: Pick<ClusterNode, 'limits'>,
  { rtsp, reloader, log, feed }: FollowingServer,
): void {
  limits.provide((changes) =>
    reloader.inTurn(() => {
      changeServerLimits(rtsp, changes)
      log.info({ changes }, 'limits changed for the cluster')
      feed()?.publish('limitsChanged', { limits: serverLimits(rtsp) })
    }),
  )
}
