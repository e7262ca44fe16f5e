import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Polled } from '../../src/api/polled.js'

describe('something that is read again and again', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })
  const turn = (ms = 0) => vi.advanceTimersByTimeAsync(ms)

  it('keeps its last value where a reading fails', async () => {
    let count = 0
    const polled = new Polled(async () => {
      if (++count === 2) throw new Error('down')
      return count
    }, 1000)
    await turn()
    expect([polled.value.value, polled.problem.value]).toEqual([1, ''])
    await turn(1000)
    expect([polled.value.value, polled.problem.value]).toEqual([1, 'down'])
    await turn(1000)
    expect([polled.value.value, polled.problem.value]).toEqual([3, ''])
    polled.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('keeps the value of the later one of two reads, whichever ends first', async () => {
    const ends: ((value: string) => void)[] = []
    const polled = new Polled(() => new Promise<string>((resolve) => ends.push(resolve)), 1000)
    void polled.refresh()
    ends[1]?.('new')
    await turn()
    ends[0]?.('old')
    await turn()
    expect(polled.value.value).toBe('new')
    await turn(1000)
    expect(ends).toHaveLength(3)
    polled.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('waits while the page is hidden', async () => {
    const page = Object.assign(new EventTarget(), { hidden: false })
    vi.stubGlobal('document', page)
    let count = 0
    const polled = new Polled(async () => ++count, 1000)
    await turn()
    page.hidden = true
    await turn(60_000)
    expect(count).toBe(1)
    page.hidden = false
    page.dispatchEvent(new Event('visibilitychange'))
    await turn(1000)
    expect(count).toBe(3)
    polled.close()
    await turn(60_000)
    expect(count).toBe(3)
  })
})
