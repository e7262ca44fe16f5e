import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { RtspServerOptions, SessionRefusal } from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { mountCamera, readySession, setUp } from '../../support/dialogue.js'
import {
  connectTo,
  expectOk,
  play,
  startServer,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { until } from '../../support/until.js'

const basic = (user: string, password = 'secret') => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

const users = {
  users: { ann: 'secret', bob: 'secret' },
  basic: 'always',
  rules: [{ path: '/*', read: 'authenticated', publish: 'authenticated' }],
} as const

async function camera(options: RtspServerOptions = {}) {
  const server = await startServer({ ...options })
  mountCamera(server)
  return { server, bans: server.pool.bans, url: urlOf(server, '/cam') }
}

const announce = { headers: { 'Content-Type': 'application/sdp' }, body: testSdp }

describe('a banned address', () => {
  it('finds its connection closed at once; its neighbours go on', async () => {
    const { server, bans, url } = await camera()
    const viewer = await connectTo(server, '127.0.0.2')
    await play(viewer, url, ['TCP'])
    bans.add({ address: '127.0.0.2' })
    const banned = await connectTo(server, '127.0.0.2')
    await banned.closed()
    const neighbour = await connectTo(server, '127.0.0.3')
    await expectOk(neighbour, 'DESCRIBE', url)
    expect(server.stats()).toMatchObject({ bannedConnections: 1, refusedConnections: 0 })
    // A session that is there stays, but its connection begins nothing new.
    expect(server.pool.size).toBe(1)
    expect((await viewer.request('DESCRIBE', url)).statusCode).toBe(403)
    expect((await viewer.request('OPTIONS', url)).statusCode).toBe(200)
  })

  it('is let in again when the ban has ended', async () => {
    const clock = new ManualClock()
    const { server, bans, url } = await camera({ clock })
    bans.add({ address: '127.0.0.0/8', seconds: 60 })
    await (await connectTo(server)).closed()
    clock.advance(60_000)
    await expectOk(await connectTo(server), 'DESCRIBE', url)
  })
})

describe('a banned user', () => {
  it('gets 403 for DESCRIBE, SETUP and ANNOUNCE after its login', async () => {
    const { server, bans, url } = await camera({ auth: users })
    const ban = bans.add({ user: 'ann', reason: 'noise' })
    const client = await connectTo(server)
    const asked = async (method: string, uri: string, user: string, more = {}) => {
      const headers = { ...basic(user), ...(more as { headers?: object }).headers }
      return (await client.request(method, uri, { ...more, headers })).statusCode
    }
    const transport = { headers: { Transport: 'RTP/AVP/TCP;unicast' } }
    const live = urlOf(server, '/live/a')
    const refusals: SessionRefusal[] = []
    server.pool.on('sessionRefused', (refusal) => refusals.push(refusal))
    expect(await asked('DESCRIBE', url, 'ann')).toBe(403)
    expect(await asked('SETUP', `${url}/trackID=0`, 'ann', transport)).toBe(403)
    expect(await asked('ANNOUNCE', live, 'ann', announce)).toBe(403)
    expect(await asked('DESCRIBE', url, 'bob')).toBe(200)
    expect(await asked('ANNOUNCE', live, 'bob', announce)).toBe(200)
    expect(ban.hits).toBe(3)
    // Only SETUP asks for a session.
    expect(refusals).toEqual([
      { limit: 'bans', owner: { address: '127.0.0.1', user: 'ann' }, path: '/cam' },
    ])
    expect(server.pool.stats().refused.bans).toBe(1)
    // Wrong credentials show nobody who is banned.
    const wrong = await client.request('DESCRIBE', url, { headers: basic('ann', 'guess') })
    expect(wrong.statusCode).toBe(401)
    expect(wrong.body.toString()).not.toContain('noise')
  })

  it('is told the reason only if the option says so', async () => {
    const { server, bans, url } = await camera({ auth: users })
    bans.add({ user: 'ann', reason: 'Too many cameras: ask the janitor' })
    const client = await connectTo(server)
    const ask = () => client.request('DESCRIBE', url, { headers: basic('ann') })
    expect((await ask()).body.toString()).toBe('')
    bans.update({ tellReason: true })
    const told = await ask()
    expect([told.statusCode, told.body.toString()]).toEqual([
      403,
      'Too many cameras: ask the janitor\r\n',
    ])
  })

  it('loses its session with a kick and is kept out; the neighbour at its address is not', async () => {
    const { server, url } = await camera({ auth: users })
    const start = async (user: string) => {
      const client = await connectTo(server)
      const headers = { ...basic(user), Transport: 'RTP/AVP/TCP;unicast' }
      const response = await client.request('SETUP', `${url}/trackID=0`, { headers })
      return { client, statusCode: response.statusCode }
    }
    const ann = await start('ann')
    await start('bob')
    const removed = once(server.pool, 'sessionRemoved')
    server.pool.kick({ user: 'ann' }, { reason: 'noise', ban: { seconds: 60 } })
    expect((await removed)[0]).toMatchObject({ removalReason: 'kicked', removalNote: 'noise' })
    await ann.client.close()
    expect((await start('ann')).statusCode).toBe(403)
    expect((await start('bob')).statusCode).toBe(200)
    expect(server.pool.count({ user: 'bob' })).toBe(2)
  })
})

it('a banned path is refused to everybody, with what is below it', async () => {
  const { server, bans, url } = await camera()
  mountCamera(server, '/yard/low')
  bans.add({ path: '/yard/*' })
  const client = await connectTo(server)
  const yard = urlOf(server, '/yard/low')
  expect((await client.request('DESCRIBE', yard)).statusCode).toBe(403)
  expect((await setUp(client, `${yard}/trackID=0`)).statusCode).toBe(403)
  await readySession(client, url)
})

it('too many failed logins ban the address, and close the connection', {
  tags: 'B-BRUTE',
}, async () => {
  const clock = new ManualClock()
  const rule = { attempts: 3, windowSeconds: 60, banSeconds: 600 }
  const pool = { bans: { failedLogins: rule, exempt: [] } }
  const { server, bans, url } = await camera({ clock, auth: users, pool })
  const client = await connectTo(server, '127.0.0.2')
  for (let n = 0; n < 3; n++) {
    const response = client.request('DESCRIBE', url, { headers: basic('ann', 'guess') })
    await until(() => clock.pendingTimers > 0 && server.stats().auth?.waiting === 1)
    clock.advance(3000)
    expect((await response).statusCode).toBe(401)
  }
  await client.closed()
  expect([...bans]).toEqual([expect.objectContaining({ address: '127.0.0.2' })])
  expect([...bans][0]).toMatchObject({ cause: 'failedLogins', reason: '3 failed logins in 60 s' })
  await (await connectTo(server, '127.0.0.2')).closed()
  const neighbour = await connectTo(server, '127.0.0.3')
  await expectOk(neighbour, 'DESCRIBE', url, { headers: basic('bob') })
})
