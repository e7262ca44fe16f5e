import { SessionPool } from 'rtspool'
import { ClusterNode, MemoryStore } from 'rtspool/cluster'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ControlledServer } from '../../src/api/controlled-server.js'
import type { Caller } from '../../src/api/operation.js'
import { operations } from '../../src/api/routes.js'

const publicId = 'A'.repeat(22)
const silent = { tag: '0a1b2c3d', name: 'two', why: 'silent' as const }

/** A server in a cluster whose answers a test chooses, and a function that calls an operation. */
function clusterServer() {
  const pool = new SessionPool()
  const node = new ClusterNode({ store: new MemoryStore() })
  onTestFinished(async () => {
    pool.close()
    await node.close()
  })
  const elsewhere = () => {
    const session = pool.create({ path: '/cam', owner: { address: '192.0.2.1', user: 'ann' } })
    const summary = { ...session.toJSON(), publicId, queuedBytes: 7 }
    pool.remove(session, 'kicked')
    return { ...summary, node: { tag: '4e5f6a7b', name: 'three' } }
  }
  const pulls = [
    { path: '/x', from: '4e5f6a7b', state: 'playing' },
    { path: '/z', from: '4e5f6a7b', state: 'waiting' },
  ]
  const parts = { rtsp: { pool }, cluster: node, clusterPulls: () => pulls }
  const server = parts as unknown as ControlledServer
  const caller = { token: { name: 'operator' } } as Caller
  const call = async (id: string, input: object = {}) => {
    const operation = operations.find((each) => each.id === id)
    return await operation?.handle(
      { server, caller },
      { params: {}, query: {}, body: {}, ...input },
    )
  }
  return { pool, node, call, elsewhere }
}

describe('an operation in a cluster', () => {
  it('lists streams of all servers, pulls of this one, and those that wait for a stream', async () => {
    const { node, call } = clusterServer()
    const stream = { tag: '4e5f6a7b', fence: 1, info: '{}' }
    vi.spyOn(node.streams, 'list').mockReturnValue([
      { path: '/x', ...stream },
      { path: '/y', ...stream },
    ])
    expect(await call('getCluster')).toMatchObject({
      state: 'joining',
      streams: [
        { path: '/x', server: '4e5f6a7b', pull: 'playing' },
        { path: '/y', server: '4e5f6a7b', pull: undefined },
        { path: '/z', server: '4e5f6a7b', pull: 'waiting' },
      ],
    })
  })

  it('ends a session of another server, with a ban by the caller', async () => {
    const { node, call, elsewhere } = clusterServer()
    const kick = vi.spyOn(node.sessions, 'kick')
    kick.mockResolvedValue({ count: 1, sessions: [elsewhere()], unheard: [] })
    const body = { reason: 'enough', ban: { seconds: 60 } }
    expect(await call('kickSession', { params: { publicId }, body })).toMatchObject({
      ...{ publicId, queuedBytes: 7, node: { tag: '4e5f6a7b', name: 'three' } },
    })
    expect(kick.mock.calls).toEqual([
      [{ publicId }, { reason: 'enough', ban: { seconds: 60, author: 'operator' } }],
    ])
  })

  it('claims nothing of a session that a silent server may have', async () => {
    const { node, call } = clusterServer()
    const kick = vi.spyOn(node.sessions, 'kick')
    kick.mockResolvedValueOnce({ count: 0, sessions: [], unheard: [silent] })
    await expect(call('kickSession', { params: { publicId } })).rejects.toMatchObject({
      ...{ problem: 'conflict', message: expect.stringContaining('not heard: two (silent)') },
    })
    kick.mockResolvedValueOnce({ count: 0, sessions: [], unheard: [] })
    const problem = { problem: 'not-found' }
    await expect(call('kickSession', { params: { publicId } })).rejects.toMatchObject(problem)
  })

  it('ends nobody when the number of sessions is another one than expected', async () => {
    const { node, call, elsewhere } = clusterServer()
    const kick = vi.spyOn(node.sessions, 'kick')
    const counted = { count: 1, sessions: [elsewhere()], unheard: [] }
    kick.mockResolvedValue(counted)
    const filter = { user: 'ann' }
    const problem = { problem: 'conflict' }
    const wrong = call('kickSessions', { body: { filter, expectedCount: 3 } })
    await expect(wrong).rejects.toMatchObject(problem)
    expect(kick.mock.calls).toEqual([[filter, { dryRun: true }]])
    kick.mockResolvedValueOnce({ ...counted, unheard: [silent] })
    const unsure = call('kickSessions', { body: { filter, expectedCount: 1 } })
    const message = 'would end now: 1, expected: 1; not heard: two (silent)'
    await expect(unsure).rejects.toMatchObject({
      ...{ ...problem, message: expect.stringContaining(message) },
    })
    expect(kick).toHaveBeenCalledTimes(2)
    kick.mockResolvedValueOnce(counted).mockResolvedValueOnce({ ...counted, unheard: [silent] })
    const result = await call('kickSessions', { body: { filter, expectedCount: 1 } })
    expect(result).toEqual({ count: 1, dryRun: false, sessions: [publicId], unheard: [silent] })
    // A session that came after the count stays.
    expect(kick.mock.calls.slice(2).map(([, options]) => options)).toEqual([
      { dryRun: true },
      { only: [publicId] },
    ])
  })

  it('ends all of a filter where so many were counted that their ids have no room', async () => {
    const { node, call, elsewhere } = clusterServer()
    const kick = vi.spyOn(node.sessions, 'kick')
    kick.mockResolvedValue({ count: 1001, sessions: [elsewhere()], unheard: [] })
    await call('kickSessions', { body: { filter: { user: 'ann' }, expectedCount: 1001 } })
    expect(kick.mock.calls.map(([, options]) => options?.only)).toEqual([undefined, undefined])
  })

  it('reads a session of another server without its tracks', async () => {
    const { node, call, elsewhere } = clusterServer()
    // A page of a list may end before the session.
    const list = vi.spyOn(node.sessions, 'list')
    list.mockResolvedValue({ sessions: [], cursor: '4e5f6a7b:1', unheard: [] })
    const kick = vi.spyOn(node.sessions, 'kick')
    kick.mockResolvedValue({ count: 1, sessions: [elsewhere()], unheard: [silent] })
    const facts = { publicId, user: 'ann', streams: [], node: { name: 'three' } }
    expect(await call('getSession', { params: { publicId } })).toMatchObject(facts)
    expect(kick.mock.calls).toEqual([[{ publicId }, { dryRun: true }]])
    kick.mockResolvedValue({ count: 0, sessions: [], unheard: [silent] })
    await expect(call('getSession', { params: { publicId } })).rejects.toMatchObject({
      ...{ problem: 'not-found', message: expect.stringContaining('two (silent)') },
    })
  })

  it('lists the sessions of this server alone, if that is asked for', async () => {
    const { pool, node, call } = clusterServer()
    const list = vi.spyOn(node.sessions, 'list')
    list.mockResolvedValue({ sessions: [], cursor: '4e5f6a7b:1', unheard: [silent] })
    pool.create({ path: '/cam' })
    const own = (await call('listSessions', { query: { scope: 'server' } })) as {
      readonly sessions: readonly unknown[]
      readonly unheard?: unknown
    }
    expect([own.sessions.length, own.unheard]).toEqual([1, undefined])
    expect(await call('listSessions', { query: { user: 'ann' } })).toEqual({
      ...{ sessions: [], cursor: '4e5f6a7b:1', unheard: [silent] },
    })
    expect(list.mock.calls).toEqual([[{ user: 'ann', limit: 100 }]])
  })
})
