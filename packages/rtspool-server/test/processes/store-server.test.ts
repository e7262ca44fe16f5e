import { MemoryStore } from 'rtspool/cluster'
import { describe, expect, it } from 'vitest'
import { StoreServer } from '../../src/processes/store-server.js'

const join = (tag: string) => ({
  ...{ tag, nonce: `start ${tag}`, info: '{}' },
  claims: [{ key: 'pool', target: 2, max: 3 }],
})
const request = (method: string, ...args: readonly unknown[]) => ({
  ...{ kind: 'storeRequest' as const, id: 7 },
  method,
  args,
})

function openServer() {
  const store = new MemoryStore({ warmMs: 0 })
  return { store, server: new StoreServer(store) }
}

describe('the store of the children in their parent', () => {
  it('answers with what the store returns', async () => {
    const { server } = openServer()
    const reply = await server.answer(1, request('join', join('a')))
    expect(reply).toMatchObject({ kind: 'storeReply', id: 7, result: { status: 'ok' } })
  })

  it('answers errors of the store as errors', async () => {
    const { server } = openServer()
    const reply = await server.answer(1, request('removals', { limit: 0 }))
    expect(reply).toMatchObject({ id: 7, error: { name: 'RangeError' } })
    expect(reply).not.toHaveProperty('result')
  })

  it.each(['clear', 'constructor', 'toString', '__proto__'])(
    'has no function %s for children',
    async (method) => {
      const { server, store } = openServer()
      await server.answer(1, request('join', join('a')))
      const reply = await server.answer(1, request(method))
      expect(reply.error?.message).toMatch(/no function/)
      expect(await store.nodes()).toHaveLength(1)
    },
  )

  it('ends the membership of a process that has ended, and of no other', async () => {
    const { server, store } = openServer()
    await server.answer(1, request('join', join('a')))
    await server.answer(2, request('join', join('b')))
    await server.forget(1)
    const states = (await store.nodes()).map(({ tag, state }) => [tag, state])
    expect(states).toEqual([
      ['a', 'dead'],
      ['b', 'active'],
    ])
    await server.forget(1)
    await server.forget(3)
    expect(await store.nodes()).toHaveLength(2)
  })

  it('ends the membership that a process had last', async () => {
    const { server, store } = openServer()
    await server.answer(1, request('join', join('a')))
    await server.answer(1, request('join', join('c')))
    await server.forget(1)
    const states = (await store.nodes()).map(({ tag, state }) => [tag, state])
    expect(states).toEqual([
      ['a', 'active'],
      ['c', 'dead'],
    ])
  })
})
