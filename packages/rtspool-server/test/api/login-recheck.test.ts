import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { nextTurn } from '../../../rtspool/test/support/until.js'
import type { RoleAnswer, RoleGrant } from '../../src/access/role-answer.js'
import { LoginRecheck } from '../../src/api/access/login-recheck.js'

const grant = (more: Partial<RoleGrant> = {}): RoleGrant => ({
  ...{ user: 'eva', role: 'viewer', expiresAt: undefined, recheckSeconds: 60, ...more },
})
const down: RoleAnswer = { refuse: 'unavailable' }

/** Starts the questions about a login, whose answers the test gives one by one. */
function start(answers: RoleAnswer[]) {
  const clock = new ManualClock()
  const asked: number[] = []
  const renewed: RoleGrant[] = []
  let ends = 0
  const recheck = new LoginRecheck(clock, {
    grant: grant(),
    ask: async () => {
      asked.push(clock.now())
      return answers.shift() ?? grant()
    },
    renew: (answer) => void renewed.push(answer),
    end: () => {
      ends++
      recheck.stop()
    },
  })
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1000)
      await nextTurn()
    }
  }
  return { clock, recheck, asked, renewed, pass, ends: () => ends }
}

describe('a login that is asked about again', { tags: 'B-AUTH0' }, () => {
  it('is asked about after the interval, give or take a tenth, as long as the answers say', async () => {
    const { asked, renewed, pass, clock } = start([
      grant({ expiresAt: 99 }),
      grant({ recheckSeconds: undefined }),
    ])
    await pass(53)
    expect(asked).toHaveLength(0)
    await pass(14)
    expect(asked).toHaveLength(1)
    await pass(66)
    expect(asked).toHaveLength(2)
    await pass(300)
    expect(asked).toHaveLength(2)
    expect(renewed.map(({ expiresAt }) => expiresAt)).toEqual([99, undefined])
    expect(clock.pendingTimers).toBe(0)
  })

  it('ends with the third failure in a row', async () => {
    const { pass, ends, asked } = start([down, down, grant(), down, down, down])
    await pass(67 + 31 + 31)
    expect([asked.length, ends()]).toEqual([3, 0])
    await pass(67 + 31)
    expect([asked.length, ends()]).toEqual([5, 0])
    await pass(31)
    expect([asked.length, ends()]).toEqual([6, 1])
  })

  it.each<[string, RoleAnswer]>([
    ['a no', { refuse: 'forbidden' }],
    ['another role', grant({ role: 'admin' })],
    ['another user', grant({ user: 'eve' })],
  ])('ends with %s', async (_name, answer) => {
    const { pass, ends, clock } = start([answer])
    await pass(67)
    expect([ends(), clock.pendingTimers]).toEqual([1, 0])
  })

  it('is not ended by an answer that comes too late', async () => {
    const { clock, recheck, asked, ends } = start([{ refuse: 'wrong' }])
    clock.advance(67_000)
    recheck.stop()
    await nextTurn()
    expect([asked.length, ends()]).toEqual([1, 0])
  })
})
