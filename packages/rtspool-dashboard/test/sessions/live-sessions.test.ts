import { describe, expect, it, onTestFinished } from 'vitest'
import { ApiClient } from '../../src/api/api-client.js'
import { defaultSorting, LiveSessions } from '../../src/sessions/live-sessions.js'
import { json, scriptedFetch } from '../api/scripted-fetch.js'
import { session } from './session.js'

/** Sessions that were read once, with these responses to the requests for the list and for the number. */
async function shown(list: object, number: object) {
  const { send, requests } = scriptedFetch(json(list), json(number))
  const client = new ApiClient('t', { send })
  const sessions = new LiveSessions({ client, events: { subscribe: () => () => {} } } as never)
  onTestFinished(() => sessions.close())
  await sessions.show({}, defaultSorting)
  return { sessions, asked: requests.at(-1) }
}

const page = { sessions: [session('a')] }
const other = { tag: '0a1b2c3d', name: 'two', why: 'storeAway' }

describe('the number of live sessions', () => {
  it('is that of the server, without a cluster', async () => {
    const { sessions, asked } = await shown(page, { sessions: { now: 7 } })
    expect(asked).toContain('GET /v1/stats')
    expect([sessions.total.value, sessions.unheard.value]).toEqual([7, undefined])
  })

  it('is that of all servers of a cluster that are alive', async () => {
    const nodes = [
      { state: 'active', sessions: 3 },
      { state: 'suspect', sessions: 4 },
      { state: 'dead', sessions: 9 },
    ]
    const { sessions, asked } = await shown({ ...page, unheard: [] }, { sessions: 3, nodes })
    expect(asked).toContain('GET /v1/cluster')
    expect(sessions.total.value).toBe(7)
  })

  it('is that of this server while Redis is away, as in the list', async () => {
    const { sessions } = await shown({ ...page, unheard: [other] }, { sessions: 412 })
    expect([sessions.total.value, sessions.unheard.value]).toEqual([412, [other]])
  })
})
