import { describe, expect, it } from 'vitest'
import { LeasedCredits } from '../../../src/cluster/node/leased-credits.js'

const pool = { key: 'pool', max: 10 }
const alice = { key: 'user alice', max: 2 }

/** Sends the claims of the credits to a ledger that grants everything. */
function grantAll(credits: LeasedCredits, now = 0): void {
  const claims = credits.claims(false, now)
  credits.settle(
    claims,
    claims.map(({ target }) => target),
    now,
  )
}

describe('LeasedCredits', () => {
  it('admits a session for which it holds credits, and asks for those that it lacks', () => {
    const credits = new LeasedCredits(0, 1000)
    expect(credits.tryTake([pool])).toBe('pool')
    expect(credits.claims(false, 0)).toEqual([{ key: 'pool', target: 1, max: 10 }])
    credits.settle([{ key: 'pool', target: 1, max: 10 }], [1], 0)
    expect(credits.tryTake([pool])).toBeUndefined()
    expect(credits.tryTake([pool])).toBe('pool')
    expect([credits.live('pool'), credits.held('pool')]).toEqual([1, 1])
  })

  it('gives idle credits up before the ledger learns of it', () => {
    const credits = new LeasedCredits(0, 1000)
    credits.tryTake([pool])
    grantAll(credits)
    expect(credits.claims(true, 0)).toEqual([{ key: 'pool', target: 0, max: 10 }])
    expect(credits.tryTake([pool])).toBe('pool')
  })

  it.each([pool, alice])(
    'gives up no credits for $key while the ledger does not reply',
    (demand) => {
      const credits = new LeasedCredits(0, 1000)
      for (let n = 0; n < 2; n++) credits.tryTake([demand])
      grantAll(credits)
      for (let n = 0; n < 2; n++) expect(credits.tryTake([demand])).toBeUndefined()
      credits.release([demand.key])
      for (let n = 0; n < 3; n++) {
        expect(credits.claims(true, 5000, true)).toEqual([{ ...demand, target: 2 }])
      }
      expect(credits.held(demand.key)).toBe(2)
      expect(credits.claims(true, 5000)).toEqual([{ ...demand, target: 1 }])
    },
  )

  it('claims no more than a limit that was lowered while the ledger does not reply', () => {
    const credits = new LeasedCredits(0, 1000)
    for (let n = 0; n < 4; n++) credits.tryTake([pool])
    grantAll(credits)
    expect(credits.tryTake([{ ...pool, max: 2 }])).toBeUndefined()
    expect(credits.claims(false, 0, true)).toEqual([{ key: 'pool', target: 2, max: 2 }])
  })

  it('keeps a credit for a session that was refused until it comes again, or its time is over', () => {
    const credits = new LeasedCredits(0, 1000)
    credits.tryTake([pool, alice])
    grantAll(credits)
    credits.tryTake([pool, alice])
    grantAll(credits)
    for (let now = 0; now < 1000; now += 100) grantAll(credits, now)
    expect([credits.held('pool'), credits.held('user alice')]).toEqual([1, 1])
    expect(credits.tryTake([pool, alice])).toBeUndefined()
    credits.release(['pool', 'user alice'])
    for (let n = 0; n < 3; n++) grantAll(credits, 999)
    expect([credits.held('pool'), credits.held('user alice')]).toEqual([0, 0])
    credits.tryTake([pool])
    grantAll(credits, 0)
    grantAll(credits, 999)
    expect(credits.held('pool')).toBe(1)
    grantAll(credits, 1000)
    expect(credits.held('pool')).toBe(0)
  })

  it('keeps no more than one credit for a client that tries often', () => {
    const credits = new LeasedCredits(0, 1000)
    for (let n = 0; n < 5; n++) credits.tryTake([alice])
    grantAll(credits)
    grantAll(credits)
    expect(credits.held('user alice')).toBe(1)
  })

  it('puts the pool first in every request, however many limits there are', () => {
    const credits = new LeasedCredits(1, 1000)
    const keys = Array.from({ length: 300 }, (_, n) => `user ${n}`)
    for (const key of keys) credits.tryTake([{ key, max: 1 }])
    credits.tryTake([pool])
    expect(credits.claims(false, 0)[0]).toMatchObject({ key: 'pool', target: 2 })
    expect(credits.claims(false, 0)[0]).toMatchObject({ key: 'pool', target: 2 })
    expect(credits.rejoin(false)[0]).toMatchObject({ key: 'pool' })
    expect(credits.rejoin(false)).toHaveLength(256)
  })

  it('asks for no more than 4096 limits without sessions and credits', () => {
    const credits = new LeasedCredits(0, 1000)
    for (let n = 0; n < 5000; n++) {
      expect(credits.tryTake([{ key: `user ${n}`, max: 1 }])).toBe(`user ${n}`)
    }
    expect(credits.rejoin(false)).toHaveLength(256)
    expect(credits.tryTake([pool, alice])).toBe('pool')
    const asked = new Set<string>()
    for (let n = 0; n < 30; n++) for (const { key } of credits.claims(true, 0)) asked.add(key)
    expect(asked.size).toBe(4097)
    for (let n = 0; n < 17; n++) grantAll(credits)
    credits.tryTake([alice])
    grantAll(credits)
    expect(credits.tryTake([pool, alice])).toBeUndefined()
  })

  it('keeps spare credits as many as sessions were admitted lately, but none under starvation', () => {
    const credits = new LeasedCredits(1, 1000)
    for (let n = 0; n < 3; n++) credits.tryTake([pool])
    grantAll(credits)
    for (let n = 0; n < 3; n++) expect(credits.tryTake([pool])).toBeUndefined()
    expect(credits.claims(false, 0)).toEqual([{ key: 'pool', target: 6, max: 10 }])
    expect(credits.claims(true, 0)).toEqual([{ key: 'pool', target: 3, max: 10 }])
  })

  it('uses a credit under each limit or none, and keeps those before the missing one', () => {
    const credits = new LeasedCredits(0, 1000)
    expect(credits.tryTake([pool, alice])).toBe('pool')
    grantAll(credits)
    expect(credits.tryTake([pool, alice])).toBe('user alice')
    expect(credits.live('pool')).toBe(0)
    grantAll(credits)
    expect(credits.tryTake([pool, alice])).toBeUndefined()
    credits.release(['pool', 'user alice'])
    expect([credits.live('pool'), credits.live('user alice')]).toEqual([0, 0])
  })

  it('asks no more for a limit without sessions and credits', () => {
    const credits = new LeasedCredits(0, 1000)
    credits.tryTake([alice])
    grantAll(credits)
    credits.tryTake([alice])
    credits.release(['user alice'])
    grantAll(credits)
    expect(credits.claims(false, 0)).toEqual([])
  })

  it('claims what it holds from a ledger without data, and its sessions from one that fenced it', () => {
    const credits = new LeasedCredits(2, 1000)
    credits.tryTake([pool])
    grantAll(credits)
    credits.tryTake([pool])
    expect(credits.rejoin(false)).toEqual([{ key: 'pool', target: 3, max: 10 }])
    expect(credits.rejoin(true)).toEqual([{ key: 'pool', target: 1, max: 10 }])
  })

  it('claims what does not fit into a join with its beats, as held before', () => {
    const credits = new LeasedCredits(0, 1000)
    const keys = Array.from({ length: 300 }, (_, n) => `user ${n}`)
    for (const part of [keys.slice(0, 200), keys.slice(200)]) {
      for (const key of part) credits.tryTake([{ key, max: 1 }])
      grantAll(credits)
      for (const key of part) expect(credits.tryTake([{ key, max: 1 }])).toBeUndefined()
      grantAll(credits)
    }
    const claims = credits.rejoin(false)
    expect(claims).toHaveLength(256)
    credits.settle(
      claims,
      claims.map(() => 1),
      0,
    )
    expect(credits.unasked).toBe(44)
    const rest = credits.claims(false, 0)
    expect(rest).toHaveLength(44)
    expect(rest.every(({ isHeld }) => isHeld)).toBe(true)
    grantAll(credits)
    expect(credits.unasked).toBe(0)
  })

  it('claims its sessions as held until the ledger has granted credits for all of them', () => {
    const credits = new LeasedCredits(1, 1000)
    for (let n = 0; n < 2; n++) credits.tryTake([pool])
    grantAll(credits)
    for (let n = 0; n < 2; n++) credits.tryTake([pool])
    const held = { key: 'pool', target: 2, max: 10, isHeld: true }
    credits.settle(credits.rejoin(true), [1], 0)
    // The ledger has no more at present: a question at once would be in vain.
    expect(credits.unasked).toBe(0)
    expect(credits.claims(false, 0)).toEqual([held])
    credits.settle([held], [2], 0)
    expect(credits.claims(false, 0)).toMatchObject([{ key: 'pool', target: 4, max: 10 }])
  })

  it('admits sessions beyond its credits, but not for the pool, and asks for their credits', () => {
    const credits = new LeasedCredits(0, 1000)
    const bob = { key: 'user bob', max: 1 }
    credits.tryTake([pool, alice])
    grantAll(credits)
    const answers = [1, 2, 3].map(() => credits.tryTake([bob], 2))
    expect(answers).toEqual([undefined, 'user bob', 'user bob'])
    expect(credits.tryTake([pool, alice], 2)).toBeUndefined()
    expect(credits.tryTake([pool, alice], 2)).toBe('pool')
    expect([credits.live('user alice'), credits.held('user alice')]).toEqual([1, 0])
    const claims = credits.claims(false, 0).filter(({ key }) => key !== 'pool')
    expect(claims).toMatchObject([
      { key: 'user bob', target: 1 },
      { key: 'user alice', target: 1 },
    ])
    credits.settle(claims, [1, 0], 0)
    expect(credits.tryTake([alice], 1)).toBe('user alice')
    expect(credits.claims(false, 0)).toContainEqual({ key: 'user alice', target: 2, max: 2 })
  })

  it('claims no sessions beyond its credits as held before, so that they do not grow', () => {
    const credits = new LeasedCredits(0, 1000)
    credits.tryTake([alice])
    grantAll(credits)
    credits.tryTake([alice])
    expect(credits.tryTake([alice], 1)).toBeUndefined()
    expect(credits.rejoin(false)).toEqual([{ key: 'user alice', target: 1, max: 2 }])
    expect(credits.claims(false, 0)).toEqual([
      { key: 'user alice', target: 1, max: 2, isHeld: true },
    ])
    grantAll(credits)
    expect(credits.claims(false, 0)).toEqual([{ key: 'user alice', target: 2, max: 2 }])
  })

  it('asks for every limit in turn when there are more than one beat can carry', () => {
    const credits = new LeasedCredits(0, 1000)
    for (let n = 0; n < 300; n++) credits.tryTake([{ key: `user ${n}`, max: 1 }])
    const asked = [...credits.claims(false, 0), ...credits.claims(false, 0)]
    expect(new Set(asked.map(({ key }) => key)).size).toBe(300)
  })

  it('gives back idle credits after a lower limit, until a reply confirms it', () => {
    const credits = new LeasedCredits(8, 1000)
    const pool = { key: 'pool', max: 30 }
    expect([credits.noteLimit(30), credits.noteLimit(30)]).toEqual([false, false])
    credits.tryTake([pool])
    grantAll(credits)
    expect(credits.tryTake([pool])).toBeUndefined()
    const sent = credits.claims(false, 0)
    expect(sent).toEqual([{ key: 'pool', target: 9, max: 30 }])
    expect(credits.noteLimit(12)).toBe(true)
    // The reply to claims from before is no confirmation, and neither is a lost one.
    credits.settle(sent, [9], 0)
    const lower = [{ key: 'pool', target: 1, max: 12 }]
    expect(credits.claims(false, 0)).toEqual(lower)
    const again = credits.claims(false, 0)
    expect(again).toEqual(lower)
    expect(credits.held('pool')).toBe(1)
    credits.settle(again, [1], 0)
    expect(credits.claims(false, 0)).toEqual([{ key: 'pool', target: 9, max: 12 }])
    expect(credits.noteLimit(20)).toBe(true)
    expect(credits.claims(false, 0)).toEqual([{ key: 'pool', target: 9, max: 20 }])
  })

  it('has credits for the sessions that it adopts, as many as the ledger has', () => {
    const credits = new LeasedCredits(0, 1000)
    credits.adopt(5, 10)
    expect([credits.live('pool'), credits.held('pool'), credits.tryTake([pool])]).toEqual([
      5,
      5,
      'pool',
    ])
    const claims = credits.claims(false, 0)
    expect(claims).toEqual([{ key: 'pool', target: 5, max: 10, isHeld: true }])
    credits.settle(claims, [4], 0)
    credits.release(['pool'])
    expect(credits.tryTake([pool])).toBe('pool')
    grantAll(credits)
    expect(credits.claims(false, 0)).toEqual([{ key: 'pool', target: 5, max: 10 }])
  })

  it('keeps credits that a lower limit allows during an outage, and gives them back afterwards', () => {
    const credits = new LeasedCredits(8, 1000)
    credits.noteLimit(30)
    for (let n = 0; n < 9; n++) credits.tryTake([pool])
    grantAll(credits)
    credits.noteLimit(6)
    const kept = credits.claims(false, 0, true)
    expect(kept).toEqual([{ key: 'pool', target: 6, max: 6 }])
    credits.settle(kept, [6], 0)
    expect(credits.claims(false, 0)).toEqual([{ key: 'pool', target: 0, max: 6 }])
  })

  it('ignores the end of a session under a limit that it does not know', () => {
    const credits = new LeasedCredits(0, 1000)
    credits.release(['user bob'])
    expect(credits.claims(false, 0)).toEqual([])
  })
})
