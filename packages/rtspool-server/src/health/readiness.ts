import type { RtspServer } from 'rtspool'
import type { ClusterNode, PartitionPolicy } from 'rtspool/cluster'

/** Facts of a server on which its readiness depends. */
interface ReadinessFacts {
  readonly rtsp: Pick<RtspServer, 'pool' | 'connectionLimits' | 'stats' | 'isDraining'>
  /** Membership of the server in a cluster; `undefined` = none. */
  readonly cluster: Pick<ClusterNode, 'state'> | undefined
  /** Behaviour of the server while the store of its cluster is away. */
  readonly policy: PartitionPolicy
  /** True from the signal on that ends the server. */
  readonly isClosing: boolean
}

/**
 * Returns the reason why a balancer should send newcomers to other servers; `undefined` if the server is ready.
 *
 * Under the policy `keep` a server stays ready while the store of its cluster is away: it admits whom it has places for,
 * and the other servers are mostly no better off. Under `strict` it is about to end all sessions.
 */
export function whyNotReady({
  rtsp,
  cluster,
  policy,
  isClosing,
}: ReadinessFacts): string | undefined {
  if (isClosing) return 'the server is closing'
  if (rtsp.isDraining) return 'the server is draining'
  const { pool, connectionLimits } = rtsp
  const { connections, pressure } = rtsp.stats()
  const isOverloaded = pressure?.level === 'refusing' || pressure?.level === 'shedding'
  if (isOverloaded) return 'the server is overloaded'
  const { maxSessions } = pool.limits
  if (maxSessions > 0 && pool.size >= maxSessions) return 'the limit on sessions is reached'
  const { maxConnections } = connectionLimits
  // Connections that have sent nothing count as well.
  const isFull = maxConnections > 0 && connections >= maxConnections
  if (isFull) return 'the limit on connections is reached'
  return cluster && whyNoMember(cluster.state, policy)
}

/** Returns the reason why a member of a cluster admits nobody; `undefined` if it may admit newcomers. */
function whyNoMember(state: ClusterNode['state'], policy: PartitionPolicy): string | undefined {
  switch (state) {
    case 'active':
      return undefined
    case 'degraded':
      return policy === 'strict' ? 'the store of the cluster does not reply' : undefined
    case 'joining':
      return 'the server has not joined its cluster'
    case 'fenced':
      return 'the lease of the server in its cluster has expired'
    case 'closed':
      return 'the server has left its cluster'
  }
}
