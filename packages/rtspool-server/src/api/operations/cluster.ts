import type { ClusterNode, ClusterReport } from 'rtspool/cluster'
import { z } from 'zod'
import type { StreamPull } from '../../cluster/stream-pulls.js'
import { unheardReason } from '../cluster-answers.js'
import { components } from '../components.js'
import { type Operation, operation } from '../operation.js'
import { count } from '../values.js'

const memberStates = ['joining', 'active', 'degraded', 'fenced', 'closed'] as const
const states = ['none', ...memberStates] as const
const pullStates = ['idle', 'connecting', 'playing', 'stalled', 'waiting', 'failed'] as const

const nodeSchema = z.object({
  tag: z.string().describe('Name of the node from its start to its death'),
  name: z.string().optional(),
  address: z.string().optional().describe('RTSP URL of the server for the others, if configured'),
  state: z.enum(['active', 'suspect', 'dead']),
  sessions: count.describe('As of its last sign of life'),
  protocol: count.describe('Version of its requests to other servers'),
})

const streamSchema = z.object({
  path: z.string(),
  server: z.string().describe('Tag of the server that has the publisher'),
  pull: z
    .enum(pullStates)
    .optional()
    .describe('State of the pull of this server from that one; absent without a pull'),
})

const clusterSchema = z.object({
  state: z.enum(states).describe('State of this server in its cluster; none without a cluster'),
  tag: z.string().optional().describe('Tag of this server'),
  sessions: count.describe('Sessions of this server'),
  credits: count
    .optional()
    .describe('Sessions that this server may have without asking the others'),
  waiting: count.optional().describe('Clients that wait for a place'),
  storeFailures: count.optional().describe('Requests to Redis that have failed'),
  streams: z
    .array(streamSchema)
    .optional()
    .describe('Streams of all servers, as this one knows them'),
  nodes: z.array(nodeSchema).optional().describe('Absent while Redis does not reply'),
})

/** Bounds of a report, which another program may have written: pulls, and characters of a path and of other texts. */
const maxPulls = 100
const maxPath = 1024
const maxText = 64

const pullSchema = z.object({
  path: z.string().max(maxPath),
  from: z.string().max(maxText).describe('Tag of the server from which the stream comes'),
  state: z.enum(pullStates),
  bytes: count.describe('Bytes of RTP so far'),
})

/** Schema of the facts that a server tells of itself. A server with another version may tell others. */
const reportSchema = z
  .object({
    version: z.string().max(maxText),
    uptimeSeconds: z.number().min(0),
    state: z.enum(memberStates).describe('State of the server in the cluster'),
    isDraining: z.boolean(),
    sessions: count,
    viewers: count.describe('Sessions that play, pulls by other servers among them'),
    publishers: count,
    credits: count.describe('Sessions that the server may have without asking the others'),
    waiting: count.describe('Clients that wait for a place'),
    storeFailures: count.describe('Requests to Redis that have failed'),
    storeAwaySeconds: z.number().min(0).describe('Seconds so far in which Redis has not replied'),
    joins: count.describe('Each one after the first followed a loss of data or of the lease'),
    pulls: z.array(pullSchema).max(maxPulls).describe('The first 100'),
    pullCount: count,
  })
  .register(components, { id: 'NodeReport' })

const mapNodeSchema = nodeSchema.omit({ sessions: true, protocol: true }).extend({
  state: z
    .enum(['active', 'suspect', 'dead', 'unknown'])
    .describe('As Redis has it; unknown while Redis does not reply'),
  report: reportSchema.optional().describe('Absent if the server has not answered'),
  why: unheardReason.optional().describe('Reason why the server has not answered'),
})

const mapSchema = z.object({
  state: z.enum(states).describe('State of this server in its cluster; none without a cluster'),
  tag: z.string().optional().describe('Tag of this server'),
  store: z
    .enum(['redis', 'parent'])
    .optional()
    .describe('Store of the cluster: Redis, or the parent of its processes'),
  nodes: z.array(mapNodeSchema).describe('All servers; empty without a cluster'),
  streams: z
    .array(streamSchema.omit({ pull: true }))
    .describe('Streams of all servers, as this one knows them'),
})
type MapNode = z.output<typeof mapNodeSchema>

/** Operations that tell about the cluster to which the server belongs. */
export const clusterOperations: readonly Operation[] = [
  operation({
    id: 'getCluster',
    method: 'get',
    path: '/v1/cluster',
    role: 'viewer',
    tag: 'status',
    summary: 'State of this server in its cluster, and all servers of the cluster; experimental',
    result: clusterSchema,
    handle: async ({ server: { cluster, clusterPulls, rtsp } }) => {
      if (cluster === undefined) return { state: 'none' as const, sessions: rtsp.pool.size }
      const { state, sessions, credits, waiting, failures } = cluster.stats()
      const nodes = await nodesOf(cluster)
      const streams = streamsOf(cluster, clusterPulls?.() ?? [])
      const counts = { sessions, credits, waiting, storeFailures: failures }
      return { state, tag: cluster.tag, ...counts, streams, nodes }
    },
  }),
  operation({
    id: 'getClusterMap',
    method: 'get',
    path: '/v1/cluster/map',
    role: 'viewer',
    tag: 'status',
    summary: 'What each server of the cluster tells of itself, and what it pulls; experimental',
    result: mapSchema,
    handle: async ({ server: { cluster, configuration } }) => {
      if (cluster === undefined) return { state: 'none' as const, nodes: [], streams: [] }
      const { processes } = configuration.reloader.current.config.cluster
      const store = processes > 1 ? ('parent' as const) : ('redis' as const)
      const streams = cluster.streams.list().map(({ path, tag: server }) => ({ path, server }))
      const nodes = await mapNodesOf(cluster)
      return { state: cluster.state, tag: cluster.tag, store, nodes, streams }
    },
  }),
]

/** Returns the streams of the cluster, and after them those that only a pull of this server still waits for. */
function streamsOf({ streams }: ClusterNode, pulls: readonly StreamPull[]) {
  const listed = streams.list().map(({ path, tag: server }) => ({
    ...{ path, server },
    pull: pulls.find((each) => each.path === path)?.state,
  }))
  const known = new Set(listed.map(({ path }) => path))
  const left = pulls.filter(({ path }) => !known.has(path))
  return [...listed, ...left.map(({ path, from: server, state: pull }) => ({ path, server, pull }))]
}

/** Returns the nodes of the cluster; `undefined` if the store does not reply. */
async function nodesOf(cluster: ClusterNode) {
  try {
    const nodes = await cluster.nodes()
    return nodes.map(({ live: sessions, ...node }) => ({ ...node, sessions }))
  } catch {
    return undefined
  }
}

/** Returns the nodes of the cluster that are alive as far as the store knows, and those that answer or should. */
async function mapNodesOf(cluster: ClusterNode): Promise<MapNode[]> {
  const [rows = [], { reports, unheard }] = await Promise.all([
    nodesOf(cluster),
    cluster.reports.list(),
  ])
  const heard = reports.map(({ tag, name, facts }) => ({ tag, name, ...reportOf(facts) }))
  const answers = new Map<string, Omit<MapNode, 'state'>>(
    [...heard, ...unheard].map((answer) => [answer.tag, answer]),
  )
  const listed = rows.map(({ tag, name, address, state }): MapNode => {
    const { report, why } = answers.get(tag) ?? {}
    return { tag, name, address, state, report, why }
  })
  const known = new Set(rows.map(({ tag }) => tag))
  const others = [...answers.values()].filter(({ tag }) => !known.has(tag))
  return [...listed, ...others.map((answer) => ({ ...answer, state: 'unknown' as const }))]
}

/**
 * Reads the facts that a server tells of itself. Facts of a version that this one does not understand are left out, and so
 * are pulls beyond the first 100 and those with longer paths.
 */
function reportOf(facts: ClusterReport['facts']): Pick<MapNode, 'report' | 'why'> {
  const { data } = reportSchema.safeParse(shortened(facts))
  return data ? { report: data } : { why: 'failed' }
}

/** Returns facts with no more pulls than a report may have. */
function shortened(facts: unknown): unknown {
  const { pulls } = (facts ?? {}) as { readonly pulls?: unknown }
  if (!Array.isArray(pulls)) return facts
  const isShort = (pull: unknown): boolean => {
    const { path } = (pull ?? {}) as { readonly path?: unknown }
    return typeof path !== 'string' || path.length <= maxPath
  }
  return { ...(facts as object), pulls: pulls.slice(0, maxPulls).filter(isShort) }
}
