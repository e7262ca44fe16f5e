import { describe, expect, it } from 'vitest'
import { openRedisStore } from '../../src/cluster/redis-client.js'
import { until } from '../support/until.js'

type Load = NonNullable<Parameters<typeof openRedisStore>[1]>

/** A package whose client records its options and calls. */
function fakePackage() {
  const calls: unknown[] = []
  const createClient = (options: unknown) => {
    calls.push(options)
    return {
      on: () => {},
      connect: () => Promise.reject(new Error('refused')),
      destroy: () => calls.push('destroyed'),
      sendCommand: async () => [],
    }
  }
  return { calls, load: (async () => ({ createClient })) as unknown as Load }
}

describe('openRedisStore', () => {
  it('opens a client that connects again for ever, and queues nothing meanwhile', async () => {
    const { calls, load } = fakePackage()
    const errors: unknown[] = []
    const url = 'redis://127.0.0.1:6379'
    const opened = await openRedisStore({ url, name: 'east', onError: (e) => errors.push(e) }, load)
    const { socket, ...options } = calls[0] as {
      socket: { reconnectStrategy: (retries: number) => number }
      disableOfflineQueue: boolean
    }
    expect(options).toMatchObject({ url, disableOfflineQueue: true })
    for (const retries of [0, 1, 1e6]) {
      expect(socket.reconnectStrategy(retries)).toBeGreaterThan(20)
      expect(socket.reconnectStrategy(retries)).toBeLessThanOrEqual(500)
    }
    expect(errors).toEqual([new Error('refused')])
    expect(await opened.store.bans()).toEqual([])
    opened.close()
    opened.close()
    expect(calls.slice(1)).toEqual(['destroyed'])
  })

  it('opens the socket of a Redis on this machine', async () => {
    const { calls, load } = fakePackage()
    const opened = await openRedisStore({ url: 'unix:///run/redis.sock' }, load)
    expect(calls[0]).toMatchObject({ socket: { path: '/run/redis.sock' } })
    expect(calls[0]).not.toHaveProperty('url')
    opened.close()
  })

  it('opens one connection after the other where several servers know who has the keys', async () => {
    const { calls, load } = fakePackage()
    const errors: unknown[] = []
    const url = 'rediss+cluster://:pw@h:7001,h:7002'
    const opened = await openRedisStore({ url, onError: (e) => errors.push(e) }, load)
    await until(() => errors.length > 0)
    opened.close()
    const socket = { port: 7002, host: 'h', tls: true, reconnectStrategy: false }
    expect(calls).toMatchObject([
      { password: 'pw', socket: { ...socket, port: 7001 }, disableOfflineQueue: true },
      'destroyed',
      { password: 'pw', socket },
      'destroyed',
    ])
    expect(errors).toEqual([new Error('h:7001: refused; h:7002: refused')])
  })

  it('closes what it has opened when an option of the store is invalid', async () => {
    for (const url of ['redis://h', 'redis+cluster://h:7001']) {
      const { calls, load } = fakePackage()
      await expect(openRedisStore({ url, leaseMs: -1 }, load)).rejects.toThrow(/leaseMs/)
      await until(() => calls.at(-1) === 'destroyed')
    }
  })

  it.each(['', '127.0.0.1:6379', 'http://127.0.0.1', 'redis://', 'unix://', 7])(
    'refuses the address %s, and never shows it',
    async (url) => {
      const { load } = fakePackage()
      const refused = openRedisStore({ url: url as string }, load)
      await expect(refused).rejects.toThrow(/openRedisStore.url/)
    },
  )

  it('does not show a password', async () => {
    const refused = openRedisStore({ url: 'http://ann:secret@127.0.0.1' }, fakePackage().load)
    await expect(refused).rejects.not.toThrow(/secret/)
  })

  it('says which package is missing', async () => {
    const load = () => Promise.reject(new Error('not found'))
    await expect(openRedisStore({ url: 'redis://127.0.0.1' }, load)).rejects.toMatchObject({
      code: 'ERR_CLUSTER_PACKAGE',
      message: expect.stringContaining('npm install @redis/client'),
    })
  })
})
