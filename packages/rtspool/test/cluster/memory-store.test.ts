import { expect, it } from 'vitest'
import { MemoryStore } from '../../src/cluster/memory-store.js'
import { ManualClock } from '../../src/testing/manual-clock.js'

const answered = { answeredSeq: 0, answeredFlushSeq: 0 }
const join = { tag: 'a', nonce: 'n', info: '{}', claims: [] }

it('answers every request of a node, in the time of its clock', async () => {
  const clock = new ManualClock()
  const store = new MemoryStore({ clock, leaseMs: 1000 })
  const epoch = `n-${clock.unixTimeMs()}`
  expect(await store.join(join)).toEqual({ status: 'ok', epoch, credits: [] })
  const entry = { publicId: 'x', value: 'v' }
  const batch = { tag: 'a', epoch, seq: 1, puts: [entry], removals: [], events: [] }
  expect(await store.flush(batch)).toEqual({ status: 'ok', totals: [] })
  expect(await store.directory('a')).toEqual([entry])
  expect(await store.ban({ publicId: 'b', record: '{}', durationMs: 300 })).toBe(true)
  clock.advance(200)
  expect(await store.bans()).toEqual([{ publicId: 'b', record: '{}', remainingMs: 100 }])
  expect(await store.unban('b')).toBe(true)
  const beat = { tag: 'a', epoch, seq: 1, ...answered, live: 1, claims: [], banCursor: '' }
  expect(await store.beat(beat)).toMatchObject({ status: 'ok', banCursor: '2.0' })
  expect(await store.nodes()).toEqual([{ tag: 'a', info: '{}', state: 'active', live: 1 }])
  expect(await store.usage('pool')).toEqual({ granted: 0, nodes: {} })
  expect(await store.reap({ tag: 'a', epoch, dead: 'z' })).toMatchObject({ isDone: true })
  await store.leave({ tag: 'a', epoch })
  expect(await store.nodes()).toMatchObject([{ tag: 'a', state: 'dead' }])
  expect(await store.removals()).toEqual([])
})

it('forgets everything when it is cleared', async () => {
  const store = new MemoryStore()
  await store.join(join)
  store.clear()
  const beat = { tag: 'a', epoch: 'n', seq: 1, ...answered, live: 0, claims: [], banCursor: '' }
  expect(await store.beat(beat)).toEqual({ status: 'epoch' })
})

it('refuses options that it does not have', () => {
  expect(() => new MemoryStore({ maxSessions: 1 } as object)).toThrow(TypeError)
})

it('shows records after a loss of data to a reader of the records before', async () => {
  const clock = new ManualClock()
  const store = new MemoryStore({ clock })
  const entry = { publicId: 'x', value: 'v' }
  const removals = [{ ...entry, reason: 'teardown' }]
  let after = 0
  for (const tag of ['a', 'b', 'c']) {
    const joined = await store.join({ ...join, tag })
    const epoch = joined.status === 'ok' ? joined.epoch : ''
    await store.flush({ tag, epoch, seq: 1, puts: [entry], removals, events: [] })
    const records = await store.removals({ after })
    expect(records).toMatchObject([{ tag }])
    after = records[0]?.serial ?? 0
    store.clear()
    clock.advance(1)
  }
  await expect(store.removals({ limit: 0 })).rejects.toThrow(/MemoryStore.removals.limit/)
})
