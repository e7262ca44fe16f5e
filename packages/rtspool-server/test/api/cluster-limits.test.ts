import { SessionPool } from 'rtspool'
import { ClusterNode, MemoryStore } from 'rtspool/cluster'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ControlledServer } from '../../src/api/controlled-server.js'
import type { Caller } from '../../src/api/operation.js'
import { operations } from '../../src/api/routes.js'
import { startApi } from './api-scene.js'

const operation = operations.find(({ id }) => id === 'changeClusterLimits')

/** Server in a cluster that has not joined yet, and a function that calls the operation. */
function clusterServer() {
  const pool = new SessionPool()
  const node = new ClusterNode({ store: new MemoryStore() })
  onTestFinished(async () => {
    pool.close()
    await node.close()
  })
  const server = { rtsp: { pool }, cluster: node } as unknown as ControlledServer
  const caller = { token: { name: 'admin' } } as Caller
  const call = async (body: object) =>
    await operation?.handle({ server, caller }, { params: {}, query: {}, body })
  return { node, call }
}

describe('a change of limits in a cluster', () => {
  it('has the answer of each server, and names those that gave none', async () => {
    const { node, call } = clusterServer()
    const change = vi.spyOn(node.limits, 'change').mockResolvedValue({
      nodes: [
        { tag: 'aaaaaaaa', name: 'one', refusal: undefined },
        { tag: 'bbbbbbbb', name: 'two', refusal: 'no more than 5 here' },
      ],
      unheard: [{ tag: 'cccccccc', name: 'three', why: 'suspect' }],
    })
    expect(await call({ limits: { maxSessions: 7 }, node: 'one' })).toEqual({
      nodes: [
        { tag: 'aaaaaaaa', name: 'one', isChanged: true, refusal: undefined },
        { tag: 'bbbbbbbb', name: 'two', isChanged: false, refusal: 'no more than 5 here' },
      ],
      unheard: [{ tag: 'cccccccc', name: 'three', why: 'suspect' }],
    })
    expect(change.mock.calls).toEqual([[{ maxSessions: 7 }, { node: 'one' }]])
  })

  it('is refused with the reason of the server that is asked', async () => {
    const { node, call } = clusterServer()
    node.limits.provide(() => {
      throw new RangeError('maxSessions: too many')
    })
    await expect(call({ limits: { maxSessions: 7 } })).rejects.toMatchObject({
      ...{ problem: 'invalid-request', message: 'maxSessions: too many' },
    })
  })

  it('changes the limits of a server without a cluster, and no other one', async () => {
    const { api, server } = await startApi()
    const change = (body: object) => api.call('changeClusterLimits', { body })
    const limits = { maxSessions: 7, maxConnections: 70 }
    expect((await change({ limits })).body).toEqual({ nodes: [{ isChanged: true }] })
    expect([server.pool.limits.maxSessions, server.connectionLimits.maxConnections]).toEqual([
      7, 70,
    ])
    const other = await change({ limits, node: 'two' })
    expect([other.status, other.body.detail]).toEqual([400, 'this server belongs to no cluster'])
    for (const wrong of [{ limits: {} }, { limits: { maxSession: 1 } }, {}]) {
      expect((await change(wrong)).status).toBe(400)
    }
  })
})
