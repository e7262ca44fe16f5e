import type { ClusterNode } from 'rtspool/cluster'
import { z } from 'zod'
import type { StreamPull } from '../../cluster/stream-pulls.js'
import { type Operation, operation } from '../operation.js'
import { count } from '../values.js'

const states = ['none', 'joining', 'active', 'degraded', 'fenced', 'closed'] as const

const nodeSchema = z.object({
  tag: z.string().describe('Name of the node from its start to its death'),
  name: z.string().optional(),
  state: z.enum(['active', 'suspect', 'dead']),
  sessions: count.describe('As of its last sign of life'),
})

const streamSchema = z.object({
  path: z.string(),
  server: z.string().describe('Tag of the server that has the publisher'),
  pull: z
    .enum(['idle', 'connecting', 'playing', 'stalled', 'waiting', 'failed'])
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
    return nodes.map(({ tag, name, state, live: sessions }) => ({ tag, name, state, sessions }))
  } catch {
    return undefined
  }
}
