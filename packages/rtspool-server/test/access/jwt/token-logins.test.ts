import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import type { LoginContext } from 'rtspool'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { closeAfterTest } from '../../../../rtspool/test/support/open-things.js'
import { ExternalLogins } from '../../../src/access/external-logins.js'
import type { HookOptions } from '../../../src/access/hook/hook-logins.js'
import type { TokenOptions } from '../../../src/access/jwt/token-options.js'
import { type Answer, localHook } from '../local-hook.js'
import { loginContext } from '../login-context.js'

const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = signer.publicKey.export({ type: 'spki', format: 'pem' }).toString()

function start(options: Partial<TokenOptions> = {}) {
  const clock = new ManualClock()
  const logins = new ExternalLogins(
    {
      hook: undefined,
      jwt: {
        keys: { text: pem },
        ...{ issuer: 'https://login.example', audience: 'rtspool', algorithms: ['ES256'] },
        claims: {
          ...{ user: 'sub', paths: 'paths', actions: 'actions', groups: 'groups', role: undefined },
        },
        ...{ clockToleranceSeconds: 5, ca: undefined },
        ...options,
      },
    },
    clock,
  )
  closeAfterTest(logins)
  const now = clock.unixTimeMs() / 1000
  const ask = async (token: string, context: Partial<LoginContext> = {}) =>
    logins.login(loginContext({ token, ...context }))
  return { clock, now, ask, logins }
}

interface TokenInit {
  readonly key?: KeyObject | Uint8Array
  readonly algorithm?: string
  readonly kid?: string
}

const usual = { iss: 'https://login.example', aud: 'rtspool', sub: 'ann', paths: ['/cam'] }

const sign = (
  claims: Record<string, unknown>,
  { key = signer.privateKey, algorithm = 'ES256', kid }: TokenInit = {},
) => {
  const header = kid === undefined ? { alg: algorithm } : { alg: algorithm, kid }
  return new SignJWT(claims).setProtectedHeader(header).sign(key)
}

describe('a token', () => {
  it('lets its holder in until it expires, within the tolerance', async () => {
    const { ask, now } = start()
    const token = await sign({ ...usual, exp: now + 60, groups: { plan: 'free' } })
    const grant = { user: 'ann', expiresAt: now + 65, groups: { plan: 'free' } }
    expect(await ask(token)).toEqual(grant)
    expect(await ask(await sign({ ...usual, exp: now - 3 }))).toMatchObject({ user: 'ann' })
    expect(await ask(await sign({ ...usual, exp: now - 6 }))).toMatchObject({ refuse: 'wrong' })
  })

  it('may be the password of Basic, whatever the name', async () => {
    const { logins, now } = start()
    const password = await sign({ ...usual, exp: now + 60 })
    const answer = await logins.login(loginContext({ user: 'any', password }))
    expect(answer).toMatchObject({ user: 'ann' })
  })

  it.each([
    ['another issuer', { iss: 'https://other.example' }],
    ['another audience', { aud: 'mail' }],
    ['no user', { sub: undefined }],
    ['a user that is a number', { sub: 7 }],
    ['no end', { exp: undefined }],
    ['a beginning in the future', { nbf: 2e9 }],
    ['groups of another form', { groups: ['free'] }],
  ])('with %s is wrong', { tags: 'B-AUTH0' }, async (_name, claims) => {
    const { ask, now } = start()
    const token = await sign({ ...usual, exp: now + 60, ...claims })
    expect(await ask(token)).toMatchObject({ refuse: 'wrong' })
  })

  it('of another signer, or with another algorithm, is wrong', { tags: 'B-AUTH0' }, async () => {
    const { ask, now } = start()
    const claims = { ...usual, exp: now + 60 }
    expect(await ask(await sign(claims, { key: stranger.privateKey }))).toMatchObject({
      refuse: 'wrong',
    })
    const secret = { key: new Uint8Array(Buffer.from(pem)), algorithm: 'HS256' }
    expect(await ask(await sign(claims, secret))).toMatchObject({ refuse: 'wrong' })
    const [, payload] = (await sign(claims)).split('.')
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    expect(await ask(`${none}.${payload}.AA`)).toMatchObject({ refuse: 'wrong' })
  })

  it('may have a shared secret', async () => {
    const { ask, now } = start({ keys: { text: 'secret\n'.repeat(8) }, algorithms: ['HS256'] })
    const key = new Uint8Array(Buffer.from('secret\n'.repeat(8).trim()))
    const token = await sign({ ...usual, exp: now + 60 }, { key, algorithm: 'HS256' })
    expect(await ask(token)).toMatchObject({ user: 'ann' })
  })

  it('says which paths and actions it is for; else the rules decide', async () => {
    const { ask, now } = start()
    const answers = async (claims: object, context: Partial<LoginContext>) =>
      ask(await sign({ ...usual, exp: now + 60, ...claims }), context)
    const forbidden = { refuse: 'forbidden', why: 'the token does not allow it' }
    expect(await answers({}, { path: '/cam2' })).toEqual(forbidden)
    expect(await answers({}, { action: 'publish' })).toEqual(forbidden)
    expect(await answers({ paths: '/a/* /b' }, { path: '/a/b/c' })).toMatchObject({ user: 'ann' })
    expect(await answers({ paths: '/a/*' }, { path: '/ab' })).toEqual(forbidden)
    expect(await answers({ paths: [], actions: ['read'] }, {})).toEqual(forbidden)
    const publish = { actions: ['publish'] }
    expect(await answers(publish, { action: 'publish' })).toMatchObject({ user: 'ann' })
    expect(await answers(publish, { action: 'read' })).toEqual(forbidden)
    expect(await answers({ paths: undefined }, {})).toMatchObject({ byRules: true })
  })

  it('in no message shows itself', { tags: 'B-SECR' }, async () => {
    const { ask, now } = start()
    const token = await sign({ ...usual, exp: now - 60, sub: 'canary' })
    const shown = JSON.stringify(await ask(token))
    expect(shown).not.toContain('canary')
    expect(shown).not.toContain(token.split('.')[2])
  })
})

describe('keys of a JWKS', () => {
  const jwk = { ...signer.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256' }

  async function withKeys(answer: () => Answer) {
    const { url, questions } = await localHook(answer)
    const scene = start({ keys: { url } })
    const token = (kid: string) => sign({ ...usual, exp: scene.now + 3600 }, { kid })
    return { ...scene, fetches: () => questions.length, token }
  }

  it('are fetched once, and an unknown key causes no other fetch for a while', async () => {
    const { ask, token, fetches } = await withKeys(() => ({ json: { keys: [jwk] } }))
    expect(await ask(await token('one'))).toMatchObject({ user: 'ann' })
    expect(await ask(await token('one'))).toMatchObject({ user: 'ann' })
    for (let attempt = 0; attempt < 5; attempt++) {
      expect(await ask(await token('two'))).toMatchObject({ refuse: 'wrong' })
    }
    expect(fetches()).toBe(1)
  })

  it.each<[string, Answer, RegExp]>([
    ['is down', 503, /cannot be fetched: status 503/],
    ['sends no keys', { json: { no: 'keys' } }, /the keys of tokens/],
  ])('leave the login undecided when their server %s', async (_name, answer, why) => {
    const { ask, token } = await withKeys(() => answer)
    const refusal = await ask(await token('one'))
    expect(refusal).toEqual({ refuse: 'unavailable', why: expect.stringMatching(why) })
  })

  it('are not fetched again at once after a failure', async () => {
    let status = 503
    const { ask, token, fetches, clock } = await withKeys(() =>
      status === 200 ? { json: { keys: [jwk] } } : status,
    )
    await ask(await token('one'))
    status = 200
    expect(await ask(await token('one'))).toMatchObject({ refuse: 'unavailable' })
    expect(fetches()).toBe(1)
    clock.advance(5001)
    expect(await ask(await token('one'))).toMatchObject({ user: 'ann' })
    expect(fetches()).toBe(2)
  })
})

describe('a token and a hook', () => {
  it('the signer decides about tokens of its form, and the hook about all others', async () => {
    const { url, questions } = await localHook(() => 200)
    const clock = new ManualClock()
    const hook: HookOptions = {
      ...{ url, timeoutSeconds: 5, cacheYesSeconds: 0, cacheNoSeconds: 0, maxConnections: 1 },
      ...{ maxWaiting: 1, secret: undefined, ca: undefined },
      actions: ['read'],
      credentials: ['token'],
      ...{ digest: false, realm: 'rtspool' },
    }
    const logins = new ExternalLogins(
      {
        hook,
        jwt: {
          keys: { text: pem },
          ...{ issuer: undefined, audience: undefined, algorithms: ['ES256'] },
          claims: {
            ...{ user: 'sub', paths: 'paths', actions: 'actions' },
            ...{ groups: undefined, role: undefined },
          },
          ...{ clockToleranceSeconds: 0, ca: undefined },
        },
      },
      clock,
    )
    closeAfterTest(logins)
    const token = await sign({ ...usual, exp: 1 })
    expect(await logins.login(loginContext({ token }))).toMatchObject({ refuse: 'wrong' })
    expect(questions).toHaveLength(0)
    await logins.login(loginContext({ token: 'opaque' }))
    expect(questions[0]?.facts).toMatchObject({ token: 'opaque' })
  })
})
