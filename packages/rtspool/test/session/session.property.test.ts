import { expect, test } from 'vitest'
import { SessionPool } from '../../src/session/index.js'

test('100,000 sessions that come and go leave an empty pool', () => {
  const pool = new SessionPool()
  for (let round = 0; round < 10; round++) {
    const sessions = Array.from({ length: 10_000 }, () => pool.create())
    for (const session of sessions) session.end()
  }
  expect(pool.size).toBe(0)
  expect(pool.stats().created).toBe(100_000)
})
