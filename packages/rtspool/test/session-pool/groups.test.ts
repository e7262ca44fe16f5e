import { describe, expect, it } from 'vitest'
import {
  type AdmissionRequest,
  type SessionGroups,
  SessionPool,
  type SessionPoolOptions,
  type SessionRefusal,
} from '../../src/session-pool/index.js'

const owner = { address: '192.0.2.1', user: 'ann' }
const limits = { plan: { free: 2, gold: 3 }, tenant: { acme: 1 } }

function setUp(options: SessionPoolOptions = {}) {
  const pool = new SessionPool(options)
  const refusals: SessionRefusal[] = []
  pool.on('sessionRefused', (refusal) => refusals.push(refusal))
  const create = (groups?: SessionGroups) => pool.create({ owner, groups })
  return { pool, refusals, create }
}

describe('groups', () => {
  it('are counted, listed and kicked', () => {
    const { pool, create } = setUp()
    const free = create({ plan: 'free', tenant: 'acme' })
    const other = create({ plan: 'free', tenant: 'other' })
    create()
    expect(pool.count({ group: { plan: 'free' } })).toBe(2)
    expect(pool.count({ group: { tenant: 'acme' } })).toBe(1)
    expect(pool.count({ group: { plan: 'gold' } })).toBe(0)
    expect(pool.list({ group: { plan: 'free' } }).sessions).toEqual([free, other])
    expect(pool.kick({ group: { tenant: 'acme' } })).toEqual([free])
    expect(pool.count({ group: { plan: 'free' } })).toBe(1)
    expect(free.groups).toEqual({ plan: 'free', tenant: 'acme' })
    expect(JSON.parse(JSON.stringify(other)).groups).toEqual({ plan: 'free', tenant: 'other' })
    expect(() => pool.count({ group: { plan: 'free', tenant: 'acme' } })).toThrow('exactly one')
    expect(() => pool.count({ group: {} })).toThrow('exactly one')
  })

  it('are limited by value', () => {
    const { pool, create, refusals } = setUp({ maxSessionsPerGroup: limits })
    create({ plan: 'free' })
    create({ plan: 'free', tenant: 'acme' })
    const full = (group: SessionGroups, max: number) =>
      expect.objectContaining({
        code: 'ERR_SESSION_POOL_FULL',
        statusCode: 503,
        context: { limit: 'maxSessionsPerGroup', max, group },
      })
    expect(() => create({ plan: 'free' })).toThrow(full({ plan: 'free' }, 2))
    expect(() => create({ plan: 'gold', tenant: 'acme' })).toThrow(full({ tenant: 'acme' }, 1))
    create({ plan: 'gold', tenant: 'else' })
    create({ constructor: 'toString' })
    create()
    const limit = 'maxSessionsPerGroup'
    expect(refusals.map(({ group }) => group)).toEqual([{ plan: 'free' }, { tenant: 'acme' }])
    expect(pool.stats().refused[limit]).toBe(2)
    pool.setLimits({ maxSessionsPerGroup: { plan: { free: 3 } } })
    create({ plan: 'free', tenant: 'acme' })
    pool.setLimits({ maxSessionsPerGroup: {} })
    create({ plan: 'free' })
    expect(pool.limits.maxSessionsPerGroup).toEqual({})
  })

  it('come from the answer of onAdmit', async () => {
    const onAdmit = () => ({ init: { groups: { plan: 'free' } } })
    const { pool } = setUp({ onAdmit, maxSessionsPerGroup: { plan: { free: 1 } } })
    const session = pool.create(await pool.admit({ owner }))
    expect(session.groups).toEqual({ plan: 'free' })
    await expect(pool.admit({ owner })).rejects.toMatchObject({ code: 'ERR_SESSION_POOL_FULL' })
    const replacing = await pool.admit({ owner, replaces: session })
    expect(pool.create(replacing).groups).toEqual({ plan: 'free' })
    expect(session.removalReason).toBe('replaced')
  })

  it('evict their own when the policy says so', () => {
    const { pool, create } = setUp({
      maxSessionsPerGroup: { plan: { free: 1 } },
      fullPolicy: 'evictOldestIdle',
    })
    const other = create({ plan: 'gold' })
    const first = create({ plan: 'free' })
    create({ plan: 'free' })
    expect([first.removalReason, other.removalReason]).toEqual(['evicted', undefined])
    expect(pool.size).toBe(2)
  })

  it('are shown to an admission control', () => {
    const asked: AdmissionRequest[] = []
    const admission = {
      tryAcquire: (request: AdmissionRequest) => {
        asked.push(request)
        return undefined
      },
      release: () => {},
    }
    const { create } = setUp({ admission })
    create({ plan: 'free' })
    create({ plan: 'free' })
    create()
    expect(asked.map(({ groups, counts }) => [groups, counts.groups])).toEqual([
      [{ plan: 'free' }, { plan: 0 }],
      [{ plan: 'free' }, { plan: 1 }],
      [undefined, undefined],
    ])
  })

  it.each<[unknown, string]>([
    ['free', 'groups must be an object'],
    [{ 'a b': 'x' }, 'a name in groups must begin with a letter, and have at most 64 letters'],
    [{ plan: '' }, 'groups.plan must be a text of 1 to 256, got 0 characters'],
    [{ plan: 5 }, 'groups.plan must be a text of 1 to 256, got number'],
    [Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`g${n}`, 'x'])), 'at most 8, got 9'],
  ])('%j are refused', (groups, message) => {
    const { pool, create } = setUp()
    expect(() => create(groups as SessionGroups)).toThrow(message)
    expect(pool.size).toBe(0)
  })

  it.each<[unknown, string]>([
    [5, 'maxSessionsPerGroup must be an object such as { plan: { free: 50 } }, got 5'],
    [{ plan: 5 }, 'maxSessionsPerGroup.plan must be an object of numbers, got 5'],
    [{ plan: { free: -1 } }, 'maxSessionsPerGroup.plan.free must be an integer'],
    [{ '': {} }, 'a name in maxSessionsPerGroup must begin with a letter'],
  ])('limits %j are refused', (maxSessionsPerGroup, message) => {
    expect(() => setUp({ maxSessionsPerGroup: maxSessionsPerGroup as never })).toThrow(message)
    const { pool } = setUp({ maxSessionsPerGroup: limits })
    expect(() => pool.setLimits({ maxSessionsPerGroup: maxSessionsPerGroup as never })).toThrow(
      message,
    )
    expect(pool.limits.maxSessionsPerGroup).toEqual(limits)
  })
})
