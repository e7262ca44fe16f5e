import { onTestFinished } from 'vitest'
import { ClusterNode } from '../../src/cluster/cluster-node.js'
import type { ClusterNodeOptions } from '../../src/cluster/cluster-node-options.js'
import type { ClusterStore } from '../../src/cluster/cluster-store.js'
import { MemoryStore } from '../../src/cluster/memory-store.js'
import {
  type AdmitContext,
  type Session,
  SessionPool,
  type SessionPoolOptions,
} from '../../src/session-pool/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { advancing, until } from '../support/until.js'

/** Node of a scene, its pool, and a switch that takes the store away from the node. */
export interface SceneNode {
  readonly node: ClusterNode
  readonly pool: SessionPool<object>
  /** `true`: each request of the node to the store rejects. */
  isCut: boolean
  /** Admits and creates a session as a server does, while time passes. Resolves to the limit that refuses it. */
  enter(context?: Partial<AdmitContext<object>>): Promise<Session<object> | string>
}

/** Options of the nodes in a scene, and of their pools. */
interface ClusterSceneOptions extends Partial<Omit<ClusterNodeOptions, 'store' | 'clock'>> {
  readonly pool?: SessionPoolOptions<object>
  readonly nodes?: number
  /** Milliseconds after the first join in which the store grants nothing. */
  readonly warmMs?: number
}

const owners = { address: '192.0.2.1' }

/** A store whose requests reject while `isCut()`. */
function cuttable(store: ClusterStore, isCut: () => boolean): ClusterStore {
  return new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>
      return async (...args: unknown[]) => {
        if (isCut()) throw new Error('the store is away')
        return await member.apply(target, args)
      }
    },
  })
}

/** Several nodes with one store and one fake clock, which joined the cluster. After the test, nothing of them is left. */
export async function clusterScene({
  nodes = 2,
  pool = {},
  warmMs = 0,
  ...given
}: ClusterSceneOptions = {}) {
  const clock = new ManualClock()
  const times = { leaseMs: given.leaseMs ?? 3000, graceMs: 6000, warmMs }
  const store = new MemoryStore({ ...times, clock })
  const pass = advancing(clock, 25)
  const settle = (ms: number): Promise<void> => {
    const end = clock.now() + ms
    return until(() => clock.now() >= end, pass)
  }
  const create = (name: string): SceneNode => {
    const scene = { isCut: false }
    const node = new ClusterNode({
      ...{ name, clock, leaseMs: 3000, beatMs: 500, flushMs: 100, waitMs: 2000, spareCredits: 2 },
      ...given,
      store: cuttable(store, () => scene.isCut),
    })
    const ownPool: SessionPool<object> = new SessionPool(node.poolOptions({ clock, ...pool }))
    const enter = async (context: Partial<AdmitContext<object>> = {}) => {
      let answer: Session<object> | string | undefined
      // An owner object of its own for each client, as in a server.
      const owner = { ...owners, ...context.owner }
      ownPool
        .admit({ ...context, owner })
        .then((init) => ownPool.create(init))
        .then(
          (session) => (answer = session),
          (error) => (answer = (error as { context: { limit: string } }).context.limit),
        )
      await until(() => answer !== undefined, pass)
      return answer as unknown as Session<object> | string
    }
    return Object.assign(scene, { node, pool: ownPool, enter })
  }
  const all = Array.from({ length: nodes }, (_, n) => create(`node ${n + 1}`))
  onTestFinished(async () => {
    const closed = all.map(async ({ node, pool }) => {
      pool.close()
      await node.close()
    })
    let isClosed = false
    void Promise.all(closed).then(() => (isClosed = true))
    await until(() => isClosed, pass)
    if (clock.pendingTimers > 0) throw new Error(`${clock.pendingTimers} timers are left`)
  })
  for (const { node, pool } of all) {
    let isStarted = false
    void node.start(pool).then(() => (isStarted = true))
    await until(() => isStarted, pass)
  }
  return { clock, store, nodes: all as [SceneNode, SceneNode, ...SceneNode[]], settle, pass }
}
