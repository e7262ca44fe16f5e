import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Session, SessionPool, type SessionState } from '../../src/session-pool/index.js'
import { holdSession, releaseSession } from '../../src/session-pool/session-hold.js'
import { SilenceOrder } from '../../src/session-pool/structures/silence-order.js'
import { ManualClock } from '../../src/testing/manual-clock.js'

/** A naive pool's record of a session. */
interface Known {
  readonly session: Session
  readonly user: string
  last: number
  prevented: number
  held: number
}

const states: readonly SessionState[] = ['Init', 'Ready', 'Playing', 'Recording']
const users = ['ann', 'bob', 'eve']

const step = fc.record({
  verb: fc.constantFrom(
    ...(['create', 'create', 'create', 'touch', 'find', 'state', 'late', 'remove'] as const),
    ...(['prevent', 'allow', 'timeout', 'hold', 'unhold'] as const),
  ),
  at: fc.nat({ max: 30 }),
  user: fc.constantFrom(...users),
  waitMs: fc.constantFrom(0, 0, 1, 10, 1000),
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const isEarlier = (a: Known, b: Known): boolean => {
  if (a.prevented > 0 !== b.prevented > 0) return b.prevented > 0
  return a.last < b.last
}

/** Returns the session that was silent for longest; the oldest of them if several were. */
const longestSilent = (known: readonly Known[]): Known | undefined =>
  known.reduce<Known | undefined>(
    (best, each) => (best && !isEarlier(each, best) ? best : each),
    undefined,
  )

const idsOf = (sessions: readonly Session[]): string[] => sessions.map(({ id }) => id)

class World {
  readonly clock = new ManualClock(10_000)
  readonly pool: SessionPool
  readonly evicted: Session[] = []
  readonly expected: Session[] = []
  known: Known[] = []
  readonly #perUser: number
  readonly #max: number

  constructor(max: number, perUser: number) {
    this.#max = max
    this.#perUser = perUser
    this.pool = new SessionPool({
      clock: this.clock,
      maxSessions: max,
      maxSessionsPerUser: perUser,
      fullPolicy: 'evictOldestIdle',
      timeout: 0,
    })
    this.pool.on('sessionRemoved', (session, reason) => {
      if (reason === 'evicted') this.evicted.push(session)
    })
  }

  run({ verb, at, user, waitMs }: Step): void {
    this.clock.advance(waitMs)
    if (verb === 'create') this.#create(user)
    else this.#use(verb, this.known[at % Math.max(1, this.known.length)])
    // Sessions have private fields only: as objects, any two are equal.
    expect(idsOf(this.evicted)).toEqual(idsOf(this.expected))
    expect(this.pool.size).toBe(this.known.length)
  }

  #create(user: string): void {
    if (this.known.length >= this.#max) this.#expect(longestSilent(this.known))
    const own = this.known.filter((each) => each.user === user)
    if (own.length >= this.#perUser) this.#expect(longestSilent(own))
    const session = this.pool.create({ owner: { address: 'a', user } })
    this.known.push({ session, user, last: this.clock.now(), prevented: 0, held: 0 })
  }

  #use(verb: Exclude<Step['verb'], 'create'>, known: Known | undefined): void {
    if (!known) return
    const { session } = known
    const now = this.clock.now()
    if (verb === 'state') session.state = states[now % 4] as SessionState
    else if (verb === 'timeout') session.timeout = now % 2 === 0 ? 0 : 100_000
    else if (verb === 'remove') {
      this.pool.remove(session)
      this.known = this.known.filter((each) => each !== known)
    } else if (verb === 'prevent') {
      session.preventExpire()
      known.prevented++
    } else if (verb === 'allow') {
      if (known.prevented === 0) return
      session.allowExpire()
      if (--known.prevented === 0) known.last = now
    } else if (verb === 'hold') {
      // A held session can be silent like any other.
      holdSession(session)
      known.held++
    } else if (verb === 'unhold') {
      if (known.held === 0) return
      releaseSession(session)
      if (--known.held === 0) known.last = now
    } else {
      if (verb === 'find') this.pool.find(session.id)
      // A report that was read late belongs to an earlier moment; the time never decreases.
      else session.touch(verb === 'late' ? now - 5 : now)
      known.last = Math.max(known.last, verb === 'late' ? now - 5 : now)
    }
  }

  #expect(victim: Known | undefined): void {
    if (!victim) return
    this.expected.push(victim.session)
    this.known = this.known.filter((each) => each !== victim)
  }
}

describe('evictOldestIdle', { tags: 'U-4' }, () => {
  test('evicts the session that was silent for longest, as a naive search does', {
    tags: 'generator',
  }, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 6 }),
        fc.array(step, { maxLength: 120 }),
        (max, perUser, steps) => {
          const world = new World(max, perUser)
          for (const each of steps) world.run(each)
          world.pool.close()
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('reads at most one session for each sign of life', () => {
    const count = 1000
    const last = Array.from({ length: count }, (_, handle) => handle)
    let looks = 0
    const order = new SilenceOrder(
      (handle) => {
        looks++
        return last[handle] as number
      },
      (handle) => handle,
    )
    for (let handle = 0; handle < count; handle++) order.add(handle)
    let now = count
    let touches = 0
    looks = 0
    for (let round = 0; round < 50; round++) {
      for (let n = 0; n < round * 20; n++) {
        last[(n * 7919 + round) % count] = ++now
        touches++
      }
      expect(last[order.first() ?? -1]).toBe(Math.min(...last))
      expect(looks).toBeLessThanOrEqual(touches + round + 1)
    }
  })
})
