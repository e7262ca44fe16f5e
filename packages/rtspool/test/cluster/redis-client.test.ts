import { describe, expect, it } from 'vitest'
import { openRedisStore } from '../../src/cluster/redis-client.js'

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
