import { describe, expect, it } from 'vitest'
import type {
  AuthOptions,
  LoginAnswer,
  LoginContext,
  RtspServerOptions,
} from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { basicHeader, challengesOf, startProtectedServer } from '../../support/credentials.js'
import { inSession, readySession, setUp } from '../../support/dialogue.js'
import { connectTo, expectOk, play, publish, urlOf } from '../../support/test-server.js'
import { advancing, nextTurn, until } from '../../support/until.js'

type Answerer = (context: LoginContext) => LoginAnswer | Promise<LoginAnswer>

async function start(
  login: Answerer,
  auth: Partial<AuthOptions> = {},
  options: RtspServerOptions = {},
) {
  const clock = new ManualClock()
  const questions: LoginContext[] = []
  const hook = (context: LoginContext) => {
    questions.push(context)
    return login(context)
  }
  const ownAuth: AuthOptions = {
    login: hook,
    tokens: 'always',
    tokenParameters: ['token'],
    basic: 'always',
    ...auth,
  }
  const { server } = await startProtectedServer({
    clock,
    slowReaderTimeout: 0,
    maxBacklogSeconds: 1e6,
    ...options,
    auth: ownAuth,
  })
  const refusals: string[] = []
  const onRefused = ({ reason, why }: { reason: string; why?: string | undefined }) =>
    void refusals.push(why ?? reason)
  server.on('accessRefused', onRefused)
  const client = await connectTo(server)
  const url = urlOf(server, '/priv')
  const update = (changes: Partial<AuthOptions>) =>
    server.update({ auth: { users: { u: 'p' }, ...ownAuth, ...changes } })
  return { clock, server, client, url, questions, refusals, update }
}

const onlyToken: Answerer = ({ token }) =>
  token === 'good' ? { user: 'ann' } : token === undefined ? undefined : { refuse: 'wrong' }

describe('a login by a hook', () => {
  it('a token in the query opens the path, and its session asks no more', async () => {
    const { server, client, url, questions } = await start(onlyToken)
    const { session } = await play(client, `${url}?token=good`, ['TCP'])
    const asked = questions.map(({ method, action, path, token }) => ({
      ...{ method, action, path, token },
    }))
    expect(asked).toEqual([
      { method: 'DESCRIBE', action: 'read', path: '/priv', token: 'good' },
      { method: 'SETUP', action: 'read', path: '/priv', token: 'good' },
    ])
    expect(server.pool.list().sessions.map(({ owner }) => owner?.user)).toEqual(['ann'])
    // Some clients leave the query out.
    await expectOk(client, 'GET_PARAMETER', url, { headers: { Session: session } })
    expect((await inSession(client, 'TEARDOWN', `${url}?token=good`, session)).statusCode).toBe(200)
    expect(questions).toHaveLength(2)
  })

  it('its session stays the same while others change, until another hook decides', async () => {
    const { client, url, questions, update } = await start(onlyToken)
    const { session } = await play(client, `${url}?token=good`, ['TCP'])
    const keepAlive = () => client.request('GET_PARAMETER', url, { headers: { Session: session } })
    update({ users: { u: 'other', new: 'one' } })
    expect((await keepAlive()).statusCode).toBe(200)
    expect(questions).toHaveLength(2)
    update({ login: onlyToken })
    expect((await keepAlive()).statusCode).toBe(401)
  })

  it('its session loses the rights that the rules take away', { tags: 'B-AUTH0' }, async () => {
    const byRules: Answerer = ({ token }) => ({ user: token, byRules: true })
    const { client, url, update } = await start(byRules, { rules: [{ path: '/*', read: ['ann'] }] })
    const session = await readySession(client, `${url}?token=ann`)
    const play = () => inSession(client, 'PLAY', `${url}?token=ann`, session)
    update({ rules: [{ path: '/*', read: ['bob'] }] })
    expect((await play()).statusCode).toBe(403)
    update({ rules: [{ path: '/*', read: ['ann'] }] })
    expect((await play()).statusCode).toBe(200)
  })

  it('a control URI that has lost path and token is unknown, as GStreamer needs it', async () => {
    const { server, client, url } = await start(onlyToken)
    await expectOk(client, 'DESCRIBE', `${url}?token=good`)
    expect((await setUp(client, urlOf(server, '/trackID=0'))).statusCode).toBe(404)
    expect((await setUp(client, `${url}/trackID=0`)).statusCode).toBe(401)
    const stranger = await connectTo(server)
    expect((await setUp(stranger, urlOf(server, '/trackID=0'))).statusCode).toBe(401)
  })

  it('a token in the scheme Bearer publishes', async () => {
    const { client, server, questions } = await start(onlyToken)
    client.authorization = () => 'Bearer good'
    await publish(client, urlOf(server, '/live/a'), ['TCP'])
    expect(questions.map(({ action }) => action)).toEqual(['publish', 'publish'])
  })

  it('Bearer is offered last, and only with a hook', async () => {
    const { client, url } = await start(onlyToken)
    const challenges = challengesOf(await client.request('DESCRIBE', url))
    expect(challenges.map(({ scheme }) => scheme)).toEqual(['Digest', 'Digest', 'Basic', 'Bearer'])
  })

  it('tokens in clear are not accepted by default', { tags: 'B-SECR' }, async () => {
    const { client, url, questions } = await start(onlyToken, { tokens: undefined })
    const response = await client.request('DESCRIBE', `${url}?token=good`)
    expect(response.statusCode).toBe(401)
    client.authorization = () => 'Bearer good'
    expect((await client.request('DESCRIBE', url)).statusCode).toBe(401)
    expect(questions.filter(({ token }) => token !== undefined)).toEqual([])
  })

  it('users of the server are never asked about', async () => {
    const { client, url, questions } = await start(() => ({ user: 'u' }))
    client.authorization = () => basicHeader()
    await expectOk(client, 'DESCRIBE', url)
    client.authorization = () => basicHeader('nobody', 'x')
    await expectOk(client, 'DESCRIBE', url)
    expect(questions.map(({ user, password }) => [user, password])).toEqual([['nobody', 'x']])
  })

  it('a wrong token is answered late, with 401; forbidden is 403, no decision 503', async () => {
    const answers: LoginAnswer[] = [
      { refuse: 'wrong', why: 'expired' },
      { refuse: 'forbidden' },
      { refuse: 'unavailable', why: 'timeout' },
    ]
    const { client, url, clock, refusals } = await start(() => answers.shift())
    let status = 0
    const ask = async () => {
      status = 0
      status = (await client.request('DESCRIBE', `${url}?token=x`)).statusCode
    }
    const wrong = ask()
    await nextTurn(5)
    expect(status).toBe(0)
    await until(() => status === 401, advancing(clock, 100))
    await wrong
    await ask()
    expect(status).toBe(403)
    await ask()
    expect(status).toBe(503)
    expect(refusals).toEqual(['expired', 'forbidden', 'timeout'])
  })

  it('a client without credentials may be allowed, and is else asked for some', async () => {
    const { client, url, questions } = await start(({ path, address }) =>
      path === '/priv' && address === '127.0.0.1' ? { user: undefined } : { refuse: 'forbidden' },
    )
    const session = await readySession(client, url)
    await expectOk(client, 'PLAY', url, { headers: { Session: session } })
    expect(questions).toHaveLength(1)
    expect((await client.request('DESCRIBE', `${url}x`)).statusCode).toBe(401)
  })

  it('a session of one login is closed to another of the same address', async () => {
    const { server, client, url } = await start(({ token }) => ({ user: token ?? 'x' }))
    const session = await readySession(client, `${url}?token=ann`)
    const other = await connectTo(server)
    const claim = await inSession(other, 'TEARDOWN', `${url}?token=eve`, session)
    expect(claim.statusCode).toBe(454)
    expect((await inSession(other, 'TEARDOWN', url, session)).statusCode).toBe(454)
    expect(server.pool.size).toBe(1)
  })

  it('the rules decide for a user of a token where the hook says so', async () => {
    const rules = [{ path: '/priv', read: ['ann'] }]
    const { client, url } = await start(({ token }) => ({ user: token, byRules: true }), { rules })
    await expectOk(client, 'DESCRIBE', `${url}?token=ann`)
    expect((await client.request('DESCRIBE', `${url}?token=eve`)).statusCode).toBe(403)
  })

  it('the session ends with the authorization and belongs to the groups', async () => {
    let clock: ManualClock | undefined
    const scene = await start(
      () => ({
        user: 'ann',
        groups: { plan: 'free' },
        expiresAt: (clock?.unixTimeMs() ?? 0) / 1000 + 20,
      }),
      {},
      { pool: { maxSessionsPerGroup: { plan: { free: 1 } } } },
    )
    const { server, client, url } = scene
    clock = scene.clock
    await readySession(client, `${url}?token=a`)
    expect(server.pool.count({ group: { plan: 'free' } })).toBe(1)
    const other = await connectTo(server)
    expect((await setUp(other, `${url}/trackID=0`)).statusCode).toBe(503)
    const reasons: string[] = []
    const onRemoved = (_: unknown, reason: string) => void reasons.push(reason)
    server.pool.on('sessionRemoved', onRemoved)
    clock.advance(19_000)
    expect(reasons).toEqual([])
    clock.advance(2000)
    await until(() => reasons.length > 0)
    expect(reasons).toEqual(['authorizationExpired'])
  })

  it('has a limit on the sessions of its user in place of that of the pool', async () => {
    const { server, url } = await start(
      ({ token }) => ({ user: token, maxSessionsPerUser: token === 'two' ? 2 : undefined }),
      {},
      { pool: { maxSessionsPerUser: 1 } },
    )
    const statusesOf = async (token: string) => {
      const statuses: number[] = []
      for (let n = 0; n < 3; n++) {
        const client = await connectTo(server)
        statuses.push((await setUp(client, `${url}/trackID=0?token=${token}`)).statusCode)
      }
      return statuses
    }
    expect(await statusesOf('two')).toEqual([200, 200, 503])
    expect(await statusesOf('one')).toEqual([200, 503, 503])
  })

  it('an answer that is none is a failure of the hook, without its value', async () => {
    const failures: string[] = []
    const { server, client, url } = await start(() => 'secret' as never)
    server.on('requestFailed', (error) => void failures.push(String(error)))
    expect((await client.request('DESCRIBE', `${url}?token=a`)).statusCode).toBe(500)
    expect(failures[0]).toMatch(/auth\.login must return .* got string/)
    expect(failures[0]).not.toContain('secret')
  })
})

describe('a login that is checked again', () => {
  const recheckSeconds = 10

  async function playing(answer: Answerer) {
    const pool = { maxIdleSetup: 0, timeout: 0 }
    const scene = await start(
      (context) => (context.isRecheck ? answer(context) : { user: 'ann', recheckSeconds }),
      {},
      { pool },
    )
    const session = await readySession(scene.client, `${scene.url}?token=a`)
    const rechecks = () => scene.questions.filter(({ isRecheck }) => isRecheck)
    /** Time passes in steps, so that answers arrive. */
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        scene.clock.advance(1000)
        await nextTurn()
      }
    }
    return { ...scene, session, rechecks, pass }
  }

  it('asks after the interval, give or take a tenth, with what the client had sent', async () => {
    const { rechecks, pass, clock } = await playing(() => ({ user: 'ann', recheckSeconds }))
    await pass(8)
    expect(rechecks()).toHaveLength(0)
    await pass(4)
    expect(rechecks()).toHaveLength(1)
    expect(rechecks()[0]).toMatchObject({ token: 'a', action: 'read', path: '/priv' })
    expect(rechecks()[0]?.session?.publicId).toEqual(expect.any(String))
    await pass(100)
    expect(rechecks().length).toBeGreaterThanOrEqual(8)
    expect(rechecks().length).toBeLessThanOrEqual(11)
    expect(clock.pendingTimers).toBeGreaterThan(0)
  })

  it.each<[string, LoginAnswer]>([
    ['a no', { refuse: 'forbidden' }],
    ['another user', { user: 'eve', recheckSeconds }],
    ['an answer that knows nothing', undefined],
  ])('%s ends the session', async (_name, answer) => {
    const { server, pass } = await playing(() => answer)
    await pass(12)
    expect(server.pool.size).toBe(0)
    expect(server.pool.leavers.list().leavers.map(({ reason }) => reason)).toEqual([
      'authorizationExpired',
    ])
  })

  it('failures keep the session until the third in a row', async () => {
    let isDown = true
    const { server, pass, refusals, rechecks } = await playing(() => {
      if (isDown) throw new Error('down')
      return { user: 'ann', recheckSeconds }
    })
    await pass(12)
    await pass(10)
    expect(refusals).toEqual(['down', 'down'])
    isDown = false
    await pass(10)
    expect(rechecks()).toHaveLength(3)
    isDown = true
    await pass(25)
    expect(server.pool.size).toBe(1)
    await pass(12)
    expect(server.pool.size).toBe(0)
  })

  it('asks no more once the session has ended', async () => {
    const { client, url, session, rechecks, pass } = await playing(() => ({ user: 'ann' }))
    await inSession(client, 'TEARDOWN', `${url}?token=a`, session)
    await pass(20)
    expect(rechecks()).toHaveLength(0)
  })

  it('asks about many sessions at different times, few at once, with one timer', async () => {
    let atOnce = 0
    let most = 0
    const { server, clock, url, rechecks, pass } = await playing(async () => {
      most = Math.max(most, ++atOnce)
      await nextTurn()
      atOnce--
      return { user: 'ann' }
    })
    for (let index = 0; index < 40; index++) {
      await setUp(await connectTo(server), `${url}/trackID=0?token=a`)
    }
    const timers = clock.pendingTimers
    await pass(9)
    const first = rechecks().length
    await pass(10)
    expect(rechecks().length).toBeGreaterThan(first)
    expect(most).toBeLessThanOrEqual(16)
    expect(clock.pendingTimers).toBeLessThanOrEqual(timers)
  })
})
