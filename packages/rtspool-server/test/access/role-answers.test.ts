import { generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { closeAfterTest } from '../../../rtspool/test/support/open-things.js'
import { until } from '../../../rtspool/test/support/until.js'
import { ExternalLogins } from '../../src/access/external-logins.js'
import type { HookOptions } from '../../src/access/hook/hook-logins.js'
import type { RoleQuestion } from '../../src/access/role-answer.js'
import { type Answer, localHook } from './local-hook.js'

const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = signer.publicKey.export({ type: 'spki', format: 'pem' }).toString()

const question: RoleQuestion = {
  ...{ user: 'ann', password: 'pw', address: '192.0.2.1', isSecure: true, isRecheck: false },
  signal: new AbortController().signal,
}

/** Starts external logins with a hook, and with tokens whose claim `role` names the role. */
async function start(answer: Answer = 200, options: Partial<HookOptions> = {}, role?: string) {
  const clock = new ManualClock()
  const hook = await localHook(() => answer)
  const logins = new ExternalLogins(
    {
      hook: {
        ...{ url: hook.url, timeoutSeconds: 5, cacheYesSeconds: 30, cacheNoSeconds: 5 },
        ...{ maxConnections: 2, maxWaiting: 3, actions: ['read', 'api'], digest: false },
        ...{ credentials: ['user', 'password'], secret: undefined, ca: undefined, realm: 'r' },
        ...options,
      },
      jwt: {
        ...{ keys: { text: pem }, issuer: undefined, audience: undefined, algorithms: ['ES256'] },
        claims: { user: 'sub', paths: 'paths', actions: 'actions', groups: undefined, role },
        ...{ clockToleranceSeconds: 5, ca: undefined },
      },
    },
    clock,
  )
  closeAfterTest(logins)
  const now = clock.unixTimeMs() / 1000
  const sign = (claims: Record<string, unknown>) =>
    new SignJWT({ sub: 'tom', exp: now + 60, ...claims })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(signer.privateKey)
  return { clock, logins, now, sign, ...hook }
}

describe('the hook as source of roles', { tags: 'B-AUTH0' }, () => {
  it('gets user and password with the action api', async () => {
    const { logins, questions } = await start({ json: { role: 'operator' } })
    const grant = { user: 'ann', role: 'operator', expiresAt: undefined, recheckSeconds: undefined }
    expect(await logins.askRole(question)).toEqual(grant)
    expect(questions[0]?.facts).toEqual({
      ...{ action: 'api', address: '192.0.2.1', isSecure: true, isRecheck: false },
      ...{ scheme: 'Basic', user: 'ann', password: 'pw' },
    })
  })

  it('may name the user, the end and the next question', async () => {
    const json = { user: 'bob', role: 'admin', expiresAt: 1.9e9, recheckSeconds: 20 }
    const { logins } = await start({ json })
    expect(await logins.askRole(question)).toEqual(json)
  })

  it.each<[string, Answer, object]>([
    ['no role', 200, { refuse: 'forbidden', why: 'the answer of the hook has no role' }],
    [
      'an unknown role',
      { json: { role: 'canary' } },
      { refuse: 'unavailable', why: 'the answer of the hook has a wrong role' },
    ],
    ['401', 401, { refuse: 'wrong', why: 'the hook answered with status 401' }],
    [
      '403 and a role',
      { status: 403, json: { role: 'admin', reason: 'night' } },
      { refuse: 'forbidden', why: 'night' },
    ],
    ['500', 500, { refuse: 'unavailable', why: 'the hook answered with status 500' }],
  ])('gives no role with %s', async (_name, answer, expected) => {
    const { logins } = await start(answer)
    expect(await logins.askRole(question)).toEqual(expected)
  })

  it('is asked each time, and not at all without the action', async () => {
    const { logins, questions } = await start({ json: { role: 'viewer' } })
    await logins.askRole(question)
    await logins.askRole(question)
    expect(questions).toHaveLength(2)
    const other = await start({ json: { role: 'viewer' } }, { actions: ['read'] })
    expect(other.logins.opensApi).toBe(false)
    expect(await other.logins.askRole(question)).toEqual({ refuse: 'wrong' })
    expect(other.questions).toEqual([])
  })

  it('fails after its timeout', async () => {
    const { logins, clock, questions } = await start(() => {})
    const answer = logins.askRole(question)
    await until(() => questions.length > 0)
    clock.advance(5001)
    const why = 'the hook did not answer in 5 s'
    expect(await answer).toEqual({ refuse: 'unavailable', why })
  })
})

describe('a token as source of roles', { tags: 'B-AUTH0' }, () => {
  it.each([
    ['operator', 'operator'],
    [['family', 'viewer', 'admin', 'metrics'], 'admin'],
    ['openid viewer', 'viewer'],
  ])('gives the role of the claim %j', async (claim, role) => {
    const { logins, sign, now, questions } = await start(401, {}, 'role')
    const token = await sign({ role: claim })
    const grant = { user: 'tom', role, expiresAt: now + 65, recheckSeconds: undefined }
    expect(await logins.askRoleOfToken(token)).toEqual(grant)
    expect(await logins.askRole({ ...question, password: token })).toEqual(grant)
    expect(questions).toEqual([])
  })

  it.each([[undefined], ['king'], [7], [[]]])('gives none for the claim %j', async (claim) => {
    const { logins, sign } = await start(401, {}, 'role')
    const answer = await logins.askRoleOfToken(await sign({ role: claim }))
    expect(answer).toMatchObject({ refuse: 'forbidden' })
  })

  it('gives none after its end, or with a wrong signature', async () => {
    const { logins, sign, clock } = await start(401, {}, 'role')
    const token = await sign({ role: 'admin' })
    expect(await logins.askRoleOfToken(`${token}x`)).toMatchObject({ refuse: 'wrong' })
    clock.advance(66_000)
    expect(await logins.askRoleOfToken(token)).toMatchObject({ refuse: 'wrong' })
  })

  it('opens nothing without a claim in the configuration', async () => {
    const { logins, sign } = await start(401)
    expect(await logins.askRoleOfToken(await sign({ role: 'admin' }))).toBeUndefined()
  })
})
