import { describe, expect, it } from 'vitest'
import { RequestError } from '../../../src/errors.js'
import { AttemptLimiter, attemptLimits } from '../../../src/server/auth/attempt-limiter.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { nextTurn } from '../../support/until.js'

const address = '192.0.2.1'
const open = () => new AbortController().signal

function spend(limiter: AttemptLimiter, from = address): void {
  for (let n = 0; n < attemptLimits.burst; n++) expect(limiter.take(from, open)).toBeUndefined()
}

describe('the limiter of attempts', () => {
  it('lets a host wait for the next attempt, in order', { tags: 'B-BRUTE' }, async () => {
    const clock = new ManualClock()
    const limiter = new AttemptLimiter(clock)
    spend(limiter)
    const served: number[] = []
    for (const n of [1, 2, 3]) void limiter.take(address, open)?.then(() => served.push(n))
    expect(limiter.waiting).toBe(3)
    clock.advance(1199)
    await nextTurn()
    expect(served).toEqual([])
    clock.advance(2)
    await nextTurn()
    expect(served).toEqual([1])
    clock.advance(2400)
    await nextTurn()
    expect(served).toEqual([1, 2, 3])
    expect([limiter.waiting, clock.pendingTimers]).toEqual([0, 0])
  })

  it('another host does not wait', { tags: 'B-BRUTE' }, () => {
    const limiter = new AttemptLimiter(new ManualClock())
    spend(limiter)
    expect(limiter.take('192.0.2.2', open)).toBeUndefined()
  })

  it('a right attempt costs nothing, and serves a waiting request', {
    tags: 'B-BRUTE',
  }, async () => {
    const limiter = new AttemptLimiter(new ManualClock())
    spend(limiter)
    const next = limiter.take(address, open)
    limiter.giveBack(address)
    expect(await next).toBe(true)
    for (let n = 0; n < 1000; n++) {
      limiter.giveBack(address)
      expect(limiter.take(address, open)).toBeUndefined()
    }
  })

  it('attempts that are given back late are not more than there were', { tags: 'B-BRUTE' }, () => {
    const clock = new ManualClock()
    const limiter = new AttemptLimiter(clock)
    spend(limiter)
    clock.advance(60_000)
    for (let n = 0; n < attemptLimits.burst; n++) limiter.giveBack(address)
    spend(limiter)
    expect(limiter.take(address, open)).toBeInstanceOf(Promise)
    limiter.close()
  })

  it('the answer to a wrong one is held back for 1 to 3 seconds', { tags: 'B-BRUTE' }, async () => {
    const clock = new ManualClock()
    const limiter = new AttemptLimiter(clock)
    const answered: number[] = []
    for (const random of [0, 0.5, 0.999]) {
      void limiter.holdBack(address, random, open).then(() => answered.push(random))
    }
    for (const [ms, count] of [
      [999, 0],
      [1, 1],
      [999, 1],
      [1, 2],
      [990, 2],
      [10, 3],
    ] as const) {
      clock.advance(ms)
      await nextTurn()
      expect(answered).toHaveLength(count)
    }
  })

  it('only so many wait; the next is refused, and a wrong one answered at once', {
    tags: 'B-BRUTE',
  }, async () => {
    const limiter = new AttemptLimiter(new ManualClock())
    const hosts = Math.ceil(attemptLimits.maxWaiting / attemptLimits.maxWaitingPerHost)
    for (let host = 0; host < hosts; host++) {
      spend(limiter, `192.0.2.${host}`)
      for (let n = 0; n < attemptLimits.maxWaitingPerHost; n++) {
        if (limiter.waiting === attemptLimits.maxWaiting) break
        void limiter.take(`192.0.2.${host}`, open)
      }
      expect(limiter.waiting).toBe(
        Math.min((host + 1) * attemptLimits.maxWaitingPerHost, attemptLimits.maxWaiting),
      )
      expect(() => limiter.take(`192.0.2.${host}`, open)).toThrow(RequestError)
    }
    await limiter.holdBack('192.0.2.200', 0, open)
    // Whoever has an attempt left is not in anybody's way.
    expect(limiter.take('192.0.2.200', open)).toBeUndefined()
    limiter.close()
    expect(limiter.waiting).toBe(0)
  })

  it('a closed connection ends its wait, and uses no attempt of others', {
    tags: 'B-BRUTE',
  }, async () => {
    const clock = new ManualClock()
    const limiter = new AttemptLimiter(clock)
    spend(limiter)
    const connection = new AbortController()
    const gone = limiter.take(address, () => connection.signal)
    const delayed = limiter.holdBack(address, 0, () => connection.signal)
    const next = limiter.take(address, open)
    connection.abort()
    expect(await gone).toBe(false)
    await delayed
    expect(limiter.waiting).toBe(1)
    clock.advance(1201)
    expect(await next).toBe(true)
    expect(await limiter.take(address, () => connection.signal)).toBe(false)
  })

  it('close ends all waits and timers', { tags: 'B-BRUTE' }, async () => {
    const clock = new ManualClock()
    const limiter = new AttemptLimiter(clock)
    spend(limiter)
    const waits = [limiter.take(address, open), limiter.holdBack(address, 0, open)]
    limiter.close()
    await Promise.all(waits)
    expect([limiter.waiting, clock.pendingTimers]).toEqual([0, 0])
    await limiter.holdBack(address, 0, open)
    expect(() => limiter.take(address, open)).toThrow(RequestError)
  })

  it('5,000 hosts that have all their attempts again are forgotten', { tags: 'B-BRUTE' }, () => {
    const clock = new ManualClock()
    const limiter = new AttemptLimiter(clock)
    for (let n = 0; n < 5000; n++) {
      limiter.take(`10.0.${n >> 8}.${n & 255}`, open)
      clock.advance(10)
    }
    expect(limiter.hosts).toBeLessThan(2048)
  })
})
