import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiClient } from '../../src/api/api-client.js'
import type { EventListener } from '../../src/api/event-stream.js'
import { SourceList } from '../../src/sources/source-list.js'
import type { Visitor } from '../../src/visitor/visitor.js'
import { json, scriptedFetch } from '../api/scripted-fetch.js'
import { source } from './source.js'

const closing: SourceList[] = []

function listed(...responses: Parameters<typeof scriptedFetch>) {
  const { send, requests } = scriptedFetch(...responses)
  let happen: EventListener = () => undefined
  let types: readonly string[] | undefined
  const subscribe = (listener: EventListener, wanted?: readonly string[]) => {
    happen = listener
    types = wanted
    return () => undefined
  }
  const events = { subscribe } as unknown as Visitor['events']
  const list = new SourceList({ client: new ApiClient('t', { send }), events })
  closing.push(list)
  return { list, requests, happen: () => happen({ id: '1', type: 'x', time: '' }), types }
}

describe('the list of sources', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    for (const list of closing.splice(0)) list.close()
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it('is read again soon after a source has changed, and for its bytes every two seconds', async () => {
    const waiting = { ...source, state: 'waiting' }
    const { list, requests, happen, types } = listed(
      ...[json({ sources: [source] }), json({ sources: [waiting] })],
    )
    await vi.advanceTimersByTimeAsync(1500)
    expect([list.sources.value, requests.length]).toEqual([[source], 1])
    happen()
    await vi.advanceTimersByTimeAsync(150)
    expect([list.sources.value, requests.length]).toEqual([[waiting], 2])
    expect(types).toEqual(['sourceStateChanged', 'configChanged', 'eventsLost'])
    await vi.advanceTimersByTimeAsync(2000)
    expect(requests).toHaveLength(3)
  })

  it('adds, changes and removes a pull, and reads the list after each', async () => {
    const { list, requests } = listed(json({ sources: [] }))
    await vi.advanceTimersByTimeAsync(0)
    await list.add('/yard', { url: 'rtsp://192.0.2.7/' })
    await list.change('/yard a', { holdSeconds: 5 })
    await list.change('/yard', {})
    await list.remove('/yard')
    expect(requests.filter((request) => !request.startsWith('GET'))).toEqual([
      'POST /v1/sources Bearer t {"path":"/yard","url":"rtsp://192.0.2.7/"}',
      'PATCH /v1/sources?path=%2Fyard%20a Bearer t {"holdSeconds":5}',
      'DELETE /v1/sources?path=%2Fyard Bearer t',
    ])
    expect(requests.filter((request) => request.startsWith('GET'))).toHaveLength(4)
  })

  it('tells a refused change to its caller, and a failed read to the page', async () => {
    const refused = json({ title: 'Not a request', detail: 'body.url: expected a URL' }, 400)
    const { list } = listed(json({ sources: [source] }), refused, json({ title: 'down' }, 500))
    await vi.advanceTimersByTimeAsync(0)
    await expect(list.add('/yard', {})).rejects.toThrow('Not a request: body.url: expected a URL')
    await list.refresh()
    expect([list.problem.value, list.sources.value]).toEqual(['down', [source]])
  })
})
