import { describe, expect, it, onTestFinished } from 'vitest'
import { MemoryStore } from '../../../src/cluster/memory-store.js'
import { MailRoom } from '../../../src/cluster/node/mail-room.js'
import { StoreLoop } from '../../../src/cluster/node/store-loop.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { advancing, until } from '../../support/until.js'

/** Two members of a cluster with their mail rooms. The second looks into its mailbox only when it is woken. */
async function roomsOf(clock = new ManualClock()) {
  const store = new MemoryStore({ clock })
  const failures: unknown[] = []
  const create = async (tag: string) => {
    const reply = await store.join({ tag, nonce: tag, info: '{}', claims: [] })
    const member = { tag, epoch: reply.status === 'ok' ? reply.epoch : '' }
    const room = new MailRoom({
      ...{ store, member, clock, timeoutMs: 1000 },
      createLoop: (run) => {
        const backoff = { firstMs: 100, maxMs: 100, jitter: 0 }
        return new StoreLoop({ clock, backoff, run, onFailure: (error) => failures.push(error) })
      },
      onFailure: (error) => failures.push(error),
    })
    onTestFinished(() => room.close())
    return Object.assign(room, { member })
  }
  const rooms = [await create('a'), await create('b')] as const
  const pass = advancing(clock, 10)
  const answerOf = async <T>(promise: Promise<T>): Promise<T> => {
    let answer: { readonly value: T } | undefined
    void promise.then((value) => (answer = { value }))
    await until(() => answer !== undefined, pass)
    return (answer as unknown as { readonly value: T }).value
  }
  return { rooms, store, clock, failures, answerOf, pass }
}

describe('MailRoom', () => {
  it('brings a request to another node, and the answer back', async () => {
    const { rooms, answerOf } = await roomsOf()
    rooms[1].handle('add', (body) => (body as number) + 1)
    const answer = rooms[0].request('b', 'add', 4)
    rooms[1].wake()
    expect(await answerOf(answer)).toEqual({ body: 5 })
  })

  it('answers further requests without being woken, because it goes on looking', async () => {
    const { rooms, answerOf } = await roomsOf()
    let calls = 0
    rooms[1].handle('count', async () => ++calls)
    rooms[1].wake()
    for (const expected of [1, 2, 3]) {
      const answer = rooms[0].request('b', 'count', null)
      if (expected === 1) rooms[1].wake()
      expect(await answerOf(answer)).toEqual({ body: expected })
    }
  })

  it.each(['throws', 'is missing'])(
    'says that a node has failed whose function %s',
    async (kind) => {
      const { rooms, answerOf } = await roomsOf()
      const fail = () => {
        throw new Error('no')
      }
      if (kind === 'throws') rooms[1].handle('add', fail)
      const answer = rooms[0].request('b', 'add', 4)
      rooms[1].wake()
      expect(await answerOf(answer)).toEqual({ why: 'failed' })
    },
  )

  it('says that a node is silent, and the node does not carry out the request later', async () => {
    const { rooms, answerOf, clock, pass } = await roomsOf()
    let calls = 0
    rooms[1].handle('kick', () => ++calls)
    const sentAt = clock.now()
    expect(await answerOf(rooms[0].request('b', 'kick', null))).toEqual({ why: 'silent' })
    expect(clock.now() - sentAt).toBeGreaterThanOrEqual(1000)
    rooms[1].wake()
    const end = clock.now() + 500
    await until(() => clock.now() > end, pass)
    expect(calls).toBe(0)
    const fresh = rooms[0].request('b', 'kick', null)
    expect(await answerOf(fresh)).toEqual({ body: 1 })
  })

  it('carries out no request after an outage of the store, in which the time of the ledger stands still', async () => {
    const { rooms, answerOf, clock } = await roomsOf()
    let calls = 0
    rooms[1].handle('kick', () => ++calls)
    const answer = rooms[0].request('b', 'kick', null)
    await until(() => clock.pendingTimers > 1)
    clock.stall(20_000)
    rooms[1].wake()
    expect(await answerOf(answer)).toEqual({ why: 'silent' })
    const fresh = rooms[0].request('b', 'kick', null)
    rooms[1].wake()
    expect(await answerOf(fresh)).toEqual({ body: 1 })
  })

  it('carries out no request that it reads too late, because the process stood still', async () => {
    const { rooms, store, answerOf, clock } = await roomsOf()
    let calls = 0
    rooms[1].handle('kick', () => ++calls)
    const collect = store.collect.bind(store)
    store.collect = async (request) => {
      const reply = await collect(request)
      if (request.tag === 'b') clock.stall(1000)
      return reply
    }
    const answer = rooms[0].request('b', 'kick', null)
    rooms[1].wake()
    expect(await answerOf(answer)).toEqual({ why: 'silent' })
    store.collect = collect
    const fresh = rooms[0].request('b', 'kick', null)
    rooms[1].wake()
    expect(await answerOf(fresh)).toEqual({ body: 1 })
  })

  it('says at once that a node is silent which is no member, or when the store fails', async () => {
    const { rooms, store, failures } = await roomsOf()
    expect(await rooms[0].request('z', 'add', 1)).toEqual({ why: 'silent' })
    const failing = new Error('the store is away')
    store.send = async () => {
      throw failing
    }
    expect(await rooms[0].request('b', 'add', 1)).toEqual({ why: 'silent' })
    expect(failures).toEqual([failing])
  })

  it('reads on in the new mailbox after a loss of data', async () => {
    const { rooms, store, answerOf } = await roomsOf()
    rooms[1].handle('add', (body) => (body as number) + 1)
    const answer = rooms[0].request('b', 'add', 4)
    rooms[1].wake()
    expect(await answerOf(answer)).toEqual({ body: 5 })
    store.clear()
    for (const { member } of rooms) {
      const { tag } = member
      const reply = await store.join({ tag, nonce: `${tag} again`, info: '{}', claims: [] })
      member.epoch = reply.status === 'ok' ? `${reply.epoch}` : ''
    }
    const again = rooms[0].request('b', 'add', 7)
    rooms[1].wake()
    expect(await answerOf(again)).toEqual({ body: 8 })
  })

  it('ignores answers of a node that was not asked, and messages of another form', async () => {
    const { rooms, store, answerOf } = await roomsOf()
    let id = ''
    const send = store.send.bind(store)
    store.send = async (request) => {
      id = JSON.parse(request.text).id
      return await send(request)
    }
    const answer = rooms[0].request('b', 'add', 4)
    const forged = JSON.stringify({ id, from: 'c', body: 'forged' })
    for (const text of [forged, '{', '7', '{}']) await send({ to: 'a', text })
    expect(await answerOf(answer)).toEqual({ why: 'silent' })
  })

  it('ends its requests when it is closed, and leaves no timer', async () => {
    const { rooms, clock, answerOf } = await roomsOf()
    const answer = rooms[0].request('b', 'add', 4)
    await until(() => clock.pendingTimers > 1)
    for (const room of rooms) await room.close()
    expect(await answerOf(answer)).toEqual({ why: 'silent' })
    expect(clock.pendingTimers).toBe(0)
  })
})
