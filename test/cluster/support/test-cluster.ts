import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import type { RedisCommands } from '../../../packages/rtspool/src/cluster/redis/redis-connection.js'
import { RedisStore } from '../../../packages/rtspool/src/cluster/redis-store.js'
import type { HistoryEvent } from '../../../packages/rtspool/test/cluster/history/history.js'
import { settle } from '../../../packages/rtspool/test/support/until.js'
import { until } from '../../interop/support/process.js'
import { type RedisServer, startRedisServer } from '../../interop/support/redis-server.js'
import { users } from './judgement.js'
import { monotonicMs, NodeProcess, type NodeSettings } from './node-process.js'
import { TcpProxy } from './tcp-proxy.js'

/** Milliseconds between two looks at the credits in Redis. */
const lookMs = 100
const prefix = 'rtspool:{rtspool}:'

export interface ClusterSettings extends NodeSettings {
  readonly nodes: number
  /** Name or path of the server program. */
  readonly program: string
  readonly isAppendOnly: boolean
}

/** Nodes as processes, each behind its own proxy, and one server of Redis or Valkey that only they use. */
export class TestCluster {
  readonly redis: RedisServer
  readonly settings: ClusterSettings
  /** Nodes by their place; a restart puts a new process there. */
  readonly nodes: NodeProcess[] = []
  readonly #folder = mkdtempSync(join(tmpdir(), 'rtspool-nodes-'))
  readonly #all: NodeProcess[] = []
  readonly #own: HistoryEvent[] = []
  readonly #client: ReturnType<typeof createClient>
  #hasFilled = false
  #looks = 0
  #looking: Promise<void> | undefined
  #isStopped = false

  private constructor(redis: RedisServer, settings: ClusterSettings) {
    this.redis = redis
    this.settings = settings
    this.#client = createClient({
      disableOfflineQueue: true,
      socket: { path: redis.path, reconnectStrategy: () => 30 },
    })
    this.#client.on('error', () => {})
  }

  /** Starts server and nodes, and waits until all are members and may create sessions. */
  static async start(settings: ClusterSettings): Promise<TestCluster> {
    const { program, isAppendOnly } = settings
    const cluster = new TestCluster(await startRedisServer({ program, isAppendOnly }), settings)
    try {
      await cluster.#client.connect()
      for (let place = 0; place < settings.nodes; place++) {
        cluster.#startNode(place, await TcpProxy.start(cluster.redis.path))
      }
      await Promise.all(cluster.nodes.map((node) => node.ready()))
      cluster.#looking = cluster.#look()
      await settle(settings.times.warmMs + 500, 'an empty ledger grants nothing at first')
    } catch (error) {
      await cluster.stop()
      throw error
    }
    return cluster
  }

  /**
   * Waits until the nodes have as many sessions as the limit allows, and then lets sessions end. Only for nodes that fill
   * first: their numbers do not fall, so that together they have been as large.
   */
  async fill(withinMs: number): Promise<void> {
    const since = monotonicMs()
    let sum = 0
    while (monotonicMs() - since < withinMs) {
      const sizes = await Promise.all(this.nodes.map((node) => node.size()))
      sum = sizes.reduce((a, b) => a + b, 0)
      if (sum >= this.settings.maxSessions) break
      await settle(100, 'the nodes fill their limit')
    }
    const { maxSessions } = this.settings
    if (sum < maxSessions) throw new Error(`${sum} of ${maxSessions} sessions after ${withinMs} ms`)
    this.#hasFilled = true
    for (const node of this.nodes) node.go()
  }

  /** Starts a new process in the place of one that was killed, behind the same proxy. */
  restart(place: number): void {
    this.#startNode(place, (this.nodes[place] as NodeProcess).proxy)
  }

  /** Kills Redis and starts it again after `awayMs`, without its data or with those of its file. */
  async restartRedis(kept: 'nothing' | 'older', awayMs: number): Promise<void> {
    const at = monotonicMs()
    await this.redis.kill()
    if (awayMs > 0) await settle(awayMs, 'Redis is away')
    await this.redis.restart(kept === 'nothing')
    this.#own.push({ kind: 'restarted', at, readyAt: monotonicMs(), kept })
  }

  history(): HistoryEvent[] {
    const events = [...this.#own, ...this.#all.flatMap((node) => node.history())]
    return events.sort((a, b) => a.at - b.at)
  }

  /** Ends all faults and all changes. @returns Milliseconds until nodes, ledger and directory agree */
  async rest(withinMs: number): Promise<number> {
    for (const { proxy } of this.nodes) proxy.pass()
    this.redis.resume()
    for (const node of this.nodes) node.rest()
    const since = monotonicMs()
    let differences: readonly string[] = ['never looked']
    while (monotonicMs() - since < withinMs) {
      differences = await this.differences().catch((error: unknown) => [String(error)])
      if (differences.length === 0) return Math.round(monotonicMs() - since)
      await settle(200, 'the cluster comes to rest')
    }
    throw new Error(`no rest within ${withinMs} ms: ${differences.join('; ')}`)
  }

  /** Compares the nodes with the ledger, and looks for keys of nodes that are gone. */
  async differences(): Promise<string[]> {
    const store = new RedisStore({ client: this.#client as RedisCommands, ...this.#storeTimes })
    const facts = await Promise.all(this.nodes.map((node) => node.facts()))
    const rows = await store.nodes()
    const found: string[] = []
    const { maxSessions, maxOfUser } = this.settings
    const tags = facts.map(({ tag }) => tag).sort()
    const listed = rows.map(({ tag, state }) => `${tag} ${state}`).join()
    if (listed !== tags.map((tag) => `${tag} active`).join())
      found.push(`nodes ${listed}, not ${tags}`)
    const ofUsers = maxOfUser > 0 ? users : []
    const limits = [
      ['pool', maxSessions] as const,
      ...ofUsers.map((user) => [`user ${user}`, maxOfUser] as const),
    ]
    for (const [key, max] of limits) {
      const { granted, nodes } = await store.usage(key)
      const sum = Object.values(nodes).reduce((a, b) => a + b, 0)
      if (granted !== sum) found.push(`${granted} credits of ${key} granted, ${sum} held`)
      if (granted > max) found.push(`${granted} credits of ${key} granted, at most ${max}`)
      if (key !== 'pool') continue
      for (const { tag, credits } of facts) {
        const held = nodes[tag] ?? 0
        if (held !== credits) found.push(`${tag} holds ${credits} credits, the ledger has ${held}`)
      }
    }
    for (const { tag, ids, state, credits } of facts) {
      if (state !== 'active') found.push(`${tag} is ${state}`)
      // Under `keep`, a node that was cut off may have more sessions than the limit has room for.
      if (this.settings.policy === 'strict' && credits < ids.length) {
        found.push(`${tag} has ${ids.length} sessions, ${credits} credits`)
      }
      const directory = (await store.directory(tag)).map(({ publicId }) => publicId)
      if (directory.join() !== ids.join()) {
        found.push(`directory of ${tag}: ${directory.length} of ${ids.length} sessions`)
      }
      const live = rows.find((row) => row.tag === tag)?.live
      if (live !== ids.length) found.push(`${tag} has told ${live} of ${ids.length} sessions`)
    }
    for (const key of (await this.#client.sendCommand([
      'KEYS',
      `${prefix}*`,
    ])) as unknown as string[]) {
      const [, tag] = /^(?:sessions|credits|mail):([^:]+)/.exec(key.slice(prefix.length)) ?? []
      if (tag !== undefined && !tags.includes(tag)) found.push(`${key} is left`)
    }
    return found
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.redis.resume()
    await Promise.all(this.#all.map((node) => node.stop()))
    await this.#looking
    this.#client.destroy()
    await this.redis.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  get #storeTimes() {
    const { leaseMs, graceMs, warmMs } = this.settings.times
    return { leaseMs, graceMs, warmMs }
  }

  #startNode(place: number, proxy: TcpProxy): void {
    const name = `${'abcdef'[place]}${this.#all.length}`
    const settings = { ...this.settings, fillsFirst: this.settings.fillsFirst && !this.#hasFilled }
    const node = NodeProcess.start(name, {
      ...{ proxy, folder: this.#folder, seed: this.#all.length + 1, settings },
    })
    this.#all.push(node)
    this.nodes[place] = node
  }

  /** Reads the number of granted credits again and again, as a witness beside the nodes. */
  async #look(): Promise<void> {
    while (!this.#isStopped) {
      const id = `look${++this.#looks}`
      const call = { verb: 'look', request: { key: 'pool' } } as const
      this.#own.push({ kind: 'sent', at: monotonicMs(), node: 'witness', id, call })
      let isOver = false
      const asked = this.#client
        .sendCommand(['HGET', `${prefix}granted`, 'pool'])
        .then((granted) => {
          const reply = { granted: Number(granted ?? 0) }
          this.#own.push({ kind: 'answered', at: monotonicMs(), node: 'witness', id, reply })
        })
        .catch(() => {})
        .then(() => {
          isOver = true
        })
      await settle(lookMs, 'the witness looks now and then')
      // Redis may hang for long.
      if (!isOver && !(await until(() => isOver || this.#isStopped))) await asked
    }
  }
}
