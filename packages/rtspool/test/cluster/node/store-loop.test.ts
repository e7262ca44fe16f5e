import { describe, expect, it } from 'vitest'
import { StoreLoop } from '../../../src/cluster/node/store-loop.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { nextTurn } from '../../support/until.js'

function loopOf(run: () => Promise<number | undefined>) {
  const clock = new ManualClock(0)
  const failures: unknown[] = []
  const loop = new StoreLoop({
    ...{ clock, run, backoff: { firstMs: 100, maxMs: 400, jitter: 0 } },
    onFailure: (error) => failures.push(error),
  })
  /** Moves the clock, and lets the call that has become due end. */
  const pass = async (ms: number) => {
    clock.advance(ms)
    await nextTurn()
  }
  return { clock, loop, failures, pass }
}

describe('StoreLoop', () => {
  it('calls its function after the time that the last call has returned', async () => {
    const times: number[] = []
    const { clock, loop, pass } = loopOf(async () => {
      times.push(clock.now())
      return times.length < 3 ? 500 : undefined
    })
    loop.wake()
    for (let n = 0; n < 30; n++) await pass(100)
    expect(times).toEqual([0, 600, 1100])
    expect(clock.pendingTimers).toBe(0)
    await loop.close()
  })

  it('calls earlier when it is woken, and once for many calls of wake', async () => {
    let calls = 0
    const { loop, pass } = loopOf(async () => {
      calls++
      return 1000
    })
    loop.wake(300)
    loop.wake(100)
    loop.wake(200)
    await pass(100)
    expect(calls).toBe(1)
    loop.wake(5000)
    await pass(999)
    expect(calls).toBe(1)
    await pass(1)
    expect(calls).toBe(2)
    await loop.close()
  })

  it('never runs two calls at once, and calls again when it was woken meanwhile', async () => {
    let release = () => {}
    let calls = 0
    const { loop, pass } = loopOf(() => {
      calls++
      return new Promise((resolve) => {
        release = () => resolve(undefined)
      })
    })
    loop.wake()
    await pass(0)
    loop.wake(50)
    await pass(1000)
    expect(calls).toBe(1)
    release()
    await nextTurn()
    await pass(50)
    expect(calls).toBe(2)
    const closed = loop.close()
    release()
    await closed
  })

  it('waits longer after each failure, also when it is woken, and shortly after a success', async () => {
    const times: number[] = []
    let isAway = true
    const { clock, loop, failures, pass } = loopOf(async () => {
      times.push(clock.now())
      if (isAway) throw new Error('away')
      return undefined
    })
    loop.wake()
    for (let n = 0; n < 120; n++) {
      await pass(10)
      if (failures.length > 0) loop.wake()
    }
    expect(times).toEqual([0, 110, 310, 710, 1110])
    expect([failures.length, loop.failures]).toEqual([5, 5])
    isAway = false
    await pass(400)
    expect([times.at(-1), loop.failures]).toEqual([1510, 0])
    loop.wake()
    await pass(0)
    expect(times).toHaveLength(7)
    await loop.close()
  })

  it('closes after the running call, and leaves no timer', async () => {
    const { clock, loop, pass } = loopOf(async () => 100)
    loop.wake()
    await pass(0)
    expect(clock.pendingTimers).toBe(1)
    await loop.close()
    loop.wake()
    expect(clock.pendingTimers).toBe(0)
  })
})
