import { describe, expect, it } from 'vitest'
import { ClusterNode } from '../../../src/cluster/cluster-node.js'
import { MemoryStore } from '../../../src/cluster/memory-store.js'
import { SessionPool } from '../../../src/session-pool/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { until } from '../../support/until.js'
import { clusterScene } from '../cluster-scene.js'

/** Three nodes with two viewers each, `ann` and `bob`. */
async function threeNodes() {
  const scene = await clusterScene({ nodes: 3 })
  for (const { enter } of scene.nodes) {
    for (const user of ['ann', 'bob']) {
      await enter({ owner: { address: '192.0.2.1', user }, path: '/cam' })
      // The times of creation differ.
      await scene.settle(25)
    }
  }
  const [first, second, third] = scene.nodes
  const answerOf = async <T>(promise: Promise<T>): Promise<T> => {
    let answer: { readonly value: T } | { readonly error: unknown } | undefined
    promise.then(
      (value) => (answer = { value }),
      (error: unknown) => (answer = { error }),
    )
    await until(() => answer !== undefined, scene.pass)
    return await promise
  }
  return { ...scene, nodes: [first, second, third as typeof first] as const, answerOf }
}

const ownersOf = (
  sessions: readonly {
    readonly node: { readonly name: string | undefined }
    readonly owner: { readonly user?: string | undefined } | undefined
  }[],
) => sessions.map(({ node, owner }) => `${node.name} ${owner?.user}`)

describe('ClusterSessions', () => {
  it('lists the sessions of all nodes from each node, the oldest first, page by page', async () => {
    const { nodes, answerOf } = await threeNodes()
    const expected = ['node 1', 'node 2', 'node 3'].flatMap((name) => [
      `${name} ann`,
      `${name} bob`,
    ])
    for (const { node } of nodes) {
      const { sessions, cursor, unheard } = await answerOf(node.sessions.list())
      expect([ownersOf(sessions), cursor, unheard]).toEqual([expected, undefined, []])
    }
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = await answerOf(nodes[1].node.sessions.list({ limit: 4, cursor }))
      found.push(...ownersOf(page.sessions))
      cursor = page.cursor
    } while (cursor !== undefined)
    expect(found).toEqual(expected)
    const newest = await answerOf(
      nodes[0].node.sessions.list({ user: 'bob', sort: 'age', order: 'ascending' }),
    )
    expect(ownersOf(newest.sessions)).toEqual(['node 3 bob', 'node 2 bob', 'node 1 bob'])
  })

  it('counts the sessions of each node, and those of a user', async () => {
    const { nodes, answerOf } = await threeNodes()
    const { total, nodes: counts } = await answerOf(nodes[2].node.sessions.count())
    expect([total, counts.map(({ sessions }) => sessions)]).toEqual([6, [2, 2, 2]])
    expect((await answerOf(nodes[2].node.sessions.count({ user: 'ann' }))).total).toBe(3)
  })

  it('ends the sessions of a user on all nodes, with a ban that all nodes have', async () => {
    const { nodes, answerOf, settle } = await threeNodes()
    const reasons: unknown[] = []
    nodes[1].pool.on('sessionRemoved', (session, reason) =>
      reasons.push(reason, session.removalNote),
    )
    const terms = { reason: 'too long', ban: { seconds: 60, author: 'operator' } }
    const dry = await answerOf(nodes[0].node.sessions.kick({ user: 'ann' }, { dryRun: true }))
    expect([dry.count, nodes.map(({ pool }) => pool.size)]).toEqual([3, [2, 2, 2]])
    const kick = await answerOf(nodes[0].node.sessions.kick({ user: 'ann' }, terms))
    expect([kick.count, kick.unheard, reasons]).toEqual([3, [], ['kicked', 'too long']])
    expect(ownersOf(kick.sessions).sort()).toEqual(['node 1 ann', 'node 2 ann', 'node 3 ann'])
    expect(nodes.map(({ pool }) => pool.size)).toEqual([1, 1, 1])
    await settle(1500)
    expect(nodes.map(({ pool }) => [...pool.bans].map(({ user }) => user))).toEqual([
      ...[['ann'], ['ann'], ['ann']],
    ])
  })

  it('ends one session on another node, and only those that are named', async () => {
    const { nodes, answerOf } = await threeNodes()
    const [one] = [...nodes[2].pool.values()]
    const kick = await answerOf(nodes[0].node.sessions.kick({ publicId: one?.publicId }))
    expect([kick.count, nodes.map(({ pool }) => pool.size)]).toEqual([1, [2, 2, 1]])
    const only = [...nodes[1].pool.values()].slice(0, 1).map(({ publicId }) => publicId)
    const named = await answerOf(nodes[0].node.sessions.kick({ path: '/cam' }, { only }))
    expect([named.count, nodes.map(({ pool }) => pool.size)]).toEqual([1, [2, 1, 1]])
  })

  it('names the nodes that it has not heard, and drops a dead one', async () => {
    const { nodes, answerOf, settle } = await threeNodes()
    const { list } = nodes[0].node.sessions
    const unheard = async () => {
      const page = await answerOf(list.call(nodes[0].node.sessions))
      const missing = page.unheard.map(({ name, why }) => `${name} ${why}`)
      return [page.sessions.length, ...missing]
    }
    expect(await unheard()).toEqual([6])
    nodes[2].isCut = true
    expect(await unheard()).toEqual([4, 'node 3 silent'])
    await settle(3500)
    expect(await unheard()).toEqual([4, 'node 3 suspect'])
    await settle(7000)
    expect(await unheard()).toEqual([4])
  })

  it('waits no longer than 8 s, however rare the beats are', async () => {
    const { nodes, clock, pass } = await clusterScene({ leaseMs: 60_000, beatMs: 20_000 })
    nodes[1].isCut = true
    const since = clock.now()
    let why: unknown
    nodes[0].node.sessions.count().then(({ unheard }) => (why = unheard[0]?.why))
    await until(() => why !== undefined, pass)
    expect(why).toBe('silent')
    expect(clock.now() - since).toBeGreaterThanOrEqual(8000)
    expect(clock.now() - since).toBeLessThan(8500)
  })

  it('goes on with its own sessions while the store is away', async () => {
    const { nodes, answerOf, settle } = await threeNodes()
    // The next beat tells which nodes there are.
    await settle(600)
    for (const node of nodes) node.isCut = true
    const page = await answerOf(nodes[0].node.sessions.list())
    expect(ownersOf(page.sessions)).toEqual(['node 1 ann', 'node 1 bob'])
    expect(page.unheard.map(({ name, why }) => `${name} ${why}`).sort()).toEqual([
      ...['node 2 storeAway', 'node 3 storeAway'],
    ])
    expect((await answerOf(nodes[0].node.sessions.kick({ user: 'ann' }))).count).toBe(1)
  })

  it('does not claim that there are no others before it has reached the store', async () => {
    const clock = new ManualClock()
    const store = new MemoryStore({ clock })
    const isAway = () => Promise.reject(new Error('the store is away'))
    Object.assign(store, { join: isAway, nodes: isAway })
    const node = new ClusterNode({ store, clock })
    const pool = new SessionPool(node.poolOptions({ clock }))
    const started = node.start(pool)
    const { sessions, unheard } = await node.sessions.list()
    expect([sessions, unheard]).toEqual([
      ...[[], [{ tag: '', name: 'all other nodes', why: 'storeAway' }]],
    ])
    pool.close()
    await node.close()
    await started
  })

  it('reads the list of nodes again if that has failed after a change', async () => {
    const { nodes, store, clock, settle, pass } = await clusterScene()
    await settle(600)
    Object.assign(store, { nodes: () => Promise.reject(new Error('no reply')) })
    const late = new ClusterNode({ store, clock, name: 'late', leaseMs: 3000, beatMs: 500 })
    const pool = new SessionPool(late.poolOptions({ clock }))
    void late.start(pool)
    await settle(2000)
    const { sessions } = nodes[0].node
    const lateOnes = () => sessions.others.filter(({ name }) => name === 'late')
    expect([late.state, lateOnes()]).toEqual(['active', []])
    Reflect.deleteProperty(store, 'nodes')
    await settle(600)
    expect(lateOnes()).toMatchObject([{ tag: late.tag }])
    pool.close()
    let isClosed = false
    void late.close().then(() => (isClosed = true))
    await until(() => isClosed, pass)
  })

  it('refuses wrong queries, and too many ids, before it asks anybody', async () => {
    const { nodes, answerOf } = await threeNodes()
    const { sessions } = nodes[0].node
    await expect(answerOf(sessions.list({ limit: 0 }))).rejects.toThrow(RangeError)
    await expect(answerOf(sessions.list({ cursor: '!' }))).rejects.toThrow(RangeError)
    await expect(answerOf(sessions.kick({}))).rejects.toThrow(TypeError)
    const only = Array.from({ length: 1001 }, (_, n) => `${n}`)
    await expect(answerOf(sessions.kick({ user: 'ann' }, { only }))).rejects.toThrow(/got 1001/)
    expect(nodes.map(({ pool }) => pool.size)).toEqual([2, 2, 2])
  })

  it('needs a node that has been started', async () => {
    const node = new ClusterNode({ store: new MemoryStore() })
    await expect(node.sessions.count()).rejects.toThrow('expected a node that has been started')
    await node.close()
  })
})
