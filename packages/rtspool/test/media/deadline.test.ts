import { describe, expect, it } from 'vitest'
import { withDeadline } from '../../src/media/deadline.js'
import { ManualClock } from '../../src/testing/manual-clock.js'

const never = () => new Promise<never>(() => {})

describe('withDeadline', () => {
  it('settles as the promise does, and leaves no timer and no listener', async () => {
    const clock = new ManualClock()
    const { signal } = new AbortController()
    const options = { clock, ms: 1000, signal }
    expect(await withDeadline('now', 'it', options)).toBe('now')
    expect(await withDeadline(Promise.resolve('later'), 'it', options)).toBe('later')
    await expect(withDeadline(Promise.reject(new Error('no')), 'it', options)).rejects.toThrow('no')
    await Promise.resolve()
    expect(clock.pendingTimers).toBe(0)
  })

  it('rejects at the deadline, and not before', async () => {
    const clock = new ManualClock()
    const late = withDeadline(never(), 'it', { clock, ms: 1000 })
    clock.advance(999)
    expect(clock.pendingTimers).toBe(1)
    clock.advance(1)
    await expect(late).rejects.toThrow('it took longer than 1000 ms')
    expect(clock.pendingTimers).toBe(0)
  })

  it('rejects when it is given up, and leaves no timer', async () => {
    const clock = new ManualClock()
    const controller = new AbortController()
    const given = withDeadline(never(), 'it', { clock, ms: 1000, signal: controller.signal })
    controller.abort()
    await expect(given).rejects.toThrow('it was given up')
    expect(clock.pendingTimers).toBe(0)
  })

  it('without a limit there is no timer', () => {
    const clock = new ManualClock()
    void withDeadline(never(), 'it', { clock, ms: Number.POSITIVE_INFINITY })
    expect(clock.pendingTimers).toBe(0)
  })
})
