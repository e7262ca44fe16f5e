import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiClient } from '../../src/api/api-client.js'
import { pollHistory } from '../../src/overview/history.js'
import { json, scriptedFetch } from '../api/scripted-fetch.js'

const samples = (...numbers: number[]) => json({ samples: numbers.map((number) => ({ number })) })

describe('the history of the overview', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is read whole, and then what is new', async () => {
    const fetches = scriptedFetch(samples(2, 4), samples(6), new TypeError('down'), samples(8, 10))
    const history = pollHistory(new ApiClient('t', { send: fetches.send }))
    await vi.advanceTimersByTimeAsync(2000)
    const numbers = () => history.value.value?.map(({ number }) => number)
    expect([numbers(), history.problem.value]).toEqual([[2, 4, 6], ''])
    await vi.advanceTimersByTimeAsync(2000)
    expect(history.problem.value).toBe('The server does not respond.')
    await vi.advanceTimersByTimeAsync(2000)
    expect([numbers(), history.problem.value]).toEqual([[2, 4, 6, 8, 10], ''])
    expect(fetches.requests.map((request) => request.split(' ')[1])).toEqual([
      ...['/v1/history', '/v1/history?after=4'],
      ...['/v1/history?after=6', '/v1/history?after=6'],
    ])
    history.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('goes on with a server that has started again at a smaller number', async () => {
    const fetches = scriptedFetch(samples(8, 9), samples(3), samples(4))
    const history = pollHistory(new ApiClient('t', { send: fetches.send }))
    await vi.advanceTimersByTimeAsync(4000)
    expect(history.value.value?.map(({ number }) => number)).toEqual([8, 9, 3, 4])
    expect(fetches.requests.at(-1)).toContain('after=3')
    history.close()
  })

  it('has five minutes at most', async () => {
    const many = Array.from({ length: 100 }, (_, index) => index)
    const later = many.map((second) => second + 100)
    const fetches = scriptedFetch(samples(...many), samples(...later))
    const history = pollHistory(new ApiClient('t', { send: fetches.send }))
    await vi.advanceTimersByTimeAsync(2000)
    expect(history.value.value).toHaveLength(150)
    history.close()
  })
})
