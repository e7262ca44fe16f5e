import { describe, expect, it } from 'vitest'
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
  const add = async (...types: string[]) => {
    for (const type of types) {
      const event = { id: String(next++), type, time: '', path: `/cam${next}` }
      for (const listener of listeners) listener(event)
    }
    await Promise.resolve()
  }
  const ids = () => log.shown.value.map(({ id }) => id)
  return { log, add, ids, listeners }
}

describe('a log of events', () => {
  it('has the newest first, and ends with its page', async () => {
    const { log, add, ids, listeners } = logged()
    await add('banned', 'mediaUp')
    await add('mediaDown')
    expect(ids()).toEqual(['2', '1', '0'])
    log.close()
    expect(listeners.size).toBe(0)
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
    const { log, add, ids } = logged()
    await add('banned')
    log.pause()
    await add('mediaUp', 'mediaDown')
    expect([ids(), log.newer, log.isPaused]).toEqual([['0'], 2, true])
    log.resume()
    expect([ids(), log.isPaused]).toEqual([['2', '1', '0'], false])
  })

  it('forgets what is old', async () => {
    const { log, add, ids } = logged()
    await add(...Array.from({ length: 6000 }, () => 'banned'))
    expect([log.size, ids()[0], ids().at(-1)]).toEqual([5000, '5999', '1000'])
    log.clear()
    expect(ids()).toEqual([])
  })
})
