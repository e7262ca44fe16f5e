import { writeFileSync } from 'node:fs'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { connectTo, publish, urlOf } from '../../../rtspool/test/support/test-server.js'
import { until } from '../../../rtspool/test/support/until.js'
import { GuessLimit } from '../../src/api/access/guess-limit.js'
import { Logins } from '../../src/api/access/logins.js'
import { ApiUsers, type ApiUsersOptions } from '../../src/config/users/api-users.js'
import { EventReader } from '../events/event-reader.js'
import { LiveBrowser } from '../live/support/live-server.js'
import { type ApiScene, type SceneOptions, startApi } from './api-scene.js'

const configOf = (api: string, more = ''): string =>
  `auth: { rules: [{ path: /*, read: anyone, publish: anyone }], api: [${api}]${more} }\n`
const anns = { users: 'ann:secret bob:other', config: configOf('{ role: operator, users: [ann] }') }

const start = (options: SceneOptions = anns): Promise<ApiScene> => startApi({}, {}, options)

const logIn = ({ api }: ApiScene, user: string, password: string) =>
  api.call('login', { token: '', body: { user, password } })

describe('a login by password', { tags: 'B-AUTH0' }, () => {
  it('gives a token with the role of the user, which ends with its logout', async () => {
    const scene = await start()
    const { body: login } = await logIn(scene, 'ann', 'secret')
    expect(login).toMatchObject({ name: 'ann', role: 'operator' })
    expect(login.token).toMatch(/^login_[\w-]{43}$/)
    const { api } = scene
    const { token } = login
    const { body: caller } = await api.call('getCaller', { token })
    expect(caller).toMatchObject({ name: 'ann', role: 'operator' })
    expect((await api.call('changeLimits', { token, body: { maxSessions: 1 } })).status).toBe(403)
    expect((await api.call('logout', { token })).body).toEqual({ ended: true })
    expect((await api.call('listSessions', { token })).status).toBe(401)
    expect((await api.call('logout')).body).toEqual({ ended: false })
  })

  it.each([
    ['ann', 'wrong', 401, 'user or password is wrong'],
    ['eve', 'secret', 401, 'user or password is wrong'],
    ['bob', 'other', 403, 'nothing gives the user a role at this address'],
  ])('of %s with %j is refused', async (user, password, status, detail) => {
    const answer = await logIn(await start(), user, password)
    expect([answer.status, answer.body.detail]).toEqual([status, detail])
  })

  it('is refused from addresses that no rule is for', async () => {
    const rules =
      '{ role: admin, users: [ann], from: [10.0.0.0/8] }, { role: viewer, users: [ann] }'
    const scene = await start({ ...anns, config: configOf(rules) })
    expect((await logIn(scene, 'ann', 'secret')).body.role).toBe('viewer')
    const only = configOf('{ role: admin, users: [ann], from: [10.0.0.0/8, fd00::/8] }')
    const other = await start({ ...anns, config: only })
    expect((await logIn(other, 'ann', 'secret')).status).toBe(403)
  })

  it('is refused where auth.basic is never', async () => {
    const config = configOf('{ role: viewer, users: [ann] }', ', basic: never')
    const answer = await logIn(await start({ ...anns, config }), 'ann', 'secret')
    expect([answer.status, answer.body.type]).toEqual([403, 'urn:rtspool:problem:login-refused'])
  })

  it('is for the address and the way that a trusted proxy names', async () => {
    const from = '{ role: viewer, users: [ann], from: [192.0.2.0/24] }'
    const options = { ...anns, config: configOf(from, ', basic: overTls') }
    const scene = await startApi({}, { trustedProxies: ['127.0.0.1'] }, options)
    const headers = { 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' }
    const statusOf = async (others: Readonly<Record<string, string>>) => {
      const call = { token: '', body: { user: 'ann', password: 'secret' } }
      return (await scene.api.call('login', { ...call, headers: { ...headers, ...others } })).status
    }
    expect(await statusOf({})).toBe(200)
    expect(await statusOf({ 'x-forwarded-proto': 'http' })).toBe(403)
    expect(await statusOf({ 'x-forwarded-for': '192.0.2.7, 198.51.100.1' })).toBe(403)
    const body = { user: 'ann', password: 'secret' }
    const { token } = (await scene.api.call('login', { token: '', body, headers })).body
    expect((await scene.api.call('getCaller', { token, headers })).status).toBe(200)
    const elsewhere = { ...headers, 'x-forwarded-for': '198.51.100.1' }
    expect((await scene.api.call('getCaller', { token, headers: elsewhere })).status).toBe(401)
  })

  it('stands in the log and the audit log without the password', { tags: 'B-SECR' }, async () => {
    const scene = await start()
    const { body: login } = await logIn(scene, 'ann', 'secret')
    await logIn(scene, 'ann', 'canary-wrong')
    const { body } = await scene.api.call('listAudit')
    expect(body.entries).toMatchObject([{ operation: 'login', input: { user: 'ann' } }])
    const all = [JSON.stringify(body), ...scene.logged].join('\n')
    expect(scene.logged.join('\n')).toContain('refused by the API')
    for (const secret of ['"secret"', 'canary-wrong', login.token])
      expect(all).not.toContain(secret)
  })
})

describe('logins of a user who is gone, or has another password or role', () => {
  const withUser = (role: string) => configOf(`{ role: ${role}, users: [ann] }`)

  it('end at once, with their streams of events and WebSockets', async () => {
    const scene = await start({ ...anns, hasLive: true })
    const { api, server, configFile } = scene
    await publish(await connectTo(server), urlOf(server, '/live/door'))
    const { token } = (await logIn(scene, 'ann', 'secret')).body
    const events = await EventReader.open(api, { token })
    onTestFinished(() => events.close())
    const { body } = await api.call('createLiveTicket', { token, body: { path: '/live/door' } })
    const socket = new WebSocket(`ws://127.0.0.1:${body.port}/`, body.protocols)
    onTestFinished(() => socket.terminate())
    const browser = new LiveBrowser(socket)
    await until(() => server.pool.size === 2)
    const { body: list } = await api.call('listSessions', { query: { user: 'ann' } })
    expect(list.sessions).toMatchObject([{ transport: 'websocket-fmp4' }])
    writeFileSync(configFile, withUser('viewer'))
    expect((await api.call('reloadConfig')).status).toBe(200)
    await until(() => browser.end !== undefined)
    await events.ended
    expect(browser.end).toBe('4401 authorizationExpired')
    expect((await api.call('listSessions', { token })).status).toBe(401)
  })

  it('stay through other reloads', async () => {
    const scene = await start()
    const { token } = (await logIn(scene, 'ann', 'secret')).body
    writeFileSync(scene.configFile, `${anns.config}limits: { maxSessions: 7 }\n`)
    expect((await scene.api.call('reloadConfig')).status).toBe(200)
    expect((await scene.api.call('listSessions', { token })).status).toBe(200)
  })
})

const usersOf = (options: Partial<ApiUsersOptions> = {}): ApiUsers =>
  new ApiUsers({
    rules: [{ role: 'viewer', users: ['ann', 'bob'] }],
    secrets: new Map([
      ['ann', { clear: 'secret' }],
      ['bob', { clear: 'other' }],
    ]),
    realm: 'rtspool',
    logN: 4,
    ...options,
  })

describe('logins', () => {
  function startLogins(users = usersOf()) {
    const clock = new ManualClock()
    const logins = new Logins({ users: () => users, clock, lifetimeSeconds: 60 })
    onTestFinished(() => logins.close())
    return { clock, logins }
  }

  it('end when their time is over', async () => {
    const { clock, logins } = startLogins()
    const login = await logins.logIn('ann', 'secret', '10.0.0.1')
    if ('refusal' in login) throw new Error('refused')
    clock.advance(59_000)
    expect(logins.find(login.token, '10.0.0.1')).toMatchObject({ name: 'ann', role: 'viewer' })
    clock.advance(2_000)
    expect(logins.find(login.token, '10.0.0.1')).toBeUndefined()
  })

  it('of a user who is removed while the password is checked are refused', async () => {
    let users = usersOf()
    const logins = new Logins({ users: () => users, clock: new ManualClock(), lifetimeSeconds: 60 })
    const login = logins.logIn('ann', 'secret', '10.0.0.1')
    users = usersOf({ secrets: new Map() })
    expect(await login).toEqual({ refusal: 'wrong' })
    expect(logins.size).toBe(0)
  })

  it('are limited for each user: the oldest one ends', async () => {
    const { logins } = startLogins()
    const first = await logins.logIn('ann', 'secret', '10.0.0.1')
    for (let n = 0; n < 20; n++) await logins.logIn('ann', 'secret', '10.0.0.1')
    if ('refusal' in first) throw new Error('refused')
    expect([logins.size, logins.find(first.token, '10.0.0.1')]).toEqual([20, undefined])
  })

  it('are valid at addresses at which the user has the same role', async () => {
    const from = ['10.0.0.0/8']
    const rules: ApiUsersOptions['rules'] = [
      { role: 'admin', users: ['ann'], from },
      { role: 'viewer', users: ['ann'] },
      { role: 'viewer', users: ['bob'], from },
    ]
    const { logins } = startLogins(usersOf({ rules }))
    const [ann, bob] = [
      await logins.logIn('ann', 'secret', '10.0.0.1'),
      await logins.logIn('bob', 'other', '10.0.0.1'),
    ]
    if ('refusal' in ann || 'refusal' in bob) throw new Error('refused')
    expect(logins.find(ann.token, '10.9.9.9')?.role).toBe('admin')
    expect(logins.find(ann.token, '192.0.2.1')).toBeUndefined()
    expect(logins.find(bob.token, '192.0.2.1')).toBeUndefined()
    expect(logins.find(bob.token, '10.0.0.1')?.role).toBe('viewer')
  })

  it('succeed for a user who has logged in from the host while others guess there', async () => {
    const { logins } = startLogins()
    expect(await logins.logIn('ann', 'secret', '10.0.0.1')).toHaveProperty('token')
    for (let n = 0; n < 10; n++) await logins.logIn(`guess${n}`, 'guess', '10.0.0.1')
    expect(await logins.logIn('bob', 'other', '10.0.0.1')).toEqual({ refusal: 6 })
    for (let n = 0; n < 20; n++) {
      expect(await logins.logIn('ann', 'secret', '10.0.0.1')).toHaveProperty('token')
    }
    for (let n = 0; n < 10; n++) await logins.logIn('ann', 'guess', '10.0.0.1')
    expect(await logins.logIn('ann', 'secret', '10.0.0.1')).toHaveProperty('refusal')
  })

  it('are guessed slowly from one host, which keeps nobody else out', async () => {
    const { clock, logins } = startLogins()
    const guess = () => logins.logIn('ann', 'guess', '10.0.0.66')
    for (let n = 0; n < 10; n++) expect(await guess()).toEqual({ refusal: 'wrong' })
    expect(await guess()).toEqual({ refusal: 6 })
    expect(await logins.logIn('ann', 'secret', '10.0.0.1')).toHaveProperty('token')
    clock.advance(6_000)
    expect(await guess()).toEqual({ refusal: 'wrong' })
  })

  it('of one user are guessed slowly from many hosts, and the user still logs in from a known one', async () => {
    const { logins } = startLogins()
    expect(await logins.logIn('ann', 'secret', '10.0.0.1')).toHaveProperty('token')
    const guesses = Array.from({ length: 60 }, (_, n) =>
      logins.logIn('ann', 'guess', `10.0.1.${n}`),
    )
    const refusals = (await Promise.all(guesses)).map(
      (answer) => 'refusal' in answer && answer.refusal,
    )
    expect(refusals.filter((refusal) => refusal === 'wrong').length).toBe(50)
    expect(await logins.logIn('ann', 'secret', '10.0.0.1')).toHaveProperty('token')
    expect(await logins.logIn('ann', 'secret', '10.0.9.9')).toHaveProperty('refusal')
    expect(await logins.logIn('bob', 'other', '10.0.9.9')).toHaveProperty('token')
  })
})

describe('a limit on guesses', () => {
  it('forgets the keys that were used least recently', () => {
    const limit = new GuessLimit(new ManualClock(), { burst: 1, perMinute: 1 })
    expect([limit.take('first'), limit.take('first')]).toEqual([0, 60])
    for (let n = 0; n < 10_000; n++) limit.take(`${n}`)
    expect(limit.take('first')).toBe(0)
  })
})
