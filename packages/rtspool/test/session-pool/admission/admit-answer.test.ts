import { describe, expect, it } from 'vitest'
import { type AdmitHook, SessionPool } from '../../../src/session-pool/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { nextTurn } from '../../support/until.js'
import { wrongAnswers } from '../../support/wrong-answers.js'

const owner = { address: '192.0.2.1', user: 'ann' }

/** Values close to a valid result of this hook. */
const nearlyRight: readonly (readonly [shape: string, answer: unknown])[] = [
  ['object with init', { init: undefined }],
  ['object with init', { init: null }],
  ['object with init', { init: true }],
  ['object with init', { init: [] }],
  ['object with init, statusCode', { init: {}, statusCode: 200 }],
  ['object with init, ok', { init: {}, ok: true }],
  ['a statusCode of 200', { statusCode: 200 }],
  ['a statusCode of 0', { statusCode: 0 }],
  ['a statusCode of 600', { statusCode: 600 }],
  ['a statusCode of 403.5', { statusCode: 403.5 }],
  ['a statusCode of NaN', { statusCode: Number.NaN }],
  ['object with statusCode, message', { statusCode: 403, message: 7 }],
  ['object with statusCode, reason', { statusCode: 403, reason: 'no' }],
]

const ways: readonly (readonly [name: string, hook: (answer: unknown) => AdmitHook])[] = [
  ['at once', (answer) => () => answer as boolean],
  ['later', (answer) => async () => answer as boolean],
  ['from a thenable', (answer) => () => thenable(answer) as Promise<boolean>],
]

const thenable = (answer: unknown) => ({
  // biome-ignore lint/suspicious/noThenProperty: libraries have promises of their own
  then: (resolve: (value: unknown) => void) => resolve(answer),
})

describe.each(ways)('onAdmit returns %s', { tags: 'U-2' }, (_way, hook) => {
  it.each([...wrongAnswers, ...nearlyRight])('admits nobody: %s', async (got, answer) => {
    const pool = new SessionPool({ clock: new ManualClock(), onAdmit: hook(answer) })
    const message =
      'onAdmit must return true, false, { init } or { statusCode } from 300 to 599, got '
    await expect(pool.admit({ owner })).rejects.toMatchObject({
      code: 'ERR_SESSION_NOT_ADMITTED',
      statusCode: 503,
      message: message + got,
      cause: { name: 'TypeError', message: message + got },
    })
    expect(pool.stats()).toMatchObject({ created: 0, refused: { onAdmit: 1 } })
  })

  it.each([
    [{ timeOut: 5 }, "a session has no option 'timeOut': did you mean 'timeout'?"],
    [{ maxSessionPerUser: 1 }, "did you mean 'maxSessionsPerUser'?"],
    [{ timeout: '5' }, "timeout must be an integer from 0 to 2147483648, got '5'"],
    [{ maxSessionsPerUser: -1 }, 'maxSessionsPerUser must be an integer from 0'],
    [{ owner: 'ann' }, 'owner must be an object such as { address, user }, got string'],
    [{ owner: { user: 'ann' } }, 'owner.address must be a string, got undefined'],
    [{ path: 7 }, 'path must be a string that begins with /, got 7'],
    [{ expiresAt: '2030' }, 'expiresAt must be a number of seconds'],
    [{ data: 'x' }, 'data must be an object, got string'],
    [{ timeoutAlwaysVisible: 1 }, 'timeoutAlwaysVisible must be true or false, got 1'],
  ])('rejects an invalid init and admits nobody: %j', async (init, message) => {
    const pool = new SessionPool({ clock: new ManualClock(), onAdmit: hook({ init }) })
    await expect(pool.admit({ owner })).rejects.toMatchObject({
      code: 'ERR_SESSION_NOT_ADMITTED',
      statusCode: 503,
      message: expect.stringContaining(message),
    })
  })

  it('admits: true, and { init } as documented', async () => {
    for (const answer of [true, { init: {} }, { init: { timeout: 7, path: undefined } }]) {
      const pool = new SessionPool({ clock: new ManualClock(), onAdmit: hook(answer) })
      const session = pool.create(await pool.admit({ owner, path: '/cam' }))
      expect([session.owner, session.paths]).toEqual([owner, ['/cam']])
    }
  })

  it('refuses: false, and a status', async () => {
    for (const [answer, refusal] of [
      [false, { statusCode: 403 }],
      [{ statusCode: 404 }, { statusCode: 404 }],
      [
        { statusCode: 453, message: 'no plan' },
        { statusCode: 453, message: 'no plan' },
      ],
    ] as const) {
      const pool = new SessionPool({ clock: new ManualClock(), onAdmit: hook(answer) })
      const error: unknown = await pool.admit({ owner }).catch((refused: unknown) => refused)
      expect(error).toMatchObject({ code: 'ERR_SESSION_NOT_ADMITTED', ...refusal })
      expect((error as Error).cause).toBe(undefined)
    }
  })
})

describe('limits of one user, set by onAdmit', () => {
  it('hold for any number of simultaneous requests', async () => {
    const plans = new Map([['ann', 1]])
    const pool = new SessionPool({
      clock: new ManualClock(),
      onAdmit: async ({ owner }) => {
        await nextTurn()
        return { init: { maxSessionsPerUser: plans.get(owner.user ?? '') ?? 0 } }
      },
    })
    const asked = Array.from({ length: 3 }, async () => pool.create(await pool.admit({ owner })))
    const settled = await Promise.allSettled(asked)
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(pool.count({ user: 'ann' })).toBe(1)
    expect(pool.stats().refused.maxSessionsPerUser).toBe(2)
  })

  it.each([
    ['maxSessionsPerUser', { address: '192.0.2.9', user: 'ann' }, '/other'],
    ['maxSessionsPerAddress', { address: '192.0.2.1', user: 'eve' }, '/other'],
    ['maxSessionsPerPath', { address: '192.0.2.9', user: 'eve' }, '/cam'],
  ] as const)(
    '%s of a session replaces that of the pool, whether higher or lower',
    (limit, other, path) => {
      const pool = new SessionPool({ clock: new ManualClock(), [limit]: 2 })
      pool.create({ owner, path: '/cam' })
      expect(() => pool.create({ owner: other, path, [limit]: 1 })).toThrow(`${limit} is reached`)
      pool.create({ owner: other, path })
      expect(() => pool.create({ owner: other, path })).toThrow(`${limit} is reached`)
      for (const max of [3, 0]) pool.create({ owner: other, path, [limit]: max })
      expect(pool.size).toBe(4)
    },
  )

  it('evicts the longest silent session of the user, if the policy allows it', () => {
    const clock = new ManualClock()
    const pool = new SessionPool({ clock, fullPolicy: 'evictOldestIdle' })
    const first = pool.create({ owner })
    clock.advance(1000)
    const second = pool.create({ owner })
    clock.advance(1000)
    first.touch()
    pool.create({ owner, maxSessionsPerUser: 2 })
    expect([first.removalReason, second.removalReason]).toEqual([undefined, 'evicted'])
  })
})
