import { describe, expect, it } from 'vitest'
import { ClusterNode } from '../../src/cluster/cluster-node.js'
import type { ClusterNodeState } from '../../src/cluster/cluster-node-state.js'
import { MemoryStore } from '../../src/cluster/memory-store.js'
import { NodeIdCodec } from '../../src/cluster/node-id-codec.js'
import { type Session, SessionPool } from '../../src/session-pool/index.js'
import { until } from '../support/until.js'
import { clusterScene } from './cluster-scene.js'

const sessionsOf = (answers: readonly (Session<object> | string)[]) =>
  answers.filter((answer) => typeof answer !== 'string')

describe('ClusterNode', () => {
  it('admits exactly as many sessions on all nodes as the limit allows', async () => {
    const { nodes } = await clusterScene({ pool: { maxSessions: 5 } })
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? nodes[0] : nodes[1]).enter()),
    )
    expect(sessionsOf(answers)).toHaveLength(5)
    expect(answers.filter((answer) => answer === 'maxSessions')).toHaveLength(7)
    expect(nodes[0].pool.size + nodes[1].pool.size).toBe(5)
  })

  it('gives the place of a session that leaves to a client that waits on another node', async () => {
    const { nodes, settle } = await clusterScene({ pool: { maxSessions: 2 }, spareCredits: 0 })
    await nodes[0].enter()
    await nodes[0].enter()
    const late = nodes[1].enter()
    await settle(300)
    const [first] = nodes[0].pool.values()
    if (first) nodes[0].pool.remove(first, 'teardown')
    expect(await late).not.toBeTypeOf('string')
    expect([nodes[0].pool.size, nodes[1].pool.size]).toEqual([1, 1])
  })

  it('leaves the place of a replaced session to the one that replaces it, however many wait', async () => {
    const { nodes, settle } = await clusterScene({ pool: { maxSessions: 1 } })
    const first = (await nodes[0].enter()) as Session<object>
    const late = nodes[0].enter()
    await settle(300)
    expect(await nodes[0].enter({ replaces: first })).not.toBeTypeOf('string')
    expect(await late).toBe('maxSessions')
  })

  it.each([
    { limit: 'maxSessionsPerUser', pool: { maxSessionsPerUser: 1 } },
    { limit: 'maxSessionsPerAddress', pool: { maxSessionsPerAddress: 1 } },
    { limit: 'maxSessionsPerPath', pool: { maxSessionsPerPath: 1 } },
    { limit: 'maxSessionsPerGroup', pool: { maxSessionsPerGroup: { plan: { free: 1 } } } },
  ])('counts $limit over all nodes', async ({ limit, pool }) => {
    const { nodes } = await clusterScene({ pool, waitMs: 600 })
    const context = {
      ...{ owner: { address: '192.0.2.7', user: 'ann' }, path: '/cam', groups: { plan: 'free' } },
    }
    const other = {
      ...{ owner: { address: '192.0.2.8', user: 'bob' }, path: '/yard', groups: { plan: 'paid' } },
    }
    expect(await nodes[0].enter(context)).not.toBeTypeOf('string')
    expect(await nodes[1].enter(context)).toBe(limit)
    expect(await nodes[1].enter(other)).not.toBeTypeOf('string')
  })

  it('has the credits of a dead node after its lease and grace, and records of its sessions', async () => {
    const { nodes, store, settle } = await clusterScene({ pool: { maxSessions: 2 }, waitMs: 100 })
    await nodes[0].enter({ path: '/cam' })
    await nodes[0].enter()
    await settle(300)
    nodes[0].isCut = true
    expect(await nodes[1].enter()).toBe('maxSessions')
    await settle(7500)
    expect(await nodes[1].enter()).toBe('maxSessions')
    await settle(3500)
    expect(await nodes[1].enter()).not.toBeTypeOf('string')
    const records = await store.removals()
    expect(records.map(({ reason }) => reason)).toEqual(['nodeLost', 'nodeLost'])
  })

  it('keeps its sessions and its credits while the store is away, and returns by itself', async () => {
    const { nodes, settle, clock } = await clusterScene({ nodes: 2, pool: { maxSessions: 9 } })
    const states: ClusterNodeState[] = []
    const failures: unknown[] = []
    nodes[0].node.on('stateChanged', (state) => states.push(state))
    nodes[0].node.on('storeFailed', (error) => failures.push(error))
    await nodes[0].enter()
    await settle(1000)
    for (const each of nodes) each.isCut = true
    await settle(60_000)
    expect([nodes[0].node.state, nodes[0].pool.size]).toEqual(['degraded', 1])
    // Two spare credits, and nobody waits for more.
    const since = clock.now()
    const answers = [await nodes[0].enter(), await nodes[0].enter(), await nodes[0].enter()]
    expect(sessionsOf(answers)).toHaveLength(2)
    expect(clock.now() - since).toBeLessThan(500)
    for (const each of nodes) each.isCut = false
    await settle(3000)
    expect([nodes[0].node.state, nodes[0].pool.size]).toEqual(['active', 3])
    expect(states).toEqual(['degraded', 'active'])
    // A delay of at least half a second between two attempts.
    expect(failures.length).toBeGreaterThan(40)
    expect(failures.length).toBeLessThan(130)
    const { storeAwayMs, ...stats } = nodes[0].node.stats()
    expect(stats).toMatchObject({ failures: failures.length, sessions: 3, joins: 1 })
    expect([storeAwayMs > 59_000, storeAwayMs < 64_000]).toEqual([true, true])
  })

  it('admits unknown clients while the store is away, and counts them when it is back', async () => {
    const limits = { maxSessions: 20, maxSessionsPerAddress: 3, maxSessionsPerUser: 1 }
    const { nodes, settle, store } = await clusterScene({
      pool: limits,
      overdraft: 2,
      spareCredits: 6,
    })
    await nodes[0].enter()
    await settle(1000)
    nodes[0].isCut = true
    await settle(600)
    const owner = { address: '192.0.2.9' }
    const answers = [await nodes[0].enter({ owner }), await nodes[0].enter({ owner })]
    expect(sessionsOf(answers)).toHaveLength(2)
    expect(await nodes[0].enter({ owner })).toBe('maxSessionsPerAddress')
    const ann = { ...owner, address: '192.0.2.10', user: 'ann' }
    expect(await nodes[0].enter({ owner: ann })).not.toBeTypeOf('string')
    expect(await nodes[0].enter({ owner: ann })).toBe('maxSessionsPerUser')
    expect(await nodes[1].enter({ owner: ann })).not.toBeTypeOf('string')
    nodes[0].isCut = false
    await settle(6000)
    expect(await store.usage('address 192.0.2.9')).toMatchObject({ granted: 2 })
    // The limit is exceeded by the session that was admitted meanwhile, which has no credit until the other one ends.
    expect(await store.usage('user ann')).toMatchObject({ granted: 1 })
    expect([nodes[0].pool.size, nodes[1].pool.size]).toEqual([4, 1])
    expect(await nodes[1].enter({ owner })).not.toBeTypeOf('string')
    expect(await nodes[1].enter({ owner })).toBe('maxSessionsPerAddress')
  })

  it('admits newcomers in the places of sessions that end while the store is away', async () => {
    const { nodes, settle, store } = await clusterScene({ pool: { maxSessions: 20 } })
    for (let n = 0; n < 10; n++) await nodes[0].enter()
    await settle(2000)
    nodes[0].isCut = true
    await settle(2000)
    for (const session of nodes[0].pool.values()) session.end('kicked')
    await settle(2000)
    for (let n = 0; n < 12; n++) expect(await nodes[0].enter()).not.toBeTypeOf('string')
    expect(await nodes[0].enter()).toBe('maxSessions')
    for (const session of nodes[0].pool.values()) session.end('kicked')
    nodes[0].isCut = false
    await settle(4000)
    expect(await store.usage('pool')).toMatchObject({ nodes: { [nodes[0].node.tag]: 2 } })
  })

  it('tells the failure before the state that it leads to', async () => {
    const { nodes, settle } = await clusterScene({ nodes: 1 })
    const told: string[] = []
    nodes[0].node.on('storeFailed', (error) => told.push(String(error)))
    nodes[0].node.on('stateChanged', (state) => told.push(state))
    nodes[0].isCut = true
    await settle(600)
    expect(told.slice(0, 2)).toEqual(['Error: the store is away', 'degraded'])
  })

  it('admits a client that waits when the store goes away', async () => {
    const pool = { maxSessionsPerUser: 2 }
    const { nodes, settle, clock } = await clusterScene({ pool, waitMs: 60_000 })
    await settle(1000)
    nodes[0].isCut = true
    const since = clock.now()
    expect(await nodes[0].enter({ owner: { address: '192.0.2.9', user: 'ann' } })).not.toBeTypeOf(
      'string',
    )
    expect(clock.now() - since).toBeLessThan(1500)
  })

  it('ends all sessions under strict before the lease is over, and admits none until it returns', async () => {
    const { nodes, settle } = await clusterScene({ policy: 'strict', pool: { maxSessions: 9 } })
    const reasons: string[] = []
    nodes[0].pool.on('sessionRemoved', (_, reason) => reasons.push(reason))
    await nodes[0].enter()
    await nodes[0].enter()
    await settle(1000)
    nodes[0].isCut = true
    await settle(2000)
    expect(nodes[0].pool.size).toBe(2)
    await settle(800)
    expect([nodes[0].node.state, nodes[0].pool.size]).toEqual(['fenced', 0])
    expect(reasons).toEqual(['fenced', 'fenced'])
    expect(await nodes[0].enter()).toBe('maxSessions')
    nodes[0].isCut = false
    await settle(1500)
    expect(nodes[0].node.state).toBe('active')
    expect(await nodes[0].enter()).not.toBeTypeOf('string')
  })

  it('under strict, ends the sessions of a stalled process before it creates one', async () => {
    const { nodes, clock } = await clusterScene({ policy: 'strict', pool: { maxSessions: 9 } })
    const old = (await nodes[0].enter()) as Session<object>
    const owner = { address: '192.0.2.9' }
    const init = await nodes[0].pool.admit({ owner })
    clock.stall(20_000)
    expect(() => nodes[0].pool.create(init)).toThrow(/maxSessions/)
    expect([old.removalReason, nodes[0].pool.size]).toEqual(['fenced', 0])
  })

  it('applies bans of another node, and their ends, and sends those that it has had before', async () => {
    const { nodes, settle } = await clusterScene()
    const { publicId } = nodes[0].pool.bans.add({ user: 'eve', seconds: 60, reason: 'rude' })
    await settle(600)
    expect(nodes[1].pool.bans.get(publicId)).toMatchObject({ user: 'eve', reason: 'rude' })
    const eve = { address: '192.0.2.3', user: 'eve' }
    await expect(nodes[1].pool.admit({ owner: eve })).rejects.toMatchObject({ code: 'ERR_BANNED' })
    nodes[0].pool.bans.add({ user: 'eve', reason: 'very rude' })
    await settle(1200)
    expect(nodes[1].pool.bans.get(publicId)?.reason).toBe('very rude')
    nodes[1].pool.bans.remove(publicId)
    await settle(1200)
    expect([nodes[0].pool.bans.size, nodes[1].pool.bans.size]).toEqual([0, 0])
  })

  it('keeps one of two bans of the same client that two nodes add at once', async () => {
    const { nodes, settle } = await clusterScene()
    for (const { pool } of nodes) pool.bans.add({ address: '192.0.2.66' })
    await settle(2500)
    const [one] = nodes[0].pool.bans
    const [other] = nodes[1].pool.bans
    expect(one?.publicId).toBe(other?.publicId)
    if (one) nodes[0].pool.bans.remove(one.publicId)
    await settle(1200)
    expect([nodes[0].pool.bans.size, nodes[1].pool.bans.size]).toEqual([0, 0])
  })

  it('sends its bans when the store could not be reached before', async () => {
    const { nodes, settle } = await clusterScene()
    nodes[0].isCut = true
    const { publicId } = nodes[0].pool.bans.add({ path: '/cam' })
    nodes[0].pool.bans.add({ path: '/yard' })
    const [, yard] = nodes[0].pool.bans
    if (yard) nodes[0].pool.bans.remove(yard.publicId)
    await settle(1000)
    expect(nodes[1].pool.bans.size).toBe(0)
    nodes[0].isCut = false
    await settle(2500)
    expect([...nodes[1].pool.bans].map((ban) => ban.publicId)).toEqual([publicId])
  })

  it('restores directory, credits and bans of a store that has lost its data', async () => {
    const { nodes, store, settle } = await clusterScene({ pool: { maxSessions: 2 } })
    await nodes[0].enter({ path: '/cam' })
    nodes[1].pool.bans.add({ user: 'eve' })
    await settle(1200)
    store.clear()
    await settle(1500)
    const [entry] = await store.directory(nodes[0].node.tag)
    expect(entry?.value).toContain('/cam')
    expect((await store.usage('pool')).nodes[nodes[0].node.tag]).toBeGreaterThan(0)
    expect(await store.bans()).toHaveLength(1)
    expect(nodes.map(({ pool }) => pool.size)).toEqual([1, 0])
  })

  it('notes removals with their reasons within the time of a batch', async () => {
    const { nodes, store, settle } = await clusterScene()
    const owner = { address: '192.0.2.1', user: 'ann' }
    const session = (await nodes[0].enter({ owner, path: '/cam' })) as Session<object>
    await settle(150)
    expect(await store.directory(nodes[0].node.tag)).toHaveLength(1)
    nodes[0].pool.remove(session, 'kicked')
    await settle(150)
    const [record] = await store.removals()
    expect(record).toMatchObject({ publicId: session.publicId, reason: 'kicked' })
    expect(record?.value).toMatch(/^\["\/cam","ann","192.0.2.1",\d+\]$/)
  })

  it('leaves records of sessions that have waited for the store, but none of shorter ones', async () => {
    const { nodes, store, settle } = await clusterScene({ pool: { maxSessions: 9 } })
    const [{ node, pool }] = nodes
    pool.remove((await nodes[0].enter()) as Session<object>, 'teardown')
    await settle(300)
    expect([await store.removals(), await store.directory(node.tag)]).toEqual([[], []])
    nodes[0].isCut = true
    const session = (await nodes[0].enter()) as Session<object>
    await settle(3000)
    expect(node.stats().sessions).toBe(1)
    pool.remove(session, 'kicked')
    nodes[0].isCut = false
    await settle(3000)
    const { publicId } = session
    expect(await store.removals()).toMatchObject([{ publicId, reason: 'kicked' }])
    expect([node.stats().sessions, node.stats().droppedRemovals]).toEqual([0, 0])
  })

  it('returns its credits when it is closed, and admits nobody afterwards', async () => {
    const { nodes, store, settle } = await clusterScene({ pool: { maxSessions: 2 } })
    await nodes[0].enter()
    await nodes[0].enter()
    await settle(150)
    nodes[0].pool.kick(() => true)
    await nodes[0].node.close()
    expect((await store.usage('pool')).nodes[nodes[0].node.tag]).toBeUndefined()
    expect((await store.removals()).map(({ reason }) => reason)).toEqual(['kicked', 'kicked'])
    expect(nodes[0].node.state).toBe('closed')
    expect(await nodes[0].enter()).toBe('admissionControl')
    expect(sessionsOf([await nodes[1].enter(), await nodes[1].enter()])).toHaveLength(2)
    await settle(100)
  })

  it('ends waits when the client has gone, or the node closes', async () => {
    const { nodes, settle } = await clusterScene({ pool: { maxSessions: 1 }, waitMs: 60_000 })
    await nodes[0].enter()
    const gone = new AbortController()
    const first = nodes[1].enter({ signal: gone.signal })
    const second = nodes[1].enter()
    await settle(200)
    expect(nodes[1].node.stats().waiting).toBe(2)
    gone.abort()
    expect(await first).toBe('maxSessions')
    const closed = nodes[1].node.close()
    expect(await second).toBe('admissionControl')
    await closed
  })

  it('asks the hook of the application first, and reserves nothing for a client that it refuses', async () => {
    const { nodes } = await clusterScene({
      pool: { maxSessions: 1, onAdmit: ({ path }) => path !== '/secret' },
    })
    expect(await nodes[0].enter({ path: '/secret' })).toBe('onAdmit')
    expect(nodes[0].node.stats().waiting).toBe(0)
    expect(await nodes[1].enter({ path: '/cam' })).not.toBeTypeOf('string')
  })

  it('frees credits that were reserved for a session which was never created', async () => {
    const { nodes, settle } = await clusterScene({ pool: { maxSessions: 1 } })
    void nodes[0].pool.admit({ owner: { address: '192.0.2.1' } })
    await settle(500)
    await settle(5500)
    expect(await nodes[1].enter()).not.toBeTypeOf('string')
  })

  it('starts when the store can be reached, and until then keeps trying', async () => {
    const { nodes, clock, store, pass } = await clusterScene({ nodes: 2 })
    let isAway = true
    const late = new ClusterNode({
      ...{ clock, leaseMs: 3000, beatMs: 500 },
      store: new Proxy(store, {
        get: (target, name) => {
          const member = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>
          return async (...args: unknown[]) => {
            if (isAway) throw new Error('away')
            return await member.apply(target, args)
          }
        },
      }),
    })
    let isStarted = false
    void late.start(nodes[0].pool).then(() => (isStarted = true))
    await until(() => late.stats().failures > 3, pass)
    expect([late.state, isStarted]).toEqual(['joining', false])
    isAway = false
    await until(() => isStarted, pass)
    expect(late.state).toBe('active')
    await late.close()
  })

  it('makes ids that name the node to nodes with the same key', async () => {
    const idKeys = [new Uint8Array(32)]
    const node = new ClusterNode({ store: new MemoryStore(), idKeys })
    const id = node.poolOptions({}).idCodec?.createId() ?? ''
    expect(new NodeIdCodec(idKeys, () => '').tagOf(id)).toBe(node.tag)
    await node.close()
    expect(node.state).toBe('closed')
    await expect(node.start(new SessionPool())).rejects.toThrow(/once/)
  })

  it('knows the other node of an id without the store, until that node has left', async () => {
    const { nodes, settle } = await clusterScene({
      idKeys: [new Uint8Array(32)],
      address: 'rtsp://h',
    })
    const [a, b] = nodes
    await settle(1000)
    const session = (await a.enter()) as Session<object>
    b.isCut = true
    const owner = { tag: a.node.tag, name: 'node 1', address: 'rtsp://h' }
    expect(b.node.peers.ownerOf(session.id)).toMatchObject(owner)
    expect(a.node.peers.ownerOf(session.id)).toBeUndefined()
    expect(b.node.peers.ownerOf('x'.repeat(32))).toBeUndefined()
    b.isCut = false
    a.pool.close()
    void a.node.close()
    await settle(2000)
    expect(b.node.peers.ownerOf(session.id)).toBeUndefined()
  })
})
