import { describe, expect, it } from 'vitest'
import {
  type AccessRefusal,
  type RtspServer,
  type RtspServerLiveOptions,
  SessionPool,
} from '../../../src/index.js'
import { CacheBudget } from '../../../src/media/track/cache-budget.js'
import { attemptLimits } from '../../../src/server/auth/attempt-limiter.js'
import { BacklogMonitor } from '../../../src/server/liveness/backlog-monitor.js'
import { SilenceMonitor } from '../../../src/server/liveness/silence-monitor.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { logIn } from '../../support/credentials.js'
import { inSession, mountCamera, readySession } from '../../support/dialogue.js'
import { connectTo, expectOk, openUdpPorts, startServer, urlOf } from '../../support/test-server.js'
import { until } from '../../support/until.js'

const users = (password: string): RtspServerLiveOptions => ({ auth: { users: { u: password } } })

/** Uses up all attempts of the address, so that the last guess waits for another one. */
async function guessFromManyConnections(server: RtspServer): Promise<void> {
  const count = attemptLimits.burst + 1
  for (let n = 0; n < count; n++) {
    const client = await connectTo(server)
    await logIn(client, { user: 'x' })
    void client.request('GET_PARAMETER', '*').catch(() => {})
  }
  await until(() => server.stats().auth?.waiting === count)
}

describe('update of a running server', () => {
  it('limits connections from the next one on', async () => {
    const server = await startServer()
    const first = await connectTo(server)
    await expectOk(first, 'OPTIONS', '*')
    server.update({ maxConnections: 1 })
    const refused = await connectTo(server)
    await refused.closed()
    expect(server.stats().refusedConnections).toBe(1)
    await expectOk(first, 'OPTIONS', '*')
    server.update({ maxConnections: 2, idleTimeout: undefined })
    await expectOk(await connectTo(server), 'OPTIONS', '*')
  })

  it('changes users: from nobody to one, and from one password to another', async () => {
    const server = await startServer()
    const before = await connectTo(server)
    expect((await before.request('GET_PARAMETER', '*')).statusCode).not.toBe(401)
    server.update(users('old'))
    expect((await before.request('GET_PARAMETER', '*')).statusCode).toBe(401)
    const old = await connectTo(server)
    await logIn(old, { password: 'old' })
    expect((await old.request('GET_PARAMETER', '*')).statusCode).not.toBe(401)
    const { accepted = 0 } = server.stats().auth ?? {}
    expect(accepted).toBeGreaterThan(0)
    server.update(users('new'))
    expect((await old.request('GET_PARAMETER', '*')).statusCode).toBe(401)
    const fresh = await connectTo(server)
    await logIn(fresh, { password: 'new' })
    expect((await fresh.request('GET_PARAMETER', '*')).statusCode).not.toBe(401)
    expect(server.stats().auth?.accepted).toBeGreaterThan(accepted)
  })

  it('removes the login, and brings it back', async () => {
    const server = await startServer({ auth: { users: { u: 'p' } } })
    mountCamera(server)
    const url = urlOf(server, '/cam')
    const owner = await connectTo(server)
    const { clientPort } = await openUdpPorts()
    await logIn(owner)
    const id = await readySession(owner, url, `RTP/AVP;unicast;client_port=${clientPort}`)
    const stranger = await connectTo(server)
    expect((await stranger.request('DESCRIBE', url)).statusCode).toBe(401)

    server.update({ auth: false })
    expect(server.stats().auth).toBeUndefined()
    await expectOk(stranger, 'DESCRIBE', url)
    // Nobody can prove any more to be the owner of a session that a user has set up.
    for (const client of [owner, stranger]) {
      expect((await inSession(client, 'PAUSE', url, id)).statusCode).toBe(454)
    }
    server.update({ maxConnections: 100 })
    await expectOk(stranger, 'DESCRIBE', url)

    server.update({ auth: { users: { u: 'p' } } })
    expect((await stranger.request('DESCRIBE', url)).statusCode).toBe(401)
    await logIn(owner)
    expect((await inSession(owner, 'TEARDOWN', url, id)).statusCode).toBe(200)
  })

  it('removes the login while requests wait: it responds as to those that come later', async () => {
    const clock = new ManualClock()
    const server = await startServer({ clock, auth: { users: { u: 'p' } } })
    mountCamera(server)
    const refusals: AccessRefusal[] = []
    await guessFromManyConnections(server)
    server.on('accessRefused', (refusal) => refusals.push(refusal))
    const { waiting = 0 } = server.stats().auth ?? {}
    const [user, guesser] = [await connectTo(server), await connectTo(server, '127.0.0.2')]
    await logIn(user)
    await logIn(guesser, { password: 'wrong' })
    refusals.length = 0
    const responses = [user, guesser].map((client) =>
      client.request('DESCRIBE', urlOf(server, '/cam')),
    )
    await until(() => server.stats().auth?.waiting === waiting + 2)
    server.update({ auth: false })
    for (const response of responses) expect((await response).statusCode).toBe(200)
    expect(refusals).toEqual([])
  })

  it('replaces the login while a guess waits for its response: the new one decides', async () => {
    const clock = new ManualClock()
    const server = await startServer({ clock, auth: { users: { u: 'p' } } })
    const client = await connectTo(server)
    await logIn(client, { password: 'wrong' })
    const guess = client.request('GET_PARAMETER', '*')
    await until(() => server.stats().auth?.waiting === 1)
    server.update({ auth: false })
    server.update({ auth: { users: { u: 'p' } } })
    await until(() => server.stats().auth?.waiting === 1)
    clock.advance(3000)
    expect((await guess).statusCode).toBe(401)
    expect(server.stats().auth?.refused.wrong).toBe(1)
  })

  it('remembers who has logged in when other options change', async () => {
    const clock = new ManualClock()
    const server = await startServer({ clock, auth: { users: { u: 'p' } } })
    const user = await connectTo(server)
    await logIn(user)
    expect((await user.request('GET_PARAMETER', '*')).statusCode).not.toBe(401)
    await guessFromManyConnections(server)
    server.update({ maxConnections: 100 })
    expect((await user.request('GET_PARAMETER', '*')).statusCode).not.toBe(401)
  })

  it.each<[string, unknown, string]>([
    ['null instead of a login', { auth: null }, 'or false, got null'],
    ['one wrong value', { maxConnections: 1, idleTimeout: -1 }, 'idleTimeout'],
    ['an option that stands for a port', { port: 80 }, 'port cannot be changed'],
    ['the certificate', { tls: {} }, 'reloadCertificate changes the certificate'],
    ['the pool', { pool: {} }, 'pool.setLimits changes the limits of the pool'],
    ['a clock', { maxConnections: 1, clock: new ManualClock() }, 'these can: auth, idleTimeout'],
    ['a name that is not one', { maxConection: 1 }, "did you mean 'maxConnections'"],
    ['wrong users', { maxConnections: 1, auth: { users: { u: 1 } } }, 'auth'],
    ['no object', 1, 'must be an object, got number'],
  ])('changes nothing with %s', async (_, options, message) => {
    const server = await startServer()
    expect(() => server.update(options as RtspServerLiveOptions)).toThrow(message)
    await expectOk(await connectTo(server), 'OPTIONS', '*')
    await expectOk(await connectTo(server), 'OPTIONS', '*')
    expect(server.stats()).toMatchObject({ refusedConnections: 0, auth: undefined })
  })
})

it('a limit on silence that is set later holds for publishers that are there', () => {
  const clock = new ManualClock()
  const pool = new SessionPool({ clock, timeout: 0 })
  const session = pool.create()
  session.state = 'Recording'
  const monitor = new SilenceMonitor(clock, 0, () => false)
  monitor.watch(session)
  clock.advance(60_000)
  expect(session.removalReason).toBeUndefined()
  monitor.maxMs = 5000
  session.touch()
  clock.advance(4000)
  monitor.maxMs = 0
  clock.advance(60_000)
  expect(session.removalReason).toBeUndefined()
  monitor.maxMs = 5000
  clock.advance(1000)
  expect(session.removalReason).toBe('silent')
  pool.close()
})

it('a limit on slow readers that is set later holds for connections that are there', () => {
  const clock = new ManualClock()
  const dropped: string[] = []
  const monitor = new BacklogMonitor(clock, 0, () => dropped.push('dropped'))
  const source = { sampleBacklog: () => 3000 }
  monitor.add(source)
  clock.advance(1000)
  expect(dropped).toEqual([])
  monitor.maxAgeMs = 2000
  clock.advance(500)
  expect(dropped).toEqual(['dropped'])
  monitor.remove(source)
})

it('a smaller budget of caches empties them at once', () => {
  const budget = new CacheBudget(1000)
  const given: number[] = []
  for (const index of [0, 1, 2, 3])
    budget
      .openShare()
      .open(() => given.push(index))
      .set(200)
  budget.maxBytes = 500
  expect([given, budget.bytes, budget.givenUp]).toEqual([[0, 1], 400, 2])
})
