import { chmodSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { AuthOptions } from 'rtspool'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { setUp } from '../../../rtspool/test/support/dialogue.js'
import { connectTo, play, publish, urlOf } from '../../../rtspool/test/support/test-server.js'
import { until } from '../../../rtspool/test/support/until.js'
import { externalLogins } from '../../src/access/external-logins.js'
import { ShareLogins } from '../../src/access/share-logins.js'
import { ShareStore } from '../../src/api/access/shares.js'
import { LiveBrowser } from '../live/support/live-server.js'
import { type ApiScene, startApi } from './api-scene.js'

const path = '/live/door'

async function start(): Promise<ApiScene> {
  const scene = await startApi({}, {}, { hasLive: true })
  await publish(await connectTo(scene.server), urlOf(scene.server, path))
  return scene
}

/** Watches as the page of a link does. */
function watch({ page, port }: { page: string; port: number }, origin?: string): LiveBrowser {
  const secret = page.slice(page.indexOf('#') + 1)
  const options = origin === undefined ? {} : { origin }
  const protocols = ['rtspool.live', `share.${secret}`]
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, protocols, options)
  onTestFinished(() => socket.terminate())
  return new LiveBrowser(socket)
}

const storedAt = ({ tokensFile }: ApiScene) => join(dirname(tokensFile), 'rtspool-shares.json')

describe('a share link', { tags: 'B-AUTH0' }, () => {
  it('lets browsers watch its path, as sessions of the link', async () => {
    const { api, server } = await start()
    const { body: share } = await api.call('createShare', { body: { path, name: 'neighbour' } })
    expect(share).toMatchObject({ name: 'neighbour', path, maxViewers: 10, author: 'first' })
    expect(share.page).toMatch(/^\/share#share_[\w-]{43}$/)
    watch(share)
    await until(() => server.pool.size === 2)
    const { body } = await api.call('listSessions', { query: { user: 'share:neighbour' } })
    expect(body.sessions).toMatchObject([{ paths: [path], transport: 'websocket-fmp4' }])
    const { body: list } = await api.call('listShares')
    expect(list.shares).toMatchObject([{ id: share.id, user: 'share:neighbour', sessions: 1 }])
  })

  it('has a limit of its own, which holds for requests at the same time', async () => {
    const { api, server } = await start()
    const { body: share } = await api.call('createShare', { body: { path, maxViewers: 2 } })
    const browsers = Array.from({ length: 5 }, () => watch(share))
    await until(() => browsers.filter(({ end }) => end !== undefined).length === 3)
    expect(server.pool.size).toBe(3)
    const ends = new Set(browsers.map(({ end }) => end))
    expect(ends).toEqual(new Set([undefined, '4503 ERR_SESSION_POOL_FULL']))
  })

  it('ends at once when it is revoked, and tells newcomers so', async () => {
    const { api, server } = await start()
    const { body: share } = await api.call('createShare', { body: { path, name: 'a' } })
    const { body: other } = await api.call('createShare', { body: { path, name: 'b' } })
    const [first, neighbour] = [watch(share), watch(other)]
    await until(() => server.pool.size === 3)
    const { body } = await api.call('revokeShare', { params: { id: share.id } })
    expect(body).toEqual({ sessions: 1 })
    await until(() => first.end !== undefined)
    expect(first.end).toBe('4403 kicked')
    const late = watch(share)
    await until(() => late.end !== undefined)
    expect(late.end).toBe('4401 authorizationExpired')
    expect([neighbour.end, server.pool.size]).toEqual([undefined, 2])
    const { body: left } = await api.call('listLeavers', { query: { user: 'share:a' } })
    expect(left.leavers).toMatchObject([{ reason: 'kicked', note: 'The share link was revoked' }])
  })

  it('lets players watch its path by RTSP, within its terms', async () => {
    const shareLogins = new ShareLogins()
    const nobody = { hook: undefined, jwt: undefined }
    const auth: AuthOptions = {
      login: externalLogins(nobody, shareLogins).login,
      rules: [{ path: '/*', read: 'authenticated', publish: 'anyone' }],
      tokens: 'always',
      tokenParameters: ['share'],
    }
    const { api, server } = await startApi({ auth }, {}, { hasLive: true, shareLogins })
    await publish(await connectTo(server), urlOf(server, path))
    const end = Math.floor(Date.now() / 1000) + 600
    const terms = { path, name: 'a', maxViewers: 1, until: end }
    const { body: share } = await api.call('createShare', { body: terms })
    const query = `?share=${share.page.split('#')[1]}`
    const player = await connectTo(server)
    await play(player, `${urlOf(server, path)}${query}`, ['TCP'])
    const [session] = [...server.pool.values()].filter(({ owner }) => owner?.user === 'share:a')
    expect(session?.expiresAt).toBe(end)
    const other = await connectTo(server)
    expect((await setUp(other, `${urlOf(server, path)}/trackID=0${query}`)).statusCode).toBe(503)
    const elsewhere = await other.request('DESCRIBE', `${urlOf(server, '/live/other')}${query}`)
    expect(elsewhere.statusCode).toBe(403)
    other.authorization = () => `Bearer ${query.slice('?share='.length)}`
    expect((await other.request('DESCRIBE', urlOf(server, path))).statusCode).toBe(200)
    expect((await other.request('ANNOUNCE', urlOf(server, path))).statusCode).toBe(403)
    await api.call('revokeShare', { params: { id: share.id } })
    expect(session?.removalReason).toBe('kicked')
  })

  it('gives its sessions its end', async () => {
    const { api, server } = await start()
    const end = Math.floor(Date.now() / 1000) + 600
    const { body: share } = await api.call('createShare', { body: { path, until: end } })
    watch(share)
    await until(() => server.pool.size === 2)
    const [session] = [...server.pool.values()].filter(({ owner }) => owner?.user !== undefined)
    expect(session?.expiresAt).toBe(end)
  })

  it('is refused to pages of other hosts', { tags: 'B-CSRF' }, async () => {
    const { api } = await start()
    const { body: share } = await api.call('createShare', { body: { path } })
    const foreign = watch(share, 'http://evil.example')
    await until(() => foreign.end !== undefined)
    expect(foreign.end).toBe('HTTP 403')
  })

  it('is made and revoked by operators, and each change is in the audit log', async () => {
    const scene = await start()
    const { api, tokenOf } = scene
    const viewer = await tokenOf('viewer')
    for (const id of ['listShares', 'createShare', 'revokeShare']) {
      const call = { token: viewer, params: { id: 'a' }, body: { path } }
      const { body, ...rest } = call
      expect((await api.call(id, id === 'createShare' ? call : rest)).status).toBe(403)
    }
    const token = await tokenOf('operator')
    const { body: share } = await api.call('createShare', { token, body: { path } })
    await api.call('revokeShare', { token, params: { id: share.id } })
    const { body: audit } = await api.call('listAudit', { query: { limit: '2' } })
    expect(audit.entries).toMatchObject([
      { operation: 'revokeShare', token: { name: 'operator' }, input: { id: share.id } },
      { operation: 'createShare', token: { name: 'operator' }, input: { path, maxViewers: 10 } },
    ])
  })

  it.each([
    [{ path: 'door' }, 'body.path'],
    [{ path, seconds: 5, until: 9e9 }, 'body.until'],
    [{ path, until: 1e12 }, 'body.until'],
    [{ path, until: 5 }, 'body.until'],
    [{ path, name: '<b>' }, 'body.name'],
    [{ path, maxViewers: -1 }, 'body.maxViewers'],
  ])('with %j is refused', async (body, where) => {
    const { api } = await startApi({}, {}, { hasLive: true })
    const answer = await api.call('createShare', { body })
    expect([answer.status, answer.body.errors[0].where]).toEqual([400, where])
  })

  it('has a name of its own', async () => {
    const { api } = await startApi({}, {}, { hasLive: true })
    await api.call('createShare', { body: { path, name: 'a' } })
    expect((await api.call('createShare', { body: { path, name: 'a' } })).status).toBe(409)
  })
})

describe('secrets of share links', { tags: 'B-SECR' }, () => {
  it('are shown once, and kept as hashes in a file of their owner', async () => {
    const scene = await start()
    const { api, control, logged } = scene
    const { body: share } = await api.call('createShare', { body: { path } })
    const secret = share.page.split('#')[1]
    const answers = await Promise.all(
      ['listShares', 'listAudit', 'getMetrics', 'getConfig', 'listSessions'].map(async (id) =>
        (await api.send(id)).text(),
      ),
    )
    const { events } = control.feed.read(0, 100)
    const stored = readFileSync(storedAt(scene), 'utf8')
    const all = [...answers, ...logged, JSON.stringify(events), stored].join('\n')
    expect(all).toContain(share.id)
    expect(all).not.toContain(secret)
    expect(statSync(storedAt(scene)).mode & 0o777).toBe(0o600)
    expect(events.map(({ type }) => type)).toContain('shareCreated')
  })
})

describe('the file of share links', () => {
  const terms = { path, name: 'a', until: undefined, maxViewers: 1, author: 'first' }
  const fileOf = async () => storedAt(await startApi())

  it('keeps them over restarts', async () => {
    const file = await fileOf()
    const before = ShareStore.open(file, new ManualClock())
    const created = await before.create(terms)
    if (typeof created === 'string') throw new Error(created)
    const after = ShareStore.open(file, new ManualClock())
    expect(after.find(created.secret)).toMatchObject({ id: created.id, name: 'a' })
    expect(after.find(`${created.secret}x`)).toBeUndefined()
  })

  it('loses those that expire, each with its event', async () => {
    const file = await fileOf()
    const clock = new ManualClock()
    const shares = ShareStore.open(file, clock)
    onTestFinished(() => shares.close())
    const ended: string[] = []
    shares.on('ended', ({ name }, by) => void ended.push(`${name} ${by}`))
    const end = clock.unixTimeMs() / 1000 + 60
    const created = await shares.create({ ...terms, until: end })
    await shares.create({ ...terms, name: 'b', until: end + 60 })
    if (typeof created === 'string') throw new Error(created)
    clock.advance(59_000)
    expect(shares.find(created.secret)).toBeDefined()
    clock.advance(1_500)
    expect(shares.find(created.secret)).toBeUndefined()
    await until(() => ended.length > 0)
    clock.advance(60_000)
    await until(() => ended.length > 1)
    expect(ended).toEqual(['a expired', 'b expired'])
    await until(() => JSON.parse(readFileSync(file, 'utf8')).shares.length === 0)
  })

  it('is refused where others may write it', async () => {
    const file = await fileOf()
    await ShareStore.open(file, new ManualClock()).create(terms)
    chmodSync(file, 0o666)
    expect(() => ShareStore.open(file, new ManualClock())).toThrow('chmod 600')
  })
})
