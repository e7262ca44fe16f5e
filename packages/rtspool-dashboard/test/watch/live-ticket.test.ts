import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiClient } from '../../src/api/api-client.js'
import { LiveRefusal } from '../../src/live/index.js'
import { LiveTickets } from '../../src/watch/live-ticket.js'
import { json, scriptedFetch } from '../api/scripted-fetch.js'

const ticket = (name: string) =>
  json({ port: 9000, isSecure: false, protocols: ['rtspool.live', name], lifetimeSeconds: 30 })

function ticketsOf(...responses: Parameters<typeof scriptedFetch>) {
  const fetches = scriptedFetch(...responses)
  const tickets = new LiveTickets(new ApiClient('t', { send: fetches.send }))
  const connect = async (path = '/cam') => (await tickets.connectionTo(path, 'host')).protocols[1]
  return { tickets, fetches, connect }
}

describe('tickets for live pictures', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('are asked for when somebody watches', async () => {
    const { tickets, fetches } = ticketsOf(ticket('a'))
    expect(await tickets.connectionTo('/cam', 'host')).toEqual({
      url: 'ws://host:9000/',
      protocols: ['rtspool.live', 'a'],
    })
    expect(fetches.requests).toEqual(['POST /v1/live/tickets Bearer t {"path":"/cam"}'])
  })

  it('are used once where they were prepared', async () => {
    const { tickets, fetches, connect } = ticketsOf(ticket('a'), ticket('b'))
    tickets.prepare('/cam')
    tickets.prepare('/cam')
    expect([await connect(), await connect(), fetches.requests.length]).toEqual(['a', 'b', 2])
  })

  it('are not used for another path, or when they are old', async () => {
    const { tickets, connect } = ticketsOf(ticket('a'), ticket('b'), ticket('c'), ticket('d'))
    tickets.prepare('/cam')
    expect(await connect('/door')).toBe('b')
    tickets.prepare('/cam')
    vi.advanceTimersByTime(20_000)
    expect(await connect()).toBe('d')
  })

  it('are asked for again where the preparation has failed', async () => {
    const { tickets, connect } = ticketsOf(new TypeError('down'), ticket('b'))
    tickets.prepare('/cam')
    expect(await connect()).toBe('b')
  })

  it('say whether another attempt is useless', async () => {
    const { connect } = ticketsOf(
      ...[json({ title: 'no live picture' }, 409), json({ title: 'later' }, 503)],
    )
    await expect(connect()).rejects.toThrow(new LiveRefusal('no live picture'))
    await expect(connect()).rejects.not.toBeInstanceOf(LiveRefusal)
  })
})
