import { describe, expect, it } from 'vitest'
import { ApiClient } from '../../src/api/api-client.js'
import { countSessions, kickSession, kickSessions, subjectsOf } from '../../src/sessions/kick.js'
import { json, scriptedFetch } from '../api/scripted-fetch.js'
import { session } from './session.js'

const ann = session('a', { user: 'ann', address: '192.0.2.1' })
const silent = { tag: '0a1b2c3d', name: 'two', why: 'silent' }

function scene(...responses: Parameters<typeof scriptedFetch>) {
  const { send, requests } = scriptedFetch(...responses)
  return { client: new ApiClient('t', { send }), requests }
}

describe('end of sessions', () => {
  it('comes after the ban, so that the client is not back before it', async () => {
    const { client, requests } = scene(json({}))
    await kickSession(client, ann, { reason: 'enough', ban: { seconds: 60, subject: 'user' } })
    expect(requests).toEqual([
      'POST /v1/bans Bearer t {"user":"ann","seconds":60,"reason":"enough"}',
      'POST /v1/sessions/a/kick Bearer t {"reason":"enough"}',
    ])
  })

  it('comes with the ban in a cluster, where the server of the session bans its client', async () => {
    const { client, requests } = scene(json({}))
    const elsewhere = { ...ann, node: { tag: '0a1b2c3d', name: 'two' } }
    await kickSession(client, elsewhere, { reason: '', ban: { seconds: 60, subject: 'user' } })
    await kickSession(client, elsewhere, { reason: '', ban: { seconds: 60, subject: 'address' } })
    expect(requests).toEqual([
      'POST /v1/sessions/a/kick Bearer t {"ban":{"seconds":60}}',
      'POST /v1/bans Bearer t {"address":"192.0.2.1","seconds":60}',
      'POST /v1/sessions/a/kick Bearer t {}',
    ])
  })

  it('of a session in a cluster that has left already still bans its client', async () => {
    const gone = json({ title: 'no live session' }, 404)
    const { client, requests } = scene(gone, json({}), gone)
    const elsewhere = { ...ann, node: { tag: '0a1b2c3d', name: 'two' } }
    await kickSession(client, elsewhere, { reason: 'x', ban: { seconds: 60, subject: 'user' } })
    expect(requests.slice(0, 2)).toEqual([
      'POST /v1/sessions/a/kick Bearer t {"reason":"x","ban":{"seconds":60}}',
      'POST /v1/bans Bearer t {"user":"ann","seconds":60,"reason":"x"}',
    ])
  })

  it('needs neither reason nor ban', async () => {
    const { client, requests } = scene(json({}))
    await kickSession(client, ann, { reason: '' })
    expect(requests).toEqual(['POST /v1/sessions/a/kick Bearer t {}'])
  })

  it('does not come where the ban is refused', async () => {
    const { client, requests } = scene(json({ title: 'full' }, 409))
    const ban = { seconds: 0, subject: 'address' } as const
    await expect(kickSession(client, ann, { reason: '', ban })).rejects.toThrow('full')
    expect(requests).toHaveLength(1)
  })

  it('is no problem where the session has left already', async () => {
    const { client } = scene(json({ title: 'no live session' }, 404))
    await expect(kickSession(client, ann, { reason: '' })).resolves.toBeUndefined()
  })

  it('of a filter is that of the sessions that were counted first', async () => {
    const { client, requests } = scene(json({ count: 2, sessions: ['a', 'b'], unheard: [silent] }))
    const filter = { user: 'ann', minAge: '60' }
    const counted = await countSessions(client, filter)
    expect(counted.count).toBe(2)
    const ban = { seconds: 600, subject: 'user' } as const
    const ended = await kickSessions(client, filter, counted, { reason: 'night', ban })
    expect(ended.unheard).toEqual([silent])
    expect(requests.map((request) => JSON.parse(request.split('Bearer t ')[1] ?? ''))).toEqual([
      { filter: { user: 'ann', minAge: 60 }, dryRun: true },
      {
        ...{ filter: { user: 'ann', minAge: 60 }, sessions: ['a', 'b'] },
        ...{ reason: 'night', ban: { seconds: 600 } },
      },
    ])
  })

  it('can ban what is known of the client', () => {
    expect(subjectsOf(ann)).toEqual(['user', 'address'])
    expect(subjectsOf({ address: '192.0.2.1' })).toEqual(['address'])
    expect(subjectsOf({})).toEqual([])
  })
})
