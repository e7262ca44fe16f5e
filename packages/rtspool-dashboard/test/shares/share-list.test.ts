import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiClient } from '../../src/api/api-client.js'
import type { EventListener } from '../../src/api/event-stream.js'
import { ShareList } from '../../src/shares/share-list.js'
import type { Visitor } from '../../src/visitor/visitor.js'
import { json, scriptedFetch } from '../api/scripted-fetch.js'

const share = { id: 'a', name: 'a', path: '/cam', maxViewers: 10, author: 'first', sessions: 0 }

function listed(...responses: Parameters<typeof scriptedFetch>) {
  const { send, requests } = scriptedFetch(...responses)
  const listeners = new Set<EventListener>()
  const subscribe = (listener: EventListener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  const events = { subscribe } as unknown as Visitor['events']
  const list = new ShareList({ client: new ApiClient('t', { send }), events })
  const happen = () => {
    for (const tell of listeners) tell({ id: '1', type: 'sessionCreated', time: '' })
  }
  return { list, requests, happen }
}

describe('the list of share links', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is read while events arrive without a pause', async () => {
    const { list, requests, happen } = listed(json({ shares: [share] }))
    for (let n = 0; n < 30; n++) {
      happen()
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(list.shares.value).toEqual([share])
    expect(requests).toHaveLength(4)
    list.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('appears some seconds after a request that has failed', async () => {
    const { list } = listed(json({ title: 'down' }, 500), json({ shares: [share] }))
    await vi.advanceTimersByTimeAsync(0)
    expect([list.problem.value, list.shares.value]).toEqual(['down', []])
    await vi.advanceTimersByTimeAsync(10_000)
    expect([list.problem.value, list.shares.value]).toEqual(['', [share]])
    list.close()
  })
})
