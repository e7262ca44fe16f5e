import { expect, test } from 'vitest'
import { type RemovalReason, SessionPool, type SessionPoolWatch } from '../../src/session/index.js'
import { FakeClock } from '../support/fake-clock.js'
import { LoopClock } from '../support/loop-clock.js'

const grace = { timeout: 10, extraTimeout: 0 }

function start(watch: (pool: SessionPool) => SessionPoolWatch = (pool) => pool.startCleanup()) {
  const clock = new LoopClock()
  const pool = new SessionPool({ clock })
  const removed: RemovalReason[] = []
  pool.on('sessionRemoved', (_session, reason) => removed.push(reason))
  watch(pool)
  return { clock, pool, removed }
}

test.each([
  ['a request', (pool: SessionPool, id: string) => pool.find(id)],
  ['RTCP', (pool: SessionPool, id: string) => pool.get(id)?.touch()],
])('B-CLOCK %s that waits in the socket during a stall keeps its session', (_name, read) => {
  const { clock, pool, removed } = start()
  const { id } = pool.create(grace)
  pool.create(grace)
  clock.readSockets = () => read(pool, id)
  clock.stall(60_000)
  clock.advance(0)
  expect([pool.has(id), removed]).toEqual([true, ['timeout']])
  clock.readSockets = () => {}
  clock.advance(9_999)
  expect(pool.has(id)).toBe(true)
  clock.advance(251)
  expect([pool.size, removed]).toEqual([0, ['timeout', 'timeout']])
})

test('B-CLOCK also when sockets are read before the timer of the pool has fired', () => {
  const { clock, pool } = start()
  const session = pool.create(grace)
  clock.stall(60_000)
  expect(pool.find(session.id)).toBe(session)
  clock.advance(0)
  expect(pool.find(session.id)).toBe(session)
})

test('B-CLOCK with a watch of the application as well', () => {
  const { clock, pool } = start((watched) => watched.createWatch(() => void watched.cleanup()))
  const session = pool.create(grace)
  clock.readSockets = () => pool.find(session.id)
  clock.stall(60_000)
  clock.advance(0)
  expect(pool.size).toBe(1)
})

test('without a stall a session that is due is never found, to the end of the 250 ms', () => {
  const { clock, pool, removed } = start()
  const { id } = pool.create(grace)
  clock.advance(9_999)
  clock.stall(251)
  expect([pool.find(id), removed]).toEqual([undefined, ['timeout']])
})

test('the other limits end a session that a stall has outlasted', () => {
  const { clock, pool, removed } = start()
  const { id } = pool.create({ ...grace, maxLifetime: 30 })
  clock.stall(60_000)
  expect([pool.find(id), pool.size, removed.length]).toEqual([undefined, 0, 1])
})

test('a crowd that is removed in slices is no stall: what is left of it is not found', () => {
  class BusyClock extends FakeClock {
    msPerLook = 0
    override now(): number {
      this.stall(this.msPerLook)
      return super.now()
    }
  }
  const clock = new BusyClock()
  const pool = new SessionPool({ clock })
  pool.startCleanup()
  const ids = Array.from({ length: 10_000 }, () => pool.create(grace).id)
  clock.advance(10_000)
  const begin = clock.now()
  clock.msPerLook = 1
  while (clock.now() < begin + 2000) clock.advance(1)
  clock.msPerLook = 0
  const left = ids.filter((id) => pool.has(id))
  expect(left.length).toBeGreaterThan(100)
  expect(left.filter((id) => pool.find(id)).length).toBe(0)
  pool.close()
})
