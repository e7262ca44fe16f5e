import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiClient } from '../../src/api/api-client.js'
import type { SessionView } from '../../src/api/session-view.js'
import { SessionList } from '../../src/sessions/session-list.js'
import { json, scriptedFetch } from '../api/scripted-fetch.js'

const session = (publicId: string, more: Partial<SessionView>): SessionView => ({
  ...{ publicId, state: 'Playing', paths: ['/cam'], createdTime: '2026-01-01T00:00:00.000Z' },
  stats: { bytesIn: 0, bytesOut: 0, packetsDropped: 0 },
  ...more,
})
const ann = session('a', { user: 'Ann', address: '192.0.2.1' })
const bob = session('b', { user: 'bob', paths: ['/door'], userAgent: 'VLC' })

function listOf(...responses: Parameters<typeof scriptedFetch>) {
  const fetches = scriptedFetch(...responses)
  const list = new SessionList(new ApiClient('t', { send: fetches.send }))
  const ids = () => list.shown.value.map(({ publicId }) => publicId)
  return { list, fetches, ids }
}

describe('the list of sessions', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is read at once, and again each two seconds until it is closed', async () => {
    const { list, fetches, ids } = listOf(
      json({ sessions: [ann, bob] }),
      json({ sessions: [bob], cursor: 'x' }),
    )
    await vi.advanceTimersByTimeAsync(0)
    expect([ids(), list.isCut.value]).toEqual([['a', 'b'], false])
    await vi.advanceTimersByTimeAsync(2000)
    expect([ids(), list.isCut.value]).toEqual([['b'], true])
    list.close()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(fetches.requests).toHaveLength(2)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('shows what contains the filter, in small letters or large ones', async () => {
    const { list, ids } = listOf(json({ sessions: [ann, bob] }))
    await vi.advanceTimersByTimeAsync(0)
    for (const [filter, found] of [
      ['ANN', ['a']],
      ['vlc', ['b']],
      ['/door', ['b']],
      ['192.0', ['a']],
      ['nobody', []],
      [' ', ['a', 'b']],
    ] as const) {
      list.filter.value = filter
      expect(ids(), filter).toEqual(found)
    }
    list.close()
  })

  it('ends a session, and reads the list again', async () => {
    const { list, fetches, ids } = listOf(
      ...[json({ sessions: [ann, bob] }), json({}), json({ sessions: [bob] })],
    )
    await vi.advanceTimersByTimeAsync(0)
    await list.kick(ann)
    expect(fetches.requests[1]).toBe('POST /v1/sessions/a/kick Bearer t {}')
    expect(ids()).toEqual(['b'])
    list.close()
  })

  it('keeps what it shows where the server does not respond, and recovers', async () => {
    const { list, ids } = listOf(
      ...[json({ sessions: [ann] }), new TypeError('down'), json({ sessions: [bob] })],
    )
    await vi.advanceTimersByTimeAsync(2000)
    expect([list.problem.value, ids()]).toEqual(['The server does not respond.', ['a']])
    await vi.advanceTimersByTimeAsync(2000)
    expect([list.problem.value, ids()]).toEqual(['', ['b']])
    list.close()
  })

  it('keeps the reason why a session does not end, until another one does', async () => {
    const { list } = listOf(
      ...[json({ sessions: [ann] }), json({ title: 'not allowed' }, 403)],
      ...[json({ sessions: [ann] }), json({}), json({ sessions: [] })],
    )
    await vi.advanceTimersByTimeAsync(0)
    await list.kick(ann)
    await vi.advanceTimersByTimeAsync(2000)
    expect([list.problem.value, list.actionProblem.value]).toEqual(['', 'not allowed'])
    await list.kick(ann)
    expect(list.actionProblem.value).toBe('')
    list.close()
  })
})
