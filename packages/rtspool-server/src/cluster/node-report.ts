import type { RtspServer } from 'rtspool'
import type { ClusterNode, ClusterNodeStats } from 'rtspool/cluster'
import type { StreamPull } from './stream-pulls.js'

/** Facts that a server tells the others of its cluster about itself. */
export interface NodeReport {
  readonly version: string
  readonly uptimeSeconds: number
  /** State of the server in the cluster. A server that could not reach the store would not be heard. */
  readonly state: ClusterNodeStats['state']
  readonly isDraining: boolean
  readonly sessions: number
  /** Sessions that play, and among them those of servers that pull a stream. */
  readonly viewers: number
  readonly publishers: number
  readonly credits: number
  readonly waiting: number
  readonly storeFailures: number
  readonly storeAwaySeconds: number
  readonly joins: number
  /** Streams that the server pulls from others, the first 100 of them. */
  readonly pulls: readonly StreamPull[]
  /** Number of all streams that the server pulls. */
  readonly pullCount: number
}

/** Maximum number of pulls in a report, so that it stays a short message. */
const maxPulls = 100
const msPerSecond = 1000

/** Server of which a report tells, and its membership. */
interface ReportingServer {
  readonly rtsp: Pick<RtspServer, 'pool' | 'isDraining'>
  readonly node: Pick<ClusterNode, 'stats'>
  readonly pulls: readonly StreamPull[]
  readonly version: string
}

/** Returns the present facts about this server. */
export function nodeReport({ rtsp, node, pulls, version }: ReportingServer): NodeReport {
  const { state, credits, waiting, failures, storeAwayMs, joins } = node.stats()
  const { pool, isDraining } = rtsp
  const counts = { Playing: 0, Recording: 0, Init: 0, Ready: 0 }
  for (const session of pool.values()) counts[session.state]++
  return {
    ...{ version, uptimeSeconds: process.uptime(), state, isDraining },
    ...{ sessions: pool.size, viewers: counts.Playing, publishers: counts.Recording },
    ...{ credits, waiting, storeFailures: failures, storeAwaySeconds: storeAwayMs / msPerSecond },
    ...{ joins, pulls: pulls.slice(0, maxPulls), pullCount: pulls.length },
  }
}
