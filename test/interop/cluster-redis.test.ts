import assert from 'node:assert/strict'
import { pathToFileURL } from 'node:url'
import { createClient } from '@redis/client'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type {
  ClusterStore,
  RemovalRecord,
} from '../../packages/rtspool/src/cluster/cluster-store.js'
import { MemoryStore } from '../../packages/rtspool/src/cluster/memory-store.js'
import type {
  IoredisCommands,
  RedisCommands,
} from '../../packages/rtspool/src/cluster/redis/redis-connection.js'
import {
  RedisStore,
  type RedisStoreOptions,
} from '../../packages/rtspool/src/cluster/redis-store.js'
import type { ClusterStoreOptions } from '../../packages/rtspool/src/cluster/store-options.js'
import { ManualClock } from '../../packages/rtspool/src/testing/manual-clock.js'
import {
  aloneKinds,
  checkModel,
  type ModelStore,
  modelKinds,
  modelTimes,
} from '../../packages/rtspool/test/cluster/model.js'
import { checkStreams, streamTimes } from '../../packages/rtspool/test/cluster/stream-model.js'
import { fuzzSeed } from '../../packages/rtspool/test/support/fuzz-runs.js'
import { nextTurn } from '../../packages/rtspool/test/support/until.js'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { type RedisServer, startRedisServer } from './support/redis-server.js'

// The same random histories on a MemoryStore and on a RedisStore with a real redis-server: every reply
// must be the same. The time of both is that of the model. `npm run test:cluster` does the same with Valkey, and with `ioredis`.

/** Name or path of the server program. */
const program = process.env.RTSPOOL_CLUSTER_PROGRAM ?? 'redis-server'
const missing = program === 'redis-server' ? reasonToSkip('redis-server') : undefined
if (missing !== undefined && process.env.CI === 'true') throw new Error(missing)
if (missing !== undefined) console.warn(`skipped: ${missing}`)

/** Path of the module `ioredis`, whose client the store then uses; `undefined` = that of `@redis/client`. */
const ioredis = process.env.RTSPOOL_CLUSTER_IOREDIS

/** Client with its functions for tests. */
interface TestClient {
  readonly client: RedisStoreOptions['client']
  flush(): Promise<unknown>
  close(): void
}

async function connectRedis(path: string): Promise<TestClient> {
  const client = createClient({ socket: { path, reconnectStrategy: false } })
  client.on('error', () => {})
  await client.connect()
  return {
    client: client as RedisCommands,
    flush: () => client.sendCommand(['FLUSHALL']),
    close: () => client.destroy(),
  }
}

async function connectIoredis(path: string, module: string): Promise<TestClient> {
  const { Redis } = (await import(pathToFileURL(module).href)) as { Redis: IoredisClass }
  const client = new Redis({ path, enableOfflineQueue: true, autoResendUnfulfilledCommands: false })
  return { client, flush: () => client.call('FLUSHALL', []), close: () => client.disconnect() }
}

type IoredisClass = new (options: object) => IoredisCommands & { disconnect(): void }

/** Number of histories of each kind: a command sets more. */
const runs = Number(process.env.RTSPOOL_CLUSTER_RUNS ?? 3)

/** Records by node and session: the order in which a dead node is emptied is that of each store. */
const inOrder = (records: readonly RemovalRecord[]) => ({
  serials: records.map(({ serial }) => serial),
  records: records
    .map(({ serial: _, ...record }) => record)
    .sort((a, b) => (`${a.tag} ${a.publicId}` < `${b.tag} ${b.publicId}` ? -1 : 1)),
})

/** Sends every request to both stores, and compares the replies. */
function bothOf(memory: MemoryStore, redis: RedisStore, clear: () => Promise<unknown>): ModelStore {
  const both =
    <Verb extends keyof ClusterStore>(verb: Verb, shape = (reply: unknown): unknown => reply) =>
    async (...args: unknown[]) => {
      const send = (store: ClusterStore) =>
        (store[verb] as (...args: unknown[]) => Promise<unknown>)(...args)
      const [expected, actual] = [await send(memory), await send(redis)]
      const context = `${verb} ${JSON.stringify(args)}`
      assert.deepStrictEqual(shape(actual), shape(expected), context)
      return expected as never
    }
  return {
    ...{ join: both('join'), beat: both('beat'), flush: both('flush'), reap: both('reap') },
    ...{ leave: both('leave'), ban: both('ban'), unban: both('unban'), bans: both('bans') },
    ...{ nodes: both('nodes'), usage: both('usage'), directory: both('directory') },
    ...{ send: both('send'), collect: both('collect') },
    ...{ publish: both('publish'), unpublish: both('unpublish'), streams: both('streams') },
    removals: both('removals', (reply) => inOrder(reply as RemovalRecord[])),
    async clear() {
      memory.clear()
      await clear()
    },
  }
}

describe.skipIf(missing !== undefined)('a RedisStore does what a MemoryStore does', () => {
  let server: RedisServer
  let client: TestClient

  beforeAll(async () => {
    server = await startRedisServer({ program })
    client = await (ioredis === undefined
      ? connectRedis(server.path)
      : connectIoredis(server.path, ioredis))
  })
  afterAll(async () => {
    client.close()
    await server.stop()
  })

  /** Two empty stores that get the same requests. */
  async function createStore(clock: ManualClock, options: ClusterStoreOptions) {
    const clear = () => client.flush()
    await clear()
    const redis = new RedisStore({
      ...options,
      client: client.client,
      timeoutMs: 10_000,
      unixTimeMs: () => clock.unixTimeMs(),
    })
    return bothOf(new MemoryStore({ ...options, clock }), redis, clear)
  }

  it('where random histories seldom go: lists that are full, and steps of a removal', async () => {
    const clock = new ManualClock()
    const sizes = { reapBatch: 2, maxRemovedBans: 1, maxCounters: 2 }
    const store = await createStore(clock, { ...modelTimes, ...sizes })
    const claims = ['pool', 'user a', 'user b', 'user c'].map((key) => ({ key, target: 1, max: 2 }))
    const epoch = `a-${clock.unixTimeMs()}`
    for (const tag of ['a', 'b']) await store.join({ tag, nonce: tag, info: '{}', claims })
    const answered = { answeredSeq: 0, answeredFlushSeq: 0 }
    const beat = (seq: number, banCursor = '') =>
      store.beat({ tag: 'a', epoch, seq, ...answered, live: 0, claims, banCursor })
    const first = await beat(1)
    for (let n = 0; n < 40; n++) {
      const durationMs = n % 2 === 0 ? 0 : 100 * n
      await store.ban({ publicId: `ban${n}`, record: `{"n":${n}}`, durationMs })
    }
    const second = await beat(2, first.status === 'ok' ? first.banCursor : '')
    for (const n of [0, 2, 4]) await store.unban(`ban${n}`)
    const reset = await beat(3, second.status === 'ok' ? second.banCursor : '')
    assert.equal(reset.status === 'ok' && reset.isBanReset, true)
    await beat(4, reset.status === 'ok' ? reset.banCursor : '')
    const puts = Array.from({ length: 5 }, (_, n) => ({
      publicId: `${n % 2}id${n}`,
      value: `${n}`,
    }))
    const events = ['x', 'y', 'z'].map((key) => ({ key, count: 2, windowMs: 1000 }))
    await store.flush({ tag: 'b', epoch, seq: 1, puts, removals: [], events })
    for (let seq = 5; seq < 20; seq++) {
      clock.advance(500)
      await beat(seq)
      await store.bans()
      const again = { tag: 'a', epoch, seq, puts: [], removals: [], events }
      await store.flush(again)
    }
    await store.ban({ publicId: 'late', record: '{}', durationMs: 1 })
    // Which credits and sessions of a dead node leave first is up to the store.
    for (let isDone = false; !isDone; ) {
      const reply = await store.reap({ tag: 'a', epoch, dead: 'b' })
      isDone = reply.status === 'ok' && reply.isDone
    }
    for (const { key } of claims) await store.usage(key)
    const records = await store.removals({ after: 0 })
    assert.equal(records.length, puts.length)
    const left = { publicId: 'left', value: '', reason: 'teardown' }
    const own = { tag: 'a', epoch, seq: 20, events: [] }
    await store.flush({ ...own, puts: [{ publicId: 'left', value: '' }], removals: [left] })
    assert.equal((await store.removals({ after: records.at(-1)?.serial }))[0]?.publicId, 'left')
    assert.equal((await store.removals({ limit: 1 }))[0]?.publicId, 'left')
    await store.leave({ tag: 'a', epoch })
    await store.nodes()
  })

  it('with mailboxes that are read, full, late, lost, and of a dead node', async () => {
    const clock = new ManualClock()
    const store = await createStore(clock, modelTimes)
    const epoch = `a-${clock.unixTimeMs()}`
    for (const tag of ['a', 'b']) await store.join({ tag, nonce: tag, info: '{}', claims: [] })
    const beat = async (seq: number) => {
      const own = { tag: 'a', epoch, live: 0, claims: [], banCursor: '' }
      return await store.beat({ ...own, seq, answeredSeq: seq - 1, answeredFlushSeq: 0 })
    }
    const collect = (done: number, tag = 'a') => store.collect?.({ tag, epoch, done })
    await beat(1)
    const text = '{"a":"line\\n\n "7 8 \u{1f4f7}"}'
    for (let n = 0; n < 20; n++) await store.send?.({ to: 'a', text: `${n} ${text}` })
    const reply = await beat(2)
    assert.equal(reply.status === 'ok' && reply.hasMail, true)
    clock.advance(700)
    for (const done of [0, 0, 3, 19, 20, 20]) await collect(done)
    await beat(3)
    for (let n = 0; n < 258; n++) {
      if (n === 2) clock.advance(100)
      await store.send?.({ to: 'a', text: `${n}` })
    }
    for (let n = 0; n < 11; n++) {
      clock.advance(900)
      await beat(4 + n)
      assert.notEqual(await store.send?.({ to: 'a', text: 'late' }), 'gone')
    }
    await collect(20)
    await store.send?.({ to: 'a', text: 'before an outage' })
    for (const ms of [60_000, -90_000]) {
      clock.jumpWallClock(ms)
      await collect(20)
    }
    await store.send?.({ to: 'a', text: 'after a step back' })
    assert.equal(await store.send?.({ to: 'b', text: 'late' }), 'gone')
    assert.deepStrictEqual(await collect(0, 'b'), { status: 'fenced' })
    assert.deepStrictEqual(await store.collect?.({ tag: 'a', epoch: 'x', done: 0 }), {
      status: 'epoch',
    })
    await store.reap({ tag: 'a', epoch, dead: 'b' })
    await store.send?.({ to: 'z', text: 'nobody' })
  })

  it('with joins that are repeated, and one that comes after everything else', async () => {
    const clock = new ManualClock()
    const store = await createStore(clock, modelTimes)
    const epoch = `a-${clock.unixTimeMs()}`
    const joinOf = (tag: string) => ({ tag, nonce: tag, info: '{}', claims: [] })
    for (const tag of ['a', 'b']) await store.join(joinOf(tag))
    const own = { tag: 'a', epoch, live: 0, claims: [], banCursor: '' }
    let seq = 0
    const pass = async () => {
      clock.advance(1000)
      await store.beat({ ...own, seq: ++seq, answeredSeq: seq - 1, answeredFlushSeq: 0 })
      return (await store.nodes())[1]?.state
    }
    for (let n = 0; n < 9; n++) {
      await store.join(joinOf('b'))
      assert.equal(await pass(), 'active')
    }
    for (let n = 0; n < 7; n++) await pass()
    assert.equal(await pass(), 'dead')
    await store.reap({ tag: 'a', epoch, dead: 'b' })
    assert.deepStrictEqual(await store.join(joinOf('b')), { status: 'taken' })
  })

  it('after a return with older data, which its nodes notice', async () => {
    for (const answered of [{ answeredSeq: 2 }, { answeredFlushSeq: 1 }, { tag: 'x' }]) {
      const clock = new ManualClock()
      const store = await createStore(clock, modelTimes)
      const claims = ['pool', 'user a'].map((key) => ({ key, target: 2, max: 3 }))
      for (const tag of ['a', 'b']) await store.join({ tag, nonce: tag, info: '{}', claims })
      const epoch = `a-${clock.unixTimeMs()}`
      const request = { tag: 'a', epoch, seq: 1, live: 0, claims, banCursor: '7.0' }
      await store.beat({ ...request, answeredSeq: 0, answeredFlushSeq: 0 })
      clock.advance(500)
      const known = { answeredSeq: 1, answeredFlushSeq: 0 }
      const reply = await store.beat({ ...request, seq: 3, ...known, ...answered })
      assert.deepStrictEqual(reply, { status: 'epoch' })
      await store.nodes()
      const founder = 'tag' in answered ? answered.tag : 'a'
      for (const tag of ['a', 'c']) await store.join({ tag, nonce: tag, info: '{}', claims })
      const own = { tag: 'c', epoch: `${founder}-${clock.unixTimeMs()}` }
      for (let seq = 1; seq < 12; seq++) {
        clock.advance(500)
        await store.beat({ ...request, ...own, seq, answeredSeq: seq - 1, answeredFlushSeq: 0 })
        for (const dead of ['a', 'b']) await store.reap({ ...own, dead })
        for (const { key } of claims) await store.usage(key)
      }
    }
  })

  it('with streams that are announced, taken over and lost', { timeout: 120_000 }, () =>
    checkStreams({
      ...{ runs, nextTurn, seed: fuzzSeed, endOnFailure: true },
      createStore: (clock) => createStore(clock, streamTimes),
    }),
  )

  for (const kind of [...modelKinds, ...aloneKinds]) {
    const { policy, hasJumps, hasWipes } = kind
    const isAlone = 'isOftenAlone' in kind ? ', nodes without their ledger' : ''
    const faults = `${isAlone}${hasJumps ? ', clock steps' : ''}${hasWipes ? ', losses of data' : ''}`
    it(`${policy}${faults}`, { timeout: 120_000 }, () =>
      checkModel({
        ...kind,
        runs,
        seed: fuzzSeed,
        endOnFailure: true,
        createStore: (clock) => createStore(clock, { ...modelTimes, maxRemovedBans: 1 }),
      }),
    )
  }
})
