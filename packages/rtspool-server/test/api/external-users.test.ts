import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { SignJWT } from 'jose'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { closeAfterTest } from '../../../rtspool/test/support/open-things.js'
import { nextTurn, until } from '../../../rtspool/test/support/until.js'
import { ExternalLogins } from '../../src/access/external-logins.js'
import { Logins } from '../../src/api/access/logins.js'
import { ApiUsers } from '../../src/config/users/api-users.js'
import { type Answer, localHook, type Question } from '../access/local-hook.js'
import { EventReader } from '../events/event-reader.js'
import { type ApiScene, startApi } from './api-scene.js'

const secretKey = 'canary-of-the-signer-0123456789abcdef'
const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = signer.publicKey.export({ type: 'spki', format: 'pem' }).toString()

const sign = (claims: object, exp = Math.floor(Date.now() / 1000) + 600) =>
  new SignJWT({ sub: 'tom', role: 'operator', ...claims })
    .setProtectedHeader({ alg: 'ES256' })
    .setExpirationTime(exp)
    .sign(signer.privateKey)

/** Starts an API whose users are `ann` of the server and those of a hook and of tokens. */
async function start(answer: (question: Question) => Answer) {
  const hook = await localHook(answer)
  const configOf = (more = ''): string =>
    `auth:
  hook: { url: "${hook.url}", actions: [read, api] }
  jwt: { keyFile: KEY, roleClaim: role }
  api: [{ role: viewer, users: [ann] }]
${more}`
  const scene = await startApi({}, {}, { users: 'ann:secret', config: 'log: {}\n' })
  const keyFile = `${scene.configFile}.pem`
  writeFileSync(keyFile, pem)
  const reload = async (more = '') => {
    writeFileSync(scene.configFile, configOf(more).replace('KEY', keyFile))
    expect((await scene.api.call('reloadConfig')).body).toMatchObject({})
  }
  await reload()
  return { ...scene, scene, reload, questions: hook.questions }
}

const logIn = ({ api }: ApiScene, user: string, password: string) =>
  api.call('login', { token: '', body: { user, password } })

describe('a user whom only the hook knows', { tags: 'B-AUTH0' }, () => {
  const answer = ({ facts }: Question): Answer =>
    facts.user === 'eva' && facts.password === 'pw' ? { json: { role: 'operator' } } : 401

  it('logs in to the API with the role of the answer', async () => {
    const { scene, api, questions, logged } = await start(answer)
    const { status, body } = await logIn(scene, 'eva', 'pw')
    expect([status, body.name, body.role]).toEqual([200, 'eva', 'operator'])
    const { token } = body
    expect((await api.call('getCaller', { token })).body).toMatchObject({ name: 'eva' })
    expect((await api.call('changeLimits', { token, body: { maxSessions: 1 } })).status).toBe(403)
    expect((await api.call('logout', { token })).body).toEqual({ ended: true })
    expect((await api.call('getCaller', { token })).status).toBe(401)
    expect(questions[0]?.facts).toMatchObject({ action: 'api', user: 'eva', isSecure: true })
    expect(logged.join('\n')).not.toContain('"pw"')
  })

  it('is refused with each answer that gives no role', async () => {
    let answer: Answer = 401
    const { scene } = await start(() => answer)
    const refusalWith = async (next: Answer) => {
      answer = next
      const { status, body } = await logIn(scene, 'eva', 'pw')
      return [status, body.detail]
    }
    const noRole = [403, 'nothing gives the user a role at this address']
    expect(await refusalWith(401)).toEqual([401, 'user or password is wrong'])
    expect(await refusalWith(403)).toEqual(noRole)
    expect(await refusalWith(200)).toEqual(noRole)
    expect(await refusalWith(500)).toEqual([503, 'the hook answered with status 500'])
  })

  it('is not asked about if the server knows the user', async () => {
    const { scene, questions } = await start(() => ({ json: { role: 'admin' } }))
    expect((await logIn(scene, 'ann', 'guess')).status).toBe(401)
    expect((await logIn(scene, 'ann', 'secret')).body.role).toBe('viewer')
    expect(questions).toEqual([])
  })

  it('stays through reloads until the hook is another one', async () => {
    const { scene, api, reload } = await start(answer)
    const { token } = (await logIn(scene, 'eva', 'pw')).body
    const events = await EventReader.open(api, { token })
    onTestFinished(() => events.close())
    await reload('limits: { maxSessions: 7 }\n')
    expect((await api.call('getCaller', { token })).status).toBe(200)
    writeFileSync(scene.configFile, 'log: {}\n')
    expect((await api.call('reloadConfig')).status).toBe(200)
    await events.ended
    expect((await api.call('getCaller', { token })).status).toBe(401)
  })
})

describe('a user whom only tokens know', { tags: 'B-AUTH0' }, () => {
  it('calls the API with the token itself, until it is another signer', async () => {
    const { api, scene, logged } = await start(() => 401)
    const token = await sign({})
    const { body } = await api.call('getCaller', { token })
    expect(body).toMatchObject({ name: 'tom', role: 'operator' })
    expect((await api.call('changeLimits', { token, body: { maxSessions: 1 } })).status).toBe(403)
    expect((await api.call('logout', { token })).body).toEqual({ ended: false })
    const { body: audit } = await api.call('listAudit')
    expect(JSON.stringify([audit, logged])).not.toContain(token)
    writeFileSync(scene.configFile, 'log: {}\n')
    await api.call('reloadConfig')
    expect((await api.call('getCaller', { token })).status).toBe(401)
  })

  it('logs in with the token as password', async () => {
    const { scene } = await start(() => 401)
    const { body } = await logIn(scene, 'whoever', await sign({ role: ['viewer'] }))
    expect([body.name, body.role]).toEqual(['tom', 'viewer'])
  })

  it.each<[string, () => Promise<string>, string]>([
    ['without a role', () => sign({ role: 'none' }), 'the token has no role in the API'],
    ['that has expired', () => sign({}, 1000), 'the token is not valid'],
    [
      'of another signer',
      () =>
        new SignJWT({ sub: 'tom', role: 'admin' })
          .setProtectedHeader({ alg: 'HS256' })
          .setExpirationTime('1h')
          .sign(Buffer.from(secretKey)),
      'the token is not valid',
    ],
  ])('is refused with a token %s', async (_name, make, detail) => {
    const { api } = await start(() => 401)
    const { status, body } = await api.call('getCaller', { token: await make() })
    expect([status, body.detail]).toEqual([401, detail])
  })
})

describe('the login of an external user', { tags: 'B-AUTH0' }, () => {
  async function startLogins(answer: (question: Question) => Answer, jwt?: { text: string }) {
    const clock = new ManualClock()
    const hook = await localHook(answer)
    const external = new ExternalLogins(
      {
        hook: {
          ...{ url: hook.url, timeoutSeconds: 5, cacheYesSeconds: 0, cacheNoSeconds: 0 },
          ...{ maxConnections: 4, maxWaiting: 9, actions: ['api'], digest: false, realm: 'r' },
          ...{ credentials: ['user', 'password'], secret: undefined, ca: undefined },
        },
        jwt: jwt && {
          ...{ keys: jwt, issuer: undefined, audience: undefined, algorithms: ['ES256'] },
          claims: { user: 'sub', paths: 'p', actions: 'a', groups: undefined, role: 'role' },
          ...{ clockToleranceSeconds: 5, ca: undefined },
        },
      },
      clock,
    )
    closeAfterTest(external)
    const users = new ApiUsers({ rules: [], secrets: new Map(), realm: 'r', logN: 4, external })
    const logins = new Logins({ users: () => users, clock, lifetimeSeconds: 3600 })
    onTestFinished(() => logins.close())
    const ended: string[] = []
    logins.on('ended', (id) => void ended.push(id))
    const logIn = async (address = '10.0.0.1') => {
      const login = await logins.logIn('eva', 'pw', address, true)
      if ('refusal' in login) throw new Error(JSON.stringify(login))
      return login
    }
    return { clock, logins, ended, logIn, questions: hook.questions }
  }

  it('is valid at the address about which the hook was asked', async () => {
    const { logins, logIn } = await startLogins(() => ({ json: { role: 'viewer' } }))
    const { token } = await logIn('2001:db8::1')
    expect(logins.find(token, '2001:db8::2')?.role).toBe('viewer')
    expect(logins.find(token, '10.0.0.1')).toBeUndefined()
  })

  it('ends at the end that the hook has named', async () => {
    const clock = new ManualClock()
    const expiresAt = clock.unixTimeMs() / 1000 + 60
    const {
      logins,
      logIn,
      ended,
      clock: own,
    } = await startLogins(() => ({
      json: { role: 'viewer', expiresAt },
    }))
    const { token, expiresAt: shown } = await logIn()
    expect(shown).toBe(expiresAt)
    own.advance(59_000)
    expect(logins.find(token, '10.0.0.1')).toBeDefined()
    own.advance(2000)
    expect([logins.size, ended.length, own.pendingTimers]).toEqual([0, 1, 0])
  })

  it.each<[string, Answer]>([
    ['a no', 403],
    ['another role', { json: { role: 'admin', recheckSeconds: 10 } }],
    ['another user', { json: { user: 'eve', role: 'viewer', recheckSeconds: 10 } }],
  ])('ends after %s to a later question', async (_name, later) => {
    const first: Answer = { json: { role: 'viewer', recheckSeconds: 10 } }
    const { clock, logins, logIn, questions } = await startLogins(({ facts }) =>
      facts.isRecheck ? later : first,
    )
    await logIn()
    clock.advance(8999)
    await nextTurn()
    expect(questions).toHaveLength(1)
    clock.advance(2002)
    await until(() => logins.size === 0)
    expect(questions[1]?.facts).toMatchObject({ isRecheck: true, user: 'eva', password: 'pw' })
    expect(clock.pendingTimers).toBe(0)
  })

  it('by a token lasts as long as the token, at any address', async () => {
    const { clock, logins } = await startLogins(() => 401, { text: pem })
    const now = Math.floor(clock.unixTimeMs() / 1000)
    const token = await sign({ role: 'viewer' }, now + 60)
    const login = await logins.acceptToken(token, '10.0.0.1')
    expect(login).toMatchObject({ user: 'tom', role: 'viewer', expiresAt: now + 65 })
    expect(await logins.acceptToken(token, '10.0.0.1')).toEqual(login)
    expect(logins.size).toBe(1)
    expect(logins.find(token, '192.0.2.9')?.user).toBe('tom')
    clock.advance(66_000)
    expect(logins.find(token, '192.0.2.9')).toBeUndefined()
    expect(await logins.acceptToken(token, '10.0.0.1')).toEqual({ refusal: 'wrong' })
  })
})
