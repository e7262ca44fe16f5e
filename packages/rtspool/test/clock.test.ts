import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PeriodicCheck, scheduleAfterReads, systemClock } from '../src/clock.js'
import { ManualClock } from '../src/testing/manual-clock.js'

describe('systemClock', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  // The timers of Node fire at once above 2^31 - 1 ms, and so do the fake ones here.
  it.each([1, 2 ** 31 - 3, 2 ** 31 - 2, 2 ** 31 - 1.5, 2 ** 31 - 1, 2 ** 31, 2 ** 33])(
    'calls after %d ms, and no earlier',
    (delayMs) => {
      const callback = vi.fn()
      systemClock.schedule(callback, delayMs, false)
      vi.advanceTimersByTime(Math.ceil(delayMs) - 1)
      expect(callback).not.toHaveBeenCalled()
      vi.advanceTimersByTime(10)
      expect(callback).toHaveBeenCalledOnce()
    },
  )

  it('never calls a cancelled callback, even after part of its delay', () => {
    const callback = vi.fn()
    const timer = systemClock.schedule(callback, 2 ** 32, false)
    vi.advanceTimersByTime(2 ** 31 + 5)
    timer.cancel()
    vi.advanceTimersByTime(2 ** 33)
    expect([callback.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0])
  })
})

describe('scheduleAfterReads', () => {
  it('calls in the turn after the delay, once', () => {
    const clock = new ManualClock()
    const calls: number[] = []
    scheduleAfterReads(clock, () => calls.push(clock.now()), 100)
    clock.advance(99)
    expect(calls).toEqual([])
    clock.advance(2)
    expect(calls.length).toBe(1)
    expect(clock.pendingTimers).toBe(0)
  })

  it('waits only where it must', () => {
    const clock = new ManualClock()
    const calls: string[] = []
    for (const wait of [false, true]) {
      scheduleAfterReads(clock, () => calls.push(`${wait}`), 10, { mustWait: () => wait })
    }
    clock.schedule(() => calls.push('read'), 10)
    clock.advance(20)
    expect(calls).toEqual(['false', 'read', 'true'])
  })

  it('is cancelled before the delay is over, and while it waits for reads', () => {
    const clock = new ManualClock()
    let calls = 0
    const early = scheduleAfterReads(clock, () => calls++, 10)
    early.cancel()
    const late = scheduleAfterReads(clock, () => calls++, 10)
    clock.schedule(() => late.cancel(), 10)
    clock.advance(50)
    expect([calls, clock.pendingTimers]).toEqual([0, 0])
  })
})

describe('PeriodicCheck', () => {
  it.each([false, true])(
    'looks until there is nothing to look at; after reads: %s',
    (isAfterReads) => {
      const clock = new ManualClock()
      let left = 3
      let looks = 0
      const look = () => {
        looks++
        left--
        return left > 0
      }
      const check = new PeriodicCheck(clock, 100, look, { isAfterReads })
      check.start()
      check.start()
      clock.advance(250)
      expect([looks, clock.pendingTimers]).toEqual([2, 1])
      clock.advance(1000)
      expect([looks, clock.pendingTimers]).toEqual([3, 0])
      left = 2
      check.start()
      check.stop()
      check.stop()
      expect(clock.pendingTimers).toBe(0)
    },
  )
})
