import type { OverloadLevel } from 'rtspool'
import type { ClusterNodeState, PartitionPolicy } from 'rtspool/cluster'
import { expect, it } from 'vitest'
import { whyNotReady } from '../../src/health/readiness.js'

interface Facts {
  readonly sessions?: number
  readonly connections?: number
  readonly isDraining?: boolean
  readonly isClosing?: boolean
  readonly level?: OverloadLevel
  readonly state?: ClusterNodeState
  readonly policy?: PartitionPolicy
}

/** Reason of a server with limits of 3 sessions and 5 connections. */
function reasonOf({ isClosing = false, policy = 'keep', state, ...facts }: Facts) {
  const { sessions = 0, connections = 0, isDraining = false, level } = facts
  const rtsp = {
    pool: { size: sessions, limits: { maxSessions: 3 } },
    connectionLimits: { maxConnections: 5 },
    stats: () => ({ connections, pressure: level && { level } }),
    isDraining,
  }
  return whyNotReady({
    rtsp: rtsp as unknown as Parameters<typeof whyNotReady>[0]['rtsp'],
    cluster: state && { state },
    ...{ isClosing, policy },
  })
}

it.each<[Facts, string | undefined]>([
  [{ sessions: 2, connections: 4, level: 'saving' }, undefined],
  [{ isClosing: true }, 'the server is closing'],
  [{ isDraining: true }, 'the server is draining'],
  [{ level: 'refusing' }, 'the server is overloaded'],
  [{ level: 'shedding' }, 'the server is overloaded'],
  [{ sessions: 3 }, 'the limit on sessions is reached'],
  [{ connections: 5 }, 'the limit on connections is reached'],
  [{ state: 'active', policy: 'strict' }, undefined],
  [{ state: 'joining' }, 'the server has not joined its cluster'],
  [{ state: 'joining', policy: 'strict' }, 'the server has not joined its cluster'],
  // Its sessions live on, and it has places for some newcomers.
  [{ state: 'degraded' }, undefined],
  [{ state: 'degraded', policy: 'strict' }, 'the store of the cluster does not reply'],
  [{ state: 'fenced', policy: 'strict' }, 'the lease of the server in its cluster has expired'],
  [{ state: 'closed' }, 'the server has left its cluster'],
])('says of a server with %j why it is not ready: %s', (facts, reason) => {
  expect(reasonOf(facts)).toBe(reason)
})
