import { describe, expect, it } from 'vitest'
import type { ClusterLimitChange } from '../../src/cluster/cluster-limits.js'
import type { Session } from '../../src/session-pool/index.js'
import { until } from '../support/until.js'
import { clusterScene } from './cluster-scene.js'

/** Three nodes with one limit, and a function that waits for a change of it while time passes. */
async function limited(maxSessions: number, spareCredits = 2) {
  const scene = await clusterScene({ nodes: 3, pool: { maxSessions }, spareCredits })
  const [first, second, third] = scene.nodes as readonly Node[] as readonly [Node, Node, Node]
  const outcomeOf = async (promise: Promise<ClusterLimitChange>) => {
    let isOver = false
    const end = (): void => {
      isOver = true
    }
    promise.then(end, end)
    await until(() => isOver, scene.pass)
    const { nodes, unheard } = await promise
    const answers = nodes.map(({ name, refusal }) => [name, refusal ?? 'changed'])
    return [...answers, ...unheard.map(({ name, why }) => [name, why])].sort()
  }
  /** Lets a client come to each node and go, after which the node keeps idle credits. */
  const visitAll = async () => {
    for (const { enter, pool } of scene.nodes) {
      pool.remove((await enter()) as Session<object>, 'kicked')
    }
    await scene.settle(2000)
  }
  const credits = () => scene.nodes.map(({ node }) => node.stats().credits)
  const caps = () => scene.nodes.map(({ pool }) => pool.limits.maxSessions)
  return { ...scene, first, second, third, outcomeOf, caps, credits, visitAll }
}
const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
type Node = Awaited<ReturnType<typeof clusterScene>>['nodes'][number]

describe('ClusterLimits', () => {
  it('changes the limits of all nodes, each with its answer', async () => {
    const { first, outcomeOf, caps } = await limited(30)
    expect(await outcomeOf(first.node.limits.change({ maxSessions: 7 }))).toEqual([
      ['node 1', 'changed'],
      ['node 2', 'changed'],
      ['node 3', 'changed'],
    ])
    expect(caps()).toEqual([7, 7, 7])
  })

  it('names a node that cannot be reached, and one that refuses with its reason', async () => {
    const { first, second, third, outcomeOf, caps } = await limited(30)
    third.isCut = true
    second.node.limits.provide(() => {
      throw new RangeError('no more than 5 here')
    })
    expect(await outcomeOf(first.node.limits.change({ maxSessions: 7 }))).toEqual([
      ['node 1', 'changed'],
      ['node 2', 'no more than 5 here'],
      ['node 3', 'silent'],
    ])
    expect(caps()).toEqual([7, 30, 30])
  })

  it('asks no node for limits that the own one refuses', async () => {
    const { first, outcomeOf, caps } = await limited(30)
    const wrong = [{ maxSessions: -1 }, { maxSessions: 4, maxConnections: 3 }]
    for (const limits of wrong) {
      await expect(outcomeOf(first.node.limits.change(limits))).rejects.toThrow(/maxSessions|known/)
    }
    expect(caps()).toEqual([30, 30, 30])
  })

  it('changes one node by its name or tag, and finds no other', async () => {
    const { first, second, outcomeOf, caps } = await limited(30)
    const { limits } = first.node
    const terms = { node: 'node 2' }
    expect(await outcomeOf(limits.change({ maxSessions: 9 }, terms))).toEqual([
      ['node 2', 'changed'],
    ])
    const byTag = { node: first.node.tag }
    expect(await outcomeOf(limits.change({ maxSessions: 8 }, byTag))).toEqual([
      ['node 1', 'changed'],
    ])
    // The node that is asked checks limits which its asker does not use.
    const wrong = await outcomeOf(limits.change({ maxSessions: -1 }, { node: second.node.tag }))
    expect(wrong).toEqual([['node 2', expect.stringContaining('maxSessions')]])
    const unknown = outcomeOf(limits.change({ maxSessions: 1 }, { node: 'node 9' }))
    await expect(unknown).rejects.toThrow('no node has the tag or name node 9')
    expect(caps()).toEqual([8, 9, 30])
  })

  it('holds a lower cap over the cluster, although each node had idle credits', async () => {
    const { first, nodes, outcomeOf, settle, credits, visitAll } = await limited(30, 8)
    await visitAll()
    expect(credits()).toEqual([8, 8, 8])
    await outcomeOf(first.node.limits.change({ maxSessions: 10 }))
    await settle(2000)
    expect(sumOf(credits())).toBeLessThanOrEqual(10)
    const entered: unknown[] = []
    for (let n = 0; n < 12; n++) entered.push(await (nodes[n % 3] as Node).enter())
    expect(entered.filter((each) => typeof each === 'object')).toHaveLength(10)
    expect(entered.slice(10)).toEqual(['maxSessions', 'maxSessions'])
  })

  it('grants up to a higher cap', async () => {
    const { first, nodes, outcomeOf } = await limited(2)
    const enter = async (count: number) => {
      const entered: unknown[] = []
      for (let n = 0; n < count; n++) entered.push(await (nodes[n % 3] as Node).enter())
      return entered.filter((each) => typeof each === 'object').length
    }
    expect(await enter(3)).toBe(2)
    await outcomeOf(first.node.limits.change({ maxSessions: 6 }))
    expect(await enter(6)).toBe(4)
  })

  it('tells the store of a limit that the pool alone has lowered', async () => {
    const { nodes, settle, credits } = await limited(30, 8)
    for (const { enter } of nodes) await enter()
    await settle(2000)
    expect(credits()).toEqual([9, 9, 9])
    for (const { pool } of nodes) pool.setLimits({ maxSessions: 6 })
    await settle(3000)
    expect(sumOf(credits())).toBeLessThanOrEqual(6)
  })

  it('gives back idle credits after a limit that was lowered while the store was away', async () => {
    const { nodes, outcomeOf, settle, credits, visitAll } = await limited(30, 8)
    await visitAll()
    for (const each of nodes) each.isCut = true
    await settle(1000)
    for (const { node } of nodes) await outcomeOf(node.limits.change({ maxSessions: 6 }))
    await settle(1000)
    for (const each of nodes) each.isCut = false
    await settle(4000)
    expect(sumOf(credits())).toBeLessThanOrEqual(6)
  })

  it('counts sessions of the time without a limit under a new one, on all nodes', async () => {
    const { first, second, third, outcomeOf, settle } = await limited(0)
    const [early] = [await first.enter(), await first.enter(), await second.enter()]
    await outcomeOf(first.node.limits.change({ maxSessions: 4 }))
    await settle(2000)
    expect([await third.enter(), await third.enter()]).toEqual([expect.anything(), 'maxSessions'])
    first.pool.remove(early as Session<object>, 'kicked')
    await settle(2000)
    expect(typeof (await second.enter())).toBe('object')
    expect(await first.enter()).toBe('maxSessions')
  })

  it('ends no session of the time without a limit but the one whose place a newcomer gets', async () => {
    const pool = { maxSessions: 0, fullPolicy: 'evictOldestIdle' as const }
    const { nodes, settle } = await clusterScene({ pool })
    const [{ pool: first, node, enter }] = nodes
    for (let n = 0; n < 5; n++) await enter()
    first.setLimits({ maxSessions: 10 })
    // The store knows nothing of the new limit.
    first.create()
    expect([first.size, node.stats().credits]).toEqual([5, 5])
    await settle(2000)
    first.create()
    expect(first.size).toBe(6)
    for (const session of first.values()) first.remove(session, 'kicked')
    await settle(8000)
    expect(node.stats().credits).toBeLessThanOrEqual(2)
  })
})
