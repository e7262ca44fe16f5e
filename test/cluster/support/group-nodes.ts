import { ClusterNode } from '../../../packages/rtspool/src/cluster/cluster-node.js'
import { openRedisStore } from '../../../packages/rtspool/src/cluster/redis-client.js'
import { SessionPool } from '../../../packages/rtspool/src/session-pool/index.js'
import { eventually } from './redis-group.js'

/** Limit on the sessions of both nodes together. */
export const maxSessions = 12
const firstSessions = 3
const leaseMs = 6000

/** Starts a node, and joins it to its cluster. */
async function startNode(url: string, name: string) {
  const times = { leaseMs, graceMs: 6000, warmMs: 0 }
  const { store, close } = await openRedisStore({ url, timeoutMs: 500, ...times })
  const node = new ClusterNode({ store, name, leaseMs, beatMs: 200, flushMs: 100, waitMs: 500 })
  const pool = new SessionPool(node.poolOptions({ maxSessions }))
  const seen = { failures: 0, lost: 0 }
  node.on('storeFailed', () => seen.failures++)
  await node.start(pool)
  const enter = async () => pool.create(await pool.admit({ owner: { address: '192.0.2.1' } }))
  for (let n = 0; n < firstSessions; n++) await enter()
  pool.on('sessionRemoved', () => seen.lost++)
  return { store, node, pool, seen, enter, tag: node.tag, close }
}

/** Two nodes of a cluster in this process, with some sessions. */
export class GroupNodes {
  readonly all: Awaited<ReturnType<typeof startNode>>[] = []

  async start(url: string): Promise<void> {
    for (const name of ['a', 'b']) this.all.push(await startNode(url, name))
    await this.find()
    for (const { seen } of this.all) seen.failures = 0
  }

  /** Number of all sessions. */
  get sessions(): number {
    return this.all.reduce((sum, { pool }) => sum + pool.size, 0)
  }

  /** Number of sessions that have ended since the start. */
  get lost(): number {
    return this.all.reduce((sum, { seen }) => sum + seen.lost, 0)
  }

  /** Number of nodes that have another tag, because the store has taken them for dead or lost its data. */
  get renamed(): number {
    return this.all.filter(({ node, tag }) => node.tag !== tag).length
  }

  /**
   * Waits until each node has missed its Redis, has found it again, and Redis has what the nodes have.
   *
   * @returns Milliseconds that this took.
   */
  async missAndFind(): Promise<number> {
    const start = performance.now()
    await eventually('each node has missed its Redis', async () =>
      this.all.every(({ seen }) => seen.failures > 0),
    )
    await this.find()
    for (const { seen } of this.all) seen.failures = 0
    return performance.now() - start
  }

  /** Waits until Redis has what the nodes have: members, credits and sessions. */
  async find(): Promise<void> {
    await eventually('all nodes are members', async () =>
      this.all.every(({ node }) => node.state === 'active'),
    )
    await eventually('the store has what the nodes have', async () => {
      const credits = this.all.map(({ node }) => node.stats().credits)
      const [first] = this.all
      const { granted } = (await first?.store.usage('pool')) ?? {}
      if (granted !== credits.reduce((sum, count) => sum + count, 0)) return false
      for (const { store, node, pool } of this.all) {
        const listed = (await store.directory(node.tag)).map(({ publicId }) => publicId).sort()
        const live = [...pool.values()].map(({ publicId }) => publicId).sort()
        if (listed.join() !== live.join()) return false
      }
      return true
    })
  }

  /**
   * Creates as many sessions as the limit allows, and tries to create more. On a busy machine, a node may miss its Redis
   * meanwhile, and refuses then.
   *
   * @returns Number of all sessions.
   */
  async fill(): Promise<number> {
    const enterAll = async () => {
      for (const { enter } of this.all) await enter().catch(() => {})
    }
    await eventually('the nodes have as many sessions as the limit allows', async () => {
      await enterAll()
      return this.sessions >= maxSessions
    })
    await enterAll()
    await this.find()
    return this.sessions
  }

  async close(): Promise<void> {
    for (const { pool, node, close } of this.all.splice(0)) {
      pool.close()
      await node.close()
      close()
    }
  }
}
