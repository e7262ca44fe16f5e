import { ClusterNode, MemoryStore } from 'rtspool/cluster'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ControlledServer } from '../../src/api/controlled-server.js'
import type { Caller } from '../../src/api/operation.js'
import { operations } from '../../src/api/routes.js'

const facts = {
  ...{ version: '1.2.3', uptimeSeconds: 60, state: 'active', isDraining: false },
  ...{ sessions: 3, viewers: 2, publishers: 1, credits: 11, waiting: 0 },
  ...{ storeFailures: 0, storeAwaySeconds: 0, joins: 1, pullCount: 1 },
  pulls: [{ path: '/x', from: 'bbbbbbbb', state: 'playing', bytes: 7 }],
}
const row = { live: 3, protocol: 1, address: 'rtsp://10.0.0.7', state: 'active' as const }

async function mapOf(cluster: ClusterNode | undefined, processes = 1): Promise<unknown> {
  const operation = operations.find(({ id }) => id === 'getClusterMap')
  const reloader = { current: { config: { cluster: { processes } } } }
  const server = { cluster, configuration: { reloader } } as unknown as ControlledServer
  const caller = { token: { name: 'viewer' } } as Caller
  return await operation?.handle({ server, caller }, { params: {}, query: {}, body: {} })
}

function clusterNode(): ClusterNode {
  const node = new ClusterNode({ store: new MemoryStore() })
  onTestFinished(() => node.close())
  return node
}

describe('the map of a cluster', () => {
  it('has what each server tells of itself, and of others the reason only', async () => {
    const node = clusterNode()
    vi.spyOn(node, 'nodes').mockResolvedValue([
      { tag: 'aaaaaaaa', name: 'one', ...row },
      { tag: 'bbbbbbbb', name: 'two', ...row },
      { tag: 'cccccccc', name: 'three', ...row },
      { tag: 'dddddddd', name: 'four', ...row, state: 'suspect' },
    ])
    vi.spyOn(node.streams, 'list').mockReturnValue([
      { path: '/x', tag: 'bbbbbbbb', fence: 1, info: '{}' },
    ])
    vi.spyOn(node.reports, 'list').mockResolvedValue({
      reports: [
        { tag: 'aaaaaaaa', name: 'one', facts: { ...facts, later: 'unknown here' } },
        { tag: 'cccccccc', name: 'three', facts: { version: 'another' } },
      ],
      unheard: [
        { tag: 'bbbbbbbb', name: 'two', why: 'silent' },
        { tag: 'dddddddd', name: 'four', why: 'suspect' },
      ],
    })
    const { address, state } = row
    expect(await mapOf(node)).toEqual({
      ...{ state: 'joining', tag: node.tag, store: 'redis' },
      ...{ streams: [{ path: '/x', server: 'bbbbbbbb' }] },
      nodes: [
        { tag: 'aaaaaaaa', name: 'one', address, state, report: facts, why: undefined },
        { tag: 'bbbbbbbb', name: 'two', address, state, report: undefined, why: 'silent' },
        { tag: 'cccccccc', name: 'three', address, state, report: undefined, why: 'failed' },
        { tag: 'dddddddd', name: 'four', address, state: 'suspect', why: 'suspect' },
      ],
    })
  })

  it('names the servers that were known before the store went away', async () => {
    const node = clusterNode()
    vi.spyOn(node, 'nodes').mockRejectedValue(new Error('away'))
    vi.spyOn(node.reports, 'list').mockResolvedValue({
      reports: [{ tag: node.tag, name: 'one', facts: { ...facts, state: 'degraded' } }],
      unheard: [{ tag: 'bbbbbbbb', name: 'two', why: 'storeAway' }],
    })
    expect(await mapOf(node)).toMatchObject({
      nodes: [
        { tag: node.tag, name: 'one', state: 'unknown', report: { state: 'degraded' } },
        { tag: 'bbbbbbbb', name: 'two', state: 'unknown', why: 'storeAway' },
      ],
    })
  })

  it('takes no more of a report than a short message has', async () => {
    const node = clusterNode()
    const [pull] = facts.pulls
    const long = { ...pull, path: `/${'x'.repeat(5000)}` }
    const pulls = [long, ...Array.from({ length: 500 }, (_, n) => ({ ...pull, path: `/${n}` }))]
    const tell = async (changes: object) => {
      const reports = [{ tag: 'aaaaaaaa', name: 'one', facts: { ...facts, ...changes } }]
      vi.spyOn(node.reports, 'list').mockResolvedValue({ reports, unheard: [] })
      const { nodes } = (await mapOf(node, 4)) as { nodes: { report?: typeof facts }[] }
      return nodes.map(({ report, ...rest }) => ({ ...rest, paths: report?.pulls.length }))
    }
    const heard = { tag: 'aaaaaaaa', name: 'one', state: 'unknown' }
    expect(await tell({ pulls, pullCount: 501 })).toEqual([{ ...heard, paths: 99 }])
    for (const wrong of [
      { version: 'x'.repeat(65) },
      { pulls: [{ ...pull, from: 'x'.repeat(65) }] },
      { pulls: [null] },
    ]) {
      expect(await tell(wrong)).toEqual([{ ...heard, why: 'failed', paths: undefined }])
    }
    expect(await mapOf(node, 4)).toMatchObject({ store: 'parent' })
  })

  it('is empty without a cluster', async () => {
    expect(await mapOf(undefined)).toEqual({ state: 'none', nodes: [], streams: [] })
  })
})
