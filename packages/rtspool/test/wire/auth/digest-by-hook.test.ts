import { describe, expect, it } from 'vitest'
import {
  type AuthOptions,
  digestHa1,
  type LoginAnswer,
  type LoginContext,
} from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import {
  digestChallengeOf,
  digestHeader,
  logIn,
  startProtectedServer,
} from '../../support/credentials.js'
import { inSession, readySession, setUp } from '../../support/dialogue.js'
import { connectTo, expectOk, urlOf } from '../../support/test-server.js'
import { advancing, nextTurn, until } from '../../support/until.js'

type Answerer = (context: LoginContext) => LoginAnswer

const ha1 = {
  'SHA-256': digestHa1('SHA-256', 'ann', 'rtspool', 'pw'),
  MD5: digestHa1('MD5', 'ann', 'rtspool', 'pw'),
}
const knowsAnn: Answerer = ({ user }) =>
  user === 'ann' ? { user, secret: { ha1 } } : { refuse: 'wrong' }
const ann = { user: 'ann', password: 'pw' }

/** Starts a server whose only users, besides `u`, are those of a hook. */
async function start(login: Answerer = knowsAnn, auth: Partial<AuthOptions> = {}) {
  const clock = new ManualClock()
  const questions: LoginContext[] = []
  const hook = (context: LoginContext) => {
    // Clients begin without credentials.
    if (context.scheme === undefined) return undefined
    questions.push(context)
    return login(context)
  }
  const pool = { maxIdleSetup: 0, timeout: 0 }
  const options = { clock, pool, slowReaderTimeout: 0, maxBacklogSeconds: 1e6 }
  const { server } = await startProtectedServer({ ...options, auth: { login: hook, ...auth } })
  const failures: string[] = []
  server.on('requestFailed', (error) => void failures.push(String(error)))
  const client = await connectTo(server)
  const url = urlOf(server, '/priv')
  /** Returns the status of a DESCRIBE; passes the time that the response to a wrong password takes. */
  const describedAs = async () => {
    let status = 0
    const asked = client.request('DESCRIBE', url).then(({ statusCode }) => {
      status = statusCode
    })
    await until(() => status !== 0, advancing(clock, 100))
    await asked
    return status
  }
  return { clock, server, client, url, questions, failures, describedAs }
}

describe('Digest of a user whom the hook login knows', { tags: 'B-AUTH0' }, () => {
  it.each(['MD5', 'SHA-256'] as const)('is checked with its HA1 of %s', async (algorithm) => {
    const { client, url, questions } = await start()
    await logIn(client, { ...ann, algorithm, qop: true })
    await expectOk(client, 'DESCRIBE', url)
    const [{ scheme, user, password, token } = {}] = questions
    expect([scheme, user, password, token]).toEqual(['Digest', 'ann', undefined, undefined])
    expect(questions[0]?.algorithm).toBe(algorithm)
  })

  it('is checked with a password as well', async () => {
    const { client, url } = await start(() => ({ user: 'ann', secret: 'pw' }))
    await logIn(client, ann)
    await expectOk(client, 'DESCRIBE', url)
  })

  it.each<[string, Answerer]>([
    ['another HA1', () => ({ user: 'ann', secret: { ha1: { ...ha1, MD5: 'f'.repeat(32) } } })],
    ['no HA1', () => ({ user: 'ann' })],
    ['no answer', () => undefined],
  ])('is refused as a wrong password with %s', async (_name, answer) => {
    const { client, describedAs } = await start(answer)
    await logIn(client, ann)
    expect(await describedAs()).toBe(401)
  })

  it('is refused without HA1 of its algorithm, as a mistake of the hook', async () => {
    const answer: LoginAnswer = { user: 'ann', secret: { ha1: { MD5: ha1.MD5 } } }
    const { client, url, failures } = await start(() => answer)
    await logIn(client, { ...ann, algorithm: 'SHA-256' })
    expect((await client.request('DESCRIBE', url)).statusCode).toBe(500)
    expect(failures[0]).toMatch(/auth\.login must return ha1 of SHA-256/)
    expect(failures[0]).not.toContain(ha1.MD5)
  })

  it('is refused with a secret that is none, without its value', { tags: 'B-SECR' }, async () => {
    const { client, url, failures } = await start(() => ({
      user: 'ann',
      secret: { ha1: { MD5: 'canary' } },
    }))
    await logIn(client, ann)
    expect((await client.request('DESCRIBE', url)).statusCode).toBe(500)
    expect(failures[0]).toMatch(/secret must be a password or \{ ha1 \}/)
    expect(failures[0]).not.toContain('canary')
  })

  it('opens a session whose requests are checked without the hook', async () => {
    const { server, client, url, questions } = await start()
    await logIn(client, { ...ann, qop: true })
    const session = await readySession(client, url)
    expect(server.pool.list().sessions.map(({ owner }) => owner?.user)).toEqual(['ann'])
    const asked = questions.length
    await expectOk(client, 'PLAY', url, { headers: { Session: session } })
    await expectOk(client, 'GET_PARAMETER', url, { headers: { Session: session } })
    expect(questions).toHaveLength(asked)
  })

  it('does not open that session to somebody with the name alone', async () => {
    const { clock, server, client, url, questions } = await start()
    await logIn(client, ann)
    const session = await readySession(client, url)
    const asked = questions.length
    const thief = await connectTo(server)
    const challenge = digestChallengeOf(await thief.request('GET_PARAMETER', '*'))
    thief.authorization = (method, uri) =>
      digestHeader(challenge, method, uri, { user: 'ann', password: 'guess' })
    let status = 0
    const ended = inSession(thief, 'TEARDOWN', url, session).then(({ statusCode }) => {
      status = statusCode
    })
    await until(() => status !== 0, advancing(clock, 100))
    await ended
    expect(status).toBe(401)
    expect(server.pool.size).toBe(1)
    expect(questions).toHaveLength(asked)
  })

  it('is not asked about for a user of the server', async () => {
    const { client, url, questions } = await start(() => ({ user: 'u', secret: 'other' }))
    await logIn(client)
    await expectOk(client, 'DESCRIBE', url)
    expect(questions).toEqual([])
  })

  it('has the rights of the rules where the hook says so', async () => {
    const rules = [{ path: '/priv', read: ['bob'] }]
    const grant: LoginAnswer = { user: 'ann', secret: 'pw', byRules: true }
    const { client, url } = await start(() => grant, { rules })
    await logIn(client, ann)
    expect((await setUp(client, `${url}/trackID=0`)).statusCode).toBe(403)
  })

  it.each<[string, LoginAnswer, number]>([
    ['the same HA1', { user: 'ann', secret: { ha1 }, recheckSeconds: 10 }, 1],
    ['no HA1', { user: 'ann', recheckSeconds: 10 }, 1],
    ['the HA1 of another password', { user: 'ann', secret: 'new', recheckSeconds: 10 }, 0],
  ])('after a later answer with %s the session stays or ends', async (_name, later, sessions) => {
    const first: LoginAnswer = { user: 'ann', secret: { ha1 }, recheckSeconds: 10 }
    const scene = await start(({ isRecheck }) => (isRecheck ? later : first))
    await logIn(scene.client, ann)
    await readySession(scene.client, scene.url)
    for (let second = 0; second < 12; second++) {
      scene.clock.advance(1000)
      await nextTurn()
    }
    const rechecks = scene.questions.filter(({ isRecheck }) => isRecheck)
    expect(rechecks[0]).toMatchObject({ scheme: 'Digest', algorithm: 'MD5', user: 'ann' })
    expect(scene.server.pool.size).toBe(sessions)
  })
})
