import { expect, test } from 'vitest'
import { SessionPool } from '../../src/session-pool/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'

test('100,000 sessions that are created and removed leave an empty pool', () => {
  const pool = new SessionPool()
  for (let round = 0; round < 10; round++) {
    const sessions = Array.from({ length: 10_000 }, () => pool.create())
    for (const session of sessions) session.end()
  }
  expect(pool.size).toBe(0)
  expect(pool.stats().created).toBe(100_000)
})

test('removing a crowd in slices is no stall: find does not return its due sessions', {
  tags: 'B-CLOCK',
}, () => {
  const clock = new ManualClock()
  const pool = new SessionPool({ clock })
  pool.startCleanup()
  const ids = Array.from({ length: 10_000 }, () => pool.create({ timeout: 10, extraTimeout: 0 }).id)
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
