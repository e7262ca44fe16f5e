import { expect, test } from 'vitest'
import {
  type RemovalReason,
  SessionPool,
  type SessionPoolWatch,
} from '../../src/session-pool/index.js'
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
])(
  '%s that waits in the socket during a stall keeps its session alive',
  { tags: 'B-CLOCK' },
  (_name, read) => {
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
  },
)

test('also if sockets are read before the timer of the pool fires', { tags: 'B-CLOCK' }, () => {
  const { clock, pool } = start()
  const session = pool.create(grace)
  clock.stall(60_000)
  expect(pool.find(session.id)).toBe(session)
  clock.advance(0)
  expect(pool.find(session.id)).toBe(session)
})

test('with a watch of the application as well', { tags: 'B-CLOCK' }, () => {
  const { clock, pool } = start((watched) => watched.createWatch(() => void watched.cleanup()))
  const session = pool.create(grace)
  clock.readSockets = () => pool.find(session.id)
  clock.stall(60_000)
  clock.advance(0)
  expect(pool.size).toBe(1)
})

test('without a stall, find never returns a due session, even within the 250 ms', () => {
  const { clock, pool, removed } = start()
  const { id } = pool.create(grace)
  clock.advance(9_999)
  clock.stall(251)
  expect([pool.find(id), removed]).toEqual([undefined, ['timeout']])
})

test('the other limits end a session even after a stall', () => {
  const { clock, pool, removed } = start()
  const { id } = pool.create({ ...grace, maxLifetime: 30 })
  clock.stall(60_000)
  expect([pool.find(id), pool.size, removed.length]).toEqual([undefined, 0, 1])
})
