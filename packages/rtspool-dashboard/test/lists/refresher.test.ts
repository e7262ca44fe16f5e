import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EventListener } from '../../src/api/event-stream.js'
import { Refresher } from '../../src/lists/refresher.js'

describe('refresh by events', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function refreshed(everyMs: number) {
    let tell: EventListener = () => {}
    let wanted: readonly string[] | undefined
    const subscribe = (listener: EventListener, types?: readonly string[]) => {
      tell = listener
      wanted = types
      return () => {
        tell = () => {}
      }
    }
    const refresh = vi.fn(async () => {})
    const refresher = new Refresher({ subscribe }, { types: ['banned'], everyMs }, refresh)
    const happen = () => tell({ id: '1', type: 'banned', time: '' })
    return { refresher, refresh, happen, types: () => wanted }
  }

  it('goes on where the clock of the machine is set back', async () => {
    const { refresher, refresh, happen } = refreshed(0)
    happen()
    await vi.advanceTimersByTimeAsync(100)
    vi.setSystemTime(Date.now() - 3_600_000)
    happen()
    await vi.advanceTimersByTimeAsync(1000)
    expect(refresh).toHaveBeenCalledTimes(2)
    refresher.close()
  })

  it('comes soon after an event, and at most once a second', async () => {
    const { refresher, refresh, happen, types } = refreshed(0)
    expect(types()).toEqual(['banned', 'eventsLost'])
    happen()
    await vi.advanceTimersByTimeAsync(100)
    expect(refresh).toHaveBeenCalledTimes(1)
    for (let n = 0; n < 50; n++) {
      happen()
      await vi.advanceTimersByTimeAsync(20)
    }
    expect(refresh).toHaveBeenCalledTimes(2)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(refresh).toHaveBeenCalledTimes(2)
    refresher.close()
  })

  it('waits while nobody looks at the page', async () => {
    const page = Object.assign(new EventTarget(), { hidden: true })
    vi.stubGlobal('document', page)
    const { refresher, refresh, happen } = refreshed(0)
    happen()
    await vi.advanceTimersByTimeAsync(5000)
    expect(refresh).not.toHaveBeenCalled()
    page.hidden = false
    page.dispatchEvent(new Event('visibilitychange'))
    await vi.advanceTimersByTimeAsync(200)
    expect(refresh).toHaveBeenCalledTimes(1)
    refresher.close()
    vi.unstubAllGlobals()
  })

  it('comes from time to time without an event, until it is closed', async () => {
    const { refresher, refresh, happen } = refreshed(3000)
    await vi.advanceTimersByTimeAsync(9000)
    expect(refresh).toHaveBeenCalledTimes(3)
    happen()
    refresher.close()
    await vi.advanceTimersByTimeAsync(9000)
    expect([refresh.mock.calls.length, vi.getTimerCount()]).toEqual([3, 0])
  })
})
