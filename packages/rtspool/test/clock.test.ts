import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../src/clock.js'

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
