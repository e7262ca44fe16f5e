import { describe, expect, it } from 'vitest'
import { mountCamera } from '../../../rtspool/test/support/dialogue.js'
import {
  connectTo,
  expectOk,
  play,
  publish,
  rtpPacket,
  urlOf,
} from '../../../rtspool/test/support/test-server.js'
import { pushTo } from '../../../rtspool/test/support/test-source.js'
import { settle, until } from '../../../rtspool/test/support/until.js'
import { startApi } from './api-scene.js'

/** A server with an API and a number of viewers of a camera. */
async function watched(viewers: number) {
  const scene = await startApi()
  const sources = mountCamera(scene.server)
  const url = urlOf(scene.server, '/cam')
  const clients = []
  for (let n = 0; n < viewers; n++) {
    const client = await connectTo(scene.server)
    await play(client, url)
    clients.push(client)
  }
  return { ...scene, sources, url, clients }
}

describe('sessions', () => {
  it('are listed page by page, each one once', async () => {
    const { api, server } = await watched(5)
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const query = { limit: '2', ...(cursor !== undefined && { cursor }) }
      const { body } = await api.call('listSessions', { query })
      ids.push(...body.sessions.map((session: { publicId: string }) => session.publicId))
      cursor = body.cursor
    } while (cursor !== undefined)
    expect(ids).toEqual([...server.pool.values()].map(({ publicId }) => publicId))
  })

  it('are shown with owner, transport and figures', async () => {
    const { api, server, sources } = await watched(1)
    pushTo(sources, 0, rtpPacket({ sequenceNumber: 1 }))
    const { body } = await api.call('listSessions')
    expect(body.sessions[0]).toMatchObject({
      ...{ state: 'Playing', action: 'read', address: '127.0.0.1', transport: 'TCP' },
      paths: ['/cam'],
      connectionId: [...server.connections][0]?.publicId,
    })
    const { publicId } = body.sessions[0]
    const { body: details } = await api.call('getSession', { params: { publicId } })
    expect(details.streams).toHaveLength(2)
  })

  it('are listed and ended by a group', async () => {
    const { api, server } = await startApi()
    for (const plan of ['free', 'paid', 'free']) server.pool.create({ groups: { plan } })
    const { body } = await api.call('listSessions', { query: { group: 'plan=paid' } })
    expect(body.sessions).toMatchObject([{ groups: { plan: 'paid' }, queuedBytes: 0 }])
    const kicked = await api.call('kickSessions', { body: { filter: { group: 'plan=free' } } })
    expect(kicked.body.count).toBe(2)
    const left = await api.call('listLeavers', { query: { group: 'plan=free' } })
    expect(left.body.leavers).toHaveLength(2)
    for (const group of ['plan', '=free', '__proto__=x']) {
      expect((await api.call('listSessions', { query: { group } })).status).toBe(400)
    }
  })

  it.each([
    [{ limit: '0' }, { where: 'query.limit', expected: 'at least 1', got: '"0"' }],
    [{ limit: 'ten' }, { where: 'query.limit', expected: 'number', got: '"ten"' }],
    [{ limit: '' }, { where: 'query.limit', expected: 'number', got: '""' }],
    [
      { state: 'playing' },
      {
        ...{ where: 'query.state', got: '"playing"' },
        expected: 'one of Init, Ready, Playing, Recording',
      },
    ],
    [{ cursor: '*' }, { where: 'query.cursor', expected: 'cursor of the page before', got: '"*"' }],
  ])('are not listed by the query %j', async (query, error) => {
    const { api } = await startApi()
    const { status, body } = await api.call('listSessions', { query })
    expect(status).toBe(400)
    expect(body.errors).toEqual([error])
  })

  it('end by id: the player is told, and its neighbours stay', async () => {
    const { api, server, clients } = await watched(2)
    const [first] = [...server.pool.values()]
    const params = { publicId: first?.publicId ?? '' }
    const { body } = await api.call('kickSession', { params, body: { reason: 'enough' } })
    expect(body.removalReason).toBe('kicked')
    await until(
      () => clients[0]?.socket.closed === true || clients[0]?.socket.readableEnded === true,
    )
    expect(server.pool.size).toBe(1)
    expect((await api.call('kickSession', { params })).status).toBe(404)
  })

  it('end by a filter, after a dry run that ends none', async () => {
    const { api, server } = await watched(3)
    const filter = { path: '/cam', state: 'Playing' }
    const dry = await api.call('kickSessions', { body: { filter, dryRun: true } })
    expect(dry.body).toMatchObject({ count: 3, dryRun: true })
    expect(server.pool.size).toBe(3)
    const { body } = await api.call('kickSessions', { body: { filter, reason: 'maintenance' } })
    expect(body.count).toBe(3)
    expect(server.pool.size).toBe(0)
    expect((await api.call('kickSessions', { body: { filter: {} } })).status).toBe(400)
  })

  it('end as a dry run has counted them, or not at all', async () => {
    const { api, server } = await startApi()
    const add = () => server.pool.create({ owner: { user: 'ann', address: '192.0.2.1' } })
    add()
    const filter = { user: 'ann' }
    const { body: dry } = await api.call('kickSessions', { body: { filter, dryRun: true } })
    const later = add()
    const counted = { filter, expectedCount: dry.count, ban: { seconds: 60 } }
    const { status, body } = await api.call('kickSessions', { body: counted })
    expect([status, body.detail]).toEqual([409, 'sessions that would end now: 2, expected: 1'])
    expect([server.pool.size, server.pool.bans.size]).toEqual([2, 0])
    const kicked = await api.call('kickSessions', { body: { ...counted, sessions: dry.sessions } })
    expect(kicked.body).toEqual({ count: 1, dryRun: false, sessions: dry.sessions })
    expect([...server.pool.values()]).toEqual([later])
  })

  it('end by id only if the filter selects them as well', async () => {
    const { api, server } = await startApi()
    const [ann, bob] = ['ann', 'bob'].map((user) =>
      server.pool.create({ owner: { user, address: '192.0.2.1' } }),
    )
    const sessions = [ann, bob].map((session) => session?.publicId)
    const gone = 'x'.repeat(22)
    const body = { filter: { user: 'ann' }, sessions: [...sessions, gone] }
    expect((await api.call('kickSessions', { body })).body.sessions).toEqual(sessions.slice(0, 1))
    expect((await api.call('kickSessions', { body: { ...body, sessions: [] } })).body.count).toBe(0)
    const long = { ...body, sessions: Array.from({ length: 1001 }, () => gone) }
    expect((await api.call('kickSessions', { body: long })).status).toBe(400)
    expect([...server.pool.values()]).toEqual([bob])
  })

  it('change their timeout and the end of their authorization', async () => {
    const { api, server } = await watched(1)
    const [session] = [...server.pool.values()]
    const params = { publicId: session?.publicId ?? '' }
    const expiresAt = Math.floor(Date.now() / 1000) + 3600
    const { body } = await api.call('changeSession', {
      params,
      body: { timeoutSeconds: 120, expiresAt },
    })
    expect(body).toMatchObject({ timeoutSeconds: 120, expiresAt })
    const milliseconds = { timeoutSeconds: 90, expiresAt: Date.now() }
    expect((await api.call('changeSession', { params, body: milliseconds })).status).toBe(400)
    expect(session?.timeout).toBe(120)
    const never = await api.call('changeSession', { params, body: { expiresAt: null } })
    expect(never.body.expiresAt).toBeUndefined()
  })
})

describe('bans and those that have left', () => {
  it('a kick bans the owner, and keeps reason and figures', async () => {
    const { api, server, url } = await watched(2)
    const [first] = [...server.pool.values()]
    const params = { publicId: first?.publicId ?? '' }
    const body = { reason: 'too long', ban: { seconds: 60 } }
    const kicked = await api.call('kickSession', { params, body })
    expect(kicked.body).toMatchObject({ removalReason: 'kicked', removalNote: 'too long' })
    const { body: bans } = await api.call('listBans')
    expect(bans.bans).toMatchObject([
      { address: '127.0.0.1', cause: 'kicked', author: 'first', reason: 'too long', hits: 0 },
    ])
    const { body: left } = await api.call('listLeavers', { query: { reason: 'kicked' } })
    expect(left.leavers).toMatchObject([
      { publicId: params.publicId, paths: ['/cam'], reason: 'kicked', note: 'too long' },
    ])
    const ban = { publicId: bans.bans[0].publicId }
    await api.call('removeBan', { params: ban })
    expect((await api.call('getBan', { params: ban })).status).toBe(404)
    await play(await connectTo(server), url)
  })

  it.each([
    [{}, 'at least one of'],
    [{ address: 'here' }, 'an address or a network'],
    [{ path: 'cam' }, "a decoded path such as '/cam'"],
    [{ user: 'ann', until: 5 }, 'until'],
  ])('no ban is made of %j', async (body, expected) => {
    const { api, server } = await startApi()
    const answer = await api.call('addBan', { body })
    expect(answer.status).toBe(400)
    expect(answer.body.errors[0].expected).toContain(expected)
    expect(server.pool.bans.size).toBe(0)
  })

  it('a list is sorted and filtered', async () => {
    const { api, server } = await watched(3)
    const query = { sort: 'age', order: 'ascending', minAge: '0', like: '127.0.0', limit: '1' }
    const { body } = await api.call('listSessions', { query })
    expect(body.sessions[0].publicId).toBe([...server.pool.values()].at(-1)?.publicId)
    const wrong = await api.call('listSessions', { query: { sort: 'name' } })
    expect(wrong.status).toBe(400)
  })
})

describe('connections and media', () => {
  it('connections are listed and closed', async () => {
    const { api, server } = await watched(3)
    const first = await api.call('listConnections', { query: { limit: '2' } })
    expect(first.body.connections).toHaveLength(2)
    const query = { limit: '2', cursor: first.body.cursor }
    const { body } = await api.call('listConnections', { query })
    expect(body.connections).toHaveLength(1)
    const params = { publicId: body.connections[0].publicId }
    await api.call('closeConnection', { params })
    await until(() => server.connections.size === 2)
  })

  it('a list goes on behind an entry that is gone', async () => {
    const { api, clients, server } = await watched(3)
    const first = await api.call('listConnections', { query: { limit: '2' } })
    const before = server.connections.size
    await clients[1]?.close()
    await until(() => server.connections.size < before)
    const { body } = await api.call('listConnections', { query: { cursor: first.body.cursor } })
    const third = [...server.connections].at(-1)?.publicId
    expect(body.connections.map(({ publicId }: { publicId: string }) => publicId)).toContain(third)
  })

  it('media have tracks, viewers and the publisher', async () => {
    const { api, server } = await startApi()
    const url = urlOf(server, '/live/door')
    await publish(await connectTo(server), url)
    await play(await connectTo(server), url)
    const { body } = await api.call('listMedia')
    expect(body.media[0]).toMatchObject({
      ...{ path: '/live/door', state: 'playing', isDown: false, sessionCount: 2 },
      publisher: { address: '127.0.0.1' },
      tracks: [{ kind: 'video' }, { kind: 'audio', encoding: 'opus', clockRate: 48_000 }],
    })
    await publish(await connectTo(server), urlOf(server, '/live/yard'))
    const pathsOf = async (query: Record<string, string>) =>
      (await api.call('listMedia', { query })).body.media.map(({ path }: { path: string }) => path)
    expect(await pathsOf({})).toEqual(['/live/door', '/live/yard'])
    expect(await pathsOf({ path: '/live/yard' })).toEqual(['/live/yard'])
    expect(await pathsOf({ path: '/live' })).toEqual([])
    const params = { publicId: body.media[0].publicId }
    await api.call('endMedia', { params })
    expect(server.pool.stats().removed.mediaEnded).toBeGreaterThan(0)
  })

  it('a probe returns times, sizes and key frames', async () => {
    const { api, server, sources } = await watched(1)
    const [media] = server.media
    const params = { publicId: media?.publicId ?? '' }
    const answer = api.call('probeMedia', { params, query: { seconds: '0.3001', track: '1' } })
    let sequenceNumber = 0
    let isDone = false
    answer.finally(() => {
      isDone = true
    })
    const push = () => {
      const payload = Buffer.alloc(40, 1)
      const timestamp = sequenceNumber * 960
      pushTo(sources, 1, rtpPacket({ sequenceNumber, timestamp, payloadType: 97, payload }))
      sequenceNumber++
      return settle(1, 'a probe ends before its time when it has as many units as it may')
    }
    await until(() => isDone, push)
    const { body } = await answer
    expect(body.units.length).toBeGreaterThan(0)
    expect(body.units[0]).toMatchObject({ track: 1, sizeBytes: 40, isKeyFrame: true })
    expect(body.seconds).toBeGreaterThanOrEqual(0.29)
  })
})

describe('limits', () => {
  it('change while the server runs: the next SETUP gets 503', async () => {
    const { api, server, url } = await watched(1)
    const { body } = await api.call('changeLimits', { body: { maxSessions: 1 } })
    expect(body.maxSessions).toBe(1)
    const client = await connectTo(server)
    const transport = { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' }
    const refused = await client.request('SETUP', `${url}/trackID=0`, { headers: transport })
    expect(refused.statusCode).toBe(503)
    await api.call('changeLimits', { body: { maxSessions: 2 } })
    await expectOk(client, 'SETUP', `${url}/trackID=0`, { headers: transport })
  })

  it.each([
    [{ maxSessions: -1 }, 'body.maxSessions'],
    [{ maxSessions: 1.5 }, 'body.maxSessions'],
    [{ maxSessions: '5' }, 'body.maxSessions'],
    [{ maxSession: 5 }, 'body.maxSession'],
    [{ maxConnections: 5, maxLifetime: -1 }, 'body.maxLifetime'],
    [{}, 'body'],
    [[], 'body'],
  ])('refuse %j whole', async (body, where) => {
    const { api } = await startApi()
    const before = (await api.call('getLimits')).body
    const answer = await api.call('changeLimits', { body })
    expect(answer.status).toBe(400)
    expect(answer.body.errors[0].where).toBe(where)
    expect((await api.call('getLimits')).body).toEqual(before)
  })

  it('hold for connections as well', async () => {
    const { api, server } = await startApi()
    await api.call('changeLimits', { body: { maxConnections: 3, maxConnectionsPerAddress: 2 } })
    expect(server.connectionLimits).toEqual({ maxConnections: 3, maxConnectionsPerAddress: 2 })
  })
})

describe('the audit log', () => {
  it('has each change, the newest first, and no reading', async () => {
    const { api, tokenOf, logged } = await startApi({}, {}, { hasLive: true })
    await tokenOf('viewer')
    await api.call('getLimits')
    await api.call('createLiveTicket', { body: { path: '/cam' } })
    await api.call('kickSessions', { body: { filter: { user: 'a' }, dryRun: true } })
    await api.call('changeLimits', { body: { maxSessions: 7 } })
    await api.call('kickSessions', { body: { filter: { user: 'a' } } })
    const { body } = await api.call('listAudit')
    expect(body.entries).toMatchObject([
      { id: 3, operation: 'kickSessions', status: 200, token: { name: 'first' } },
      { id: 2, operation: 'changeLimits', status: 200, input: { maxSessions: 7 } },
      { id: 1, operation: 'createToken', status: 200, input: { name: 'viewer', role: 'viewer' } },
    ])
    expect(logged.filter((line) => line.includes('changed by the API'))).toHaveLength(3)
    const page = await api.call('listAudit', { query: { limit: '1' } })
    expect(page.body.cursor).toBe(3)
    const next = await api.call('listAudit', { query: { limit: '1', cursor: '3' } })
    expect(next.body.entries[0].id).toBe(2)
  })

  it('has no refused calls: the log has some, and counts the rest', async () => {
    const { api, tokenOf, logged } = await startApi()
    const token = await tokenOf('viewer')
    for (let n = 0; n < 15; n++) {
      await api.call('changeLimits', { body: { maxSessions: 8 }, token })
    }
    await api.call('changeLimits', { body: { maxSessions: 'many' } })
    const { body } = await api.call('listAudit')
    expect(body.entries).toMatchObject([{ operation: 'createToken' }])
    expect(logged.filter((line) => line.includes('refused by the API'))).toHaveLength(10)
  })

  it('shortens texts at any depth', async () => {
    const { api, logged } = await startApi()
    const long = 'x'.repeat(1000)
    await api.call('kickSessions', { body: { filter: { like: long } } })
    const { body } = await api.call('listAudit')
    expect(body.entries[0].input.filter.like).toBe(`${'x'.repeat(255)}…`)
    expect(logged.join('')).not.toContain('x'.repeat(300))
  })
})

describe('readiness', () => {
  it('is lost while the limit on sessions is reached', async () => {
    const { api } = await watched(1)
    expect((await api.call('getReady')).status).toBe(200)
    await api.call('changeLimits', { body: { maxSessions: 1 } })
    expect((await api.call('getReady')).body.detail).toBe('the limit on sessions is reached')
    expect((await api.call('getHealth')).status).toBe(200)
  })

  it('is lost while the server closes', async () => {
    const { api, control } = await startApi()
    control.noteClosing()
    const { status, body } = await api.call('getReady')
    expect([status, body.detail]).toEqual([503, 'the server is closing'])
    // HAProxy lets the connections of a server live that says 404.
    const other = await api.call('getReady', { query: { otherwise: '404' } })
    expect([other.status, other.body.detail]).toEqual([404, 'the server is closing'])
  })
})
