import type { MapNode, NodeReport, PullView } from '../../src/cluster/cluster-view.js'

/** A server of a cluster that has answered, with pulls from the servers with these tags. */
export function mapNode(
  tag: string,
  pulls: readonly Pick<PullView, 'path' | 'from'>[] = [],
  changes: Partial<NodeReport> = {},
): MapNode {
  const report = {
    ...{ version: '1.2.3', uptimeSeconds: 60, state: 'active', isDraining: false },
    ...{ sessions: 3, viewers: 2, publishers: 1, credits: 11, waiting: 0 },
    ...{ storeFailures: 0, storeAwaySeconds: 0, joins: 1, pullCount: pulls.length },
    pulls: pulls.map((pull) => ({ ...pull, state: 'playing', bytes: 7 })),
  }
  return { tag, name: `server ${tag}`, state: 'active', report: { ...report, ...changes } }
}
