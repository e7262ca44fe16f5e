import { describe, expect, it } from 'vitest'
import { RedisStore, type RedisStoreOptions } from '../../src/cluster/redis-store.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { nextTurn } from '../support/until.js'

/** A client whose replies a test chooses, and the commands that it has received. */
function storeOf(
  replyTo: (args: readonly string[]) => unknown,
  options: Partial<RedisStoreOptions> = {},
) {
  const commands: string[][] = []
  const clock = new ManualClock()
  const client = {
    async sendCommand(args: string[]) {
      commands.push(args)
      const reply = await replyTo(args)
      if (reply instanceof Error) throw reply
      return reply
    },
  }
  return { store: new RedisStore({ client, clock, ...options }), commands, clock }
}

const join = { tag: 'a', nonce: 'n', info: '{}', claims: [{ key: 'pool', target: 2, max: 3 }] }

describe('RedisStore', () => {
  it('sends the text of a script only when Redis does not know its hash', async () => {
    const { store, commands } = storeOf(([verb]) =>
      verb === 'EVALSHA' ? new Error('NOSCRIPT No matching script') : ['ok', 'n', 2],
    )
    expect(await store.join(join)).toEqual({ status: 'ok', epoch: 'n', credits: [2] })
    expect(commands.map(([verb]) => verb)).toEqual(['EVALSHA', 'EVAL'])
    expect(commands[1]?.slice(2)).toEqual(commands[0]?.slice(2))
  })

  it('declares all keys, in one slot of a Redis Cluster', async () => {
    const { store, commands } = storeOf(() => ['ok', 1], { name: 'east' })
    await store.reap({ tag: 'a', epoch: 'e', dead: 'b' })
    const [, , count, ...rest] = commands[0] as string[]
    const keys = rest.slice(0, Number(count))
    expect(keys.every((key) => key.startsWith('rtspool:{east}:'))).toBe(true)
    expect(keys.filter((key) => key.includes(':sessions:b:'))).toHaveLength(64)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('rejects when Redis does not reply in time, and leaves no timer', async () => {
    const { store, clock } = storeOf(() => new Promise(() => {}), { timeoutMs: 300 })
    const reply = store.nodes().catch((error: unknown) => error)
    clock.advance(299)
    await nextTurn()
    expect(clock.pendingTimers).toBe(1)
    clock.advance(1)
    expect(await reply).toMatchObject({ code: 'ERR_CLUSTER_STORE' })
    expect(clock.pendingTimers).toBe(0)
  })

  it.each(['LOADING Redis is loading', 'READONLY replica', 'OOM command not allowed'])(
    'rejects when Redis replies with the error %s',
    async (message) => {
      const { store, clock } = storeOf(() => new Error(message))
      await expect(store.nodes()).rejects.toMatchObject({
        code: 'ERR_CLUSTER_STORE',
        message: `Redis: ${message}`,
      })
      expect(clock.pendingTimers).toBe(0)
    },
  )

  it('reads the maps of RESP 3 as well as the lists of RESP 2', async () => {
    for (const fields of [['x', 'v'], { x: 'v' }, new Map([['x', 'v']])]) {
      const { store } = storeOf(([, key]) => (key?.endsWith(':x') ? fields : []))
      expect(await store.directory('a')).toEqual([{ publicId: 'x', value: 'v' }])
    }
  })

  it('sends the commands through a client of ioredis, too', async () => {
    const calls: unknown[] = []
    const client = {
      // The command of ioredis that has this name gets an object.
      sendCommand: () => Promise.reject(new Error('not this one')),
      call(command: string, args: string[]) {
        calls.push([this === client, command, args.length])
        return Promise.resolve(command === 'EVALSHA' ? [] : {})
      },
    }
    const store = new RedisStore({ client })
    expect(await store.bans()).toEqual([])
    expect(await store.directory('a')).toEqual([])
    expect(calls.slice(0, 2)).toEqual([
      [true, 'EVALSHA', 24],
      [true, 'HGETALL', 1],
    ])
  })

  it('uses the clock of Redis, unless a time is given', async () => {
    const times = []
    for (const options of [{}, { unixTimeMs: () => 77 }]) {
      const { store, commands } = storeOf(() => [], options)
      await store.bans()
      const [, , count, ...rest] = commands[0] as string[]
      times.push(rest[Number(count)])
    }
    expect(times).toEqual(['', '77'])
  })

  it.each([{ after: -1 }, { limit: 1001 }])('refuses the query %o', async (query) => {
    const { store, commands } = storeOf(() => [])
    await expect(store.removals(query)).rejects.toThrow(/RedisStore.removals/)
    expect(commands).toEqual([])
  })

  it.each([
    { options: { client: {} }, error: /sendCommand/ },
    { options: { name: '' }, error: /name/ },
    { options: { timeoutMs: 0 }, error: /timeoutMs/ },
    { options: { port: 6379 }, error: /port/ },
  ])('refuses the options %o', ({ options, error }) => {
    expect(() => storeOf(() => [], options as object)).toThrow(error)
  })
})
