import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EventListener } from '../../src/api/event-stream.js'
import { EventLog } from '../../src/events/event-log.js'

function logged() {
  const listeners = new Set<EventListener>()
  const log = new EventLog({
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
  let next = 0
  const arrive = (type: string, more: object = {}) => {
    const event = { id: String(next++), type, time: '', path: `/cam${next}`, ...more }
    for (const listener of listeners) listener(event)
  }
  /** Events, and the time until the list has them. */
  const add = async (...types: string[]) => {
    for (const type of types) arrive(type)
    await vi.advanceTimersByTimeAsync(250)
  }
  const ids = () => log.shown.value.map(({ id }) => id)
  return { log, add, arrive, ids, listeners }
}

describe('a log of events', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('has the newest first, and ends with its page', async () => {
    const { log, add, ids, listeners } = logged()
    await add('banned', 'mediaUp')
    await add('mediaDown')
    expect(ids()).toEqual(['2', '1', '0'])
    log.close()
    expect(listeners.size).toBe(0)
  })

  it('changes at most four times a second', async () => {
    const { log, arrive } = logged()
    let changes = -1
    const unsubscribe = log.shown.subscribe(() => void changes++)
    for (let n = 0; n < 100; n++) {
      arrive('banned')
      await vi.advanceTimersByTimeAsync(10)
    }
    expect([changes, log.size]).toEqual([4, 100])
    unsubscribe()
    arrive('banned')
    log.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('writes the text of an event once, however often the list is searched', async () => {
    const { log, add, arrive, ids } = logged()
    const toJSON = vi.fn(() => 'Ann')
    arrive('banned', { user: { toJSON } })
    await add('mediaUp')
    expect(toJSON).not.toHaveBeenCalled()
    for (const text of ['"ANN', '"ann"', 'nn"']) {
      log.text.value = text
      expect(ids()).toEqual(['0'])
      await add('mediaUp')
    }
    expect(toJSON).toHaveBeenCalledTimes(1)
  })

  it('shows the chosen types that contain a text', async () => {
    const { log, add, ids } = logged()
    await add('banned', 'mediaUp', 'mediaDown', 'banned')
    log.toggle('banned')
    expect(ids()).toEqual(['3', '0'])
    log.text.value = ' /CAM4 '
    expect(ids()).toEqual(['3'])
    log.toggle('banned')
    log.text.value = ''
    expect(ids()).toEqual(['3', '2', '1', '0'])
  })

  it('stands still while it is paused, and loses nothing', async () => {
    const { log, add, arrive, ids } = logged()
    await add('banned')
    log.pause()
    await add('mediaUp', 'mediaDown')
    expect([ids(), log.newer, log.isPaused]).toEqual([['0'], 2, true])
    arrive('banned')
    log.resume()
    expect([ids(), log.isPaused]).toEqual([['3', '2', '1', '0'], false])
  })

  it('forgets what is old', async () => {
    const { log, add, arrive, ids } = logged()
    await add(...Array.from({ length: 6000 }, () => 'banned'))
    expect([log.size, ids()[0], ids().at(-1)]).toEqual([5000, '5999', '1000'])
    arrive('banned')
    log.clear()
    await add()
    expect(ids()).toEqual([])
  })
})
