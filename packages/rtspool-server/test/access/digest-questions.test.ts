import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { closeAfterTest } from '../../../rtspool/test/support/open-things.js'
import { HookLogins, type HookOptions } from '../../src/access/hook/hook-logins.js'
import { verifyByHash } from '../../src/access/password-check.js'
import { type Answer, localHook } from './local-hook.js'
import { loginContext } from './login-context.js'

const md5 = 'a'.repeat(32)
const sha256 = 'B'.repeat(64)

async function start(json: object, options: Partial<HookOptions> = {}, status = 200) {
  const answer: Answer = { status, json }
  const hook = await localHook(() => answer)
  const logins = new HookLogins(
    {
      ...{ url: hook.url, timeoutSeconds: 5, cacheYesSeconds: 30, cacheNoSeconds: 5 },
      ...{ maxConnections: 2, maxWaiting: 3, actions: ['read'], digest: true, realm: 'cameras' },
      ...{ credentials: ['user', 'password', 'token'], secret: undefined, ca: undefined },
      ...options,
    },
    new ManualClock(),
  )
  closeAfterTest({ close: async () => logins.close() })
  return { logins, ...hook }
}

const byMd5 = loginContext({ scheme: 'Digest', algorithm: 'MD5', user: 'ann' })
const bySha = loginContext({ scheme: 'Digest', algorithm: 'SHA-256', user: 'ann' })

describe('a hook that is asked about Digest', () => {
  it('gets user, realm and algorithm, and answers with HA1', { tags: 'B-AUTH0' }, async () => {
    const { logins, questions } = await start({ ha1: { md5, sha256 } })
    const secret = { ha1: { MD5: md5, 'SHA-256': sha256 } }
    expect(await logins.ask(byMd5)).toEqual({ user: 'ann', secret })
    expect(questions[0]?.facts).toMatchObject({ scheme: 'Digest', user: 'ann' })
    expect(questions[0]?.facts).toMatchObject({ realm: 'cameras', algorithm: 'MD5' })
    expect(questions[0]?.facts).not.toHaveProperty('password')
  })

  it.each([
    ['MD5', md5, byMd5, { MD5: md5 }],
    ['SHA-256', sha256, bySha, { 'SHA-256': sha256 }],
  ] as const)('may answer with one hash of %s', async (_name, ha1, question, expected) => {
    const { logins } = await start({ ha1 })
    expect(await logins.ask(question)).toEqual({ user: 'ann', secret: { ha1: expected } })
  })

  it.each<[string, object, string]>([
    ['no HA1', {}, 'the answer of the hook has no ha1 of SHA-256'],
    ['HA1 of another algorithm', { ha1: md5 }, 'the answer of the hook has no ha1 of SHA-256'],
    ['another text', { ha1: 'canary' }, 'the answer of the hook has a wrong ha1'],
    ['a short hash', { ha1: { sha256: md5 } }, 'the answer of the hook has a wrong ha1'],
  ])('fails with %s, without its value', { tags: 'B-SECR' }, async (_name, json, why) => {
    const { logins } = await start(json)
    expect(await logins.ask(bySha)).toEqual({ refuse: 'unavailable', why })
  })

  it('needs no HA1 in the answer to a later question', async () => {
    const { logins } = await start({ recheckSeconds: 9 })
    const again = loginContext({ scheme: 'Digest', algorithm: 'MD5', user: 'ann', isRecheck: true })
    expect(await logins.ask(again)).toEqual({ user: 'ann', recheckSeconds: 9 })
  })

  it('refuses an unknown user as any other', async () => {
    const { logins } = await start({}, {}, 401)
    expect(await logins.ask(byMd5)).toMatchObject({ refuse: 'wrong' })
  })

  it('is asked once while its answer is remembered, for each algorithm', async () => {
    const { logins, questions } = await start({ ha1: { md5, sha256 } })
    for (const question of [byMd5, byMd5, bySha, bySha]) await logins.ask(question)
    expect(questions).toHaveLength(2)
  })

  it('is not asked unless the configuration says so', async () => {
    const { logins, questions } = await start({ ha1: md5 }, { digest: false })
    expect(await logins.ask(byMd5)).toBeUndefined()
    expect(questions).toEqual([])
  })

  it('gives no HA1 for a login by password', async () => {
    const { logins } = await start({ ha1: md5 })
    const byPassword = loginContext({ scheme: 'Basic', user: 'ann', password: 'pw' })
    expect(await logins.ask(byPassword)).toEqual({ user: 'ann' })
  })
})

it('Digest of a user with a hash for Basic alone is left to no hook', { tags: 'B-AUTH0' }, () => {
  const verify = verifyByHash(new Map([['ann', 'hash']]), true)
  const ask = (user: string) => verify?.({ scheme: 'Digest', user } as never)
  expect([ask('ann'), ask('bob')]).toEqual([false, undefined])
})
