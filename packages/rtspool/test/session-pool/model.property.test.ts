import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'vitest'
import { publicIdOf, type Session, SessionPool } from '../../src/session-pool/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'

const leaversKept = 4

/** A session in the reference, which is a plain list. */
interface ModelSession {
  readonly id: string
  readonly address: string | undefined
  last: number
  timeout: number
  extra: number
  prevented: number
  readonly createdAt: number
  /** Seconds; 0 = unlimited. */
  lifetime: number
}

interface Model {
  now: number
  max: number
  created: number
  refused: number
  removed: Map<string, string>
  /** End of the ban of a user. */
  bans: Map<string, number>
  sessions: ModelSession[]
}

interface Real {
  readonly clock: ManualClock
  readonly pool: SessionPool
  readonly all: Session[]
  readonly events: [id: string, reason: string][]
}

const never = Number.POSITIVE_INFINITY

const timesOutAt = (each: ModelSession): number =>
  each.prevented === 0 && each.timeout > 0 ? each.last + (each.timeout + each.extra) * 1000 : never

const livesUntil = (each: ModelSession): number =>
  each.lifetime > 0 ? each.createdAt + each.lifetime * 1000 : never

const isDue = (each: ModelSession, now: number): boolean =>
  Math.min(timesOutAt(each), livesUntil(each)) <= now

const reasonOf = (each: ModelSession): string =>
  timesOutAt(each) < livesUntil(each) ? 'timeout' : 'lifetime'

const isBanned = ({ bans, now }: Model, user: string | undefined): boolean =>
  user !== undefined && (bans.get(user) ?? 0) > now

function leave(model: Model, id: string, reason: string): void {
  model.sessions = model.sessions.filter((each) => each.id !== id)
  assert.equal(model.removed.has(id), false)
  model.removed.set(id, reason)
}

function verify(model: Model, { pool, events }: Real): void {
  assert.deepStrictEqual(events, [...model.removed])
  assert.equal(pool.size, model.sessions.length)
  assert.deepStrictEqual(
    [...pool.keys()],
    model.sessions.map(({ id }) => id),
  )
  const { created, removed, refused, size } = pool.stats()
  assert.equal(created, model.created)
  assert.equal(refused.maxSessions, model.refused)
  assert.equal(
    Object.values(removed).reduce((a, b) => a + b),
    created - size,
  )
  for (const address of ['a', 'b']) {
    const recount = model.sessions.filter((each) => each.address === address).length
    assert.equal(pool.count({ address }), recount)
    assert.equal(pool.count({ group: { of: address } }), recount)
    assert.equal(pool.bans.find({ user: address }) !== undefined, isBanned(model, address))
  }
  const lately = [...model.removed.keys()].slice(-leaversKept).reverse()
  assert.deepStrictEqual(
    [...pool.leavers].map(({ publicId }) => publicId),
    lately.map(publicIdOf),
  )
  for (const each of model.sessions) {
    assert.equal(pool.get(each.id)?.isExpired(), isDue(each, model.now))
  }
}

type Command = fc.Command<Model, Real>

/** Runs a command on the n-th session created so far, if it exists. */
function onSession(
  name: string,
  index: number,
  run: (model: Model, real: Real, session: Session, known: ModelSession | undefined) => void,
): Command {
  return {
    check: (model) => model.created > 0,
    run(model, real) {
      const session = real.all[index % real.all.length] as Session
      run(
        model,
        real,
        session,
        model.sessions.find(({ id }) => id === session.id),
      )
      verify(model, real)
    },
    toString: () => `${name}(${index})`,
  }
}

function onPool(name: string, run: (model: Model, real: Real) => void): Command {
  return {
    check: () => true,
    run(model, real) {
      run(model, real)
      verify(model, real)
    },
    toString: () => name,
  }
}

const create = (timeout: number, extra: number, address: string | undefined) =>
  onPool(`create(${timeout}+${extra})`, (model, { pool, all, events }) => {
    const lacking = model.max === 0 ? 0 : Math.max(0, model.sessions.length - model.max + 1)
    const due = model.sessions.filter((each) => isDue(each, model.now))
    const before = events.length
    let session: Session | undefined
    try {
      const owner = address === undefined ? undefined : { address, user: address }
      const groups = address === undefined ? undefined : { of: address }
      session = pool.create({ timeout, extraTimeout: extra, owner, groups })
    } catch {
      if (isBanned(model, address)) {
        assert.equal(events.length, before)
        return
      }
      model.refused++
    }
    assert.equal(session !== undefined && isBanned(model, address), false)
    // The pool promises how many due sessions make room, not which ones.
    for (const [id, reason] of events.slice(before)) {
      assert.ok(due.map((each) => each.id).includes(id))
      leave(model, id, reason)
    }
    assert.equal(events.length - before, Math.min(lacking, due.length))
    assert.equal(session !== undefined, due.length >= lacking)
    if (session === undefined) return
    all.push(session)
    model.created++
    const { id } = session
    const [last, createdAt] = [model.now, model.now]
    model.sessions.push({
      ...{ id, address, last, createdAt, timeout, extra, prevented: 0, lifetime: 0 },
    })
  })

const advance = (ms: number) =>
  onPool(`advance(${ms})`, (model, { clock }) => {
    clock.advance(ms)
    model.now = clock.now()
  })

const cleanup = onPool('cleanup', (model, { pool, events }) => {
  const due = model.sessions.filter((each) => isDue(each, model.now))
  const before = events.length
  assert.equal(pool.cleanup(), due.length)
  const removed = events.slice(before)
  assert.deepStrictEqual(new Set(removed.map(([id]) => id)), new Set(due.map(({ id }) => id)))
  for (const each of due) {
    assert.ok(removed.some(([id, reason]) => id === each.id && reason === reasonOf(each)))
  }
  for (const [id, reason] of removed) leave(model, id, reason)
})

const filter = (mask: number) =>
  onPool(`filter(${mask})`, (model, { pool, events }) => {
    const answers = ['keep', 'ref', 'remove'] as const
    const answerFor = (id: string) => answers[(mask >> (Number(id.slice(1)) % 13)) % 3] ?? 'keep'
    const expected = (answer: string) =>
      new Set(model.sessions.map(({ id }) => id).filter((id) => answerFor(id) === answer))
    const before = events.length
    const [refs, removes] = [expected('ref'), expected('remove')]
    const listed = pool.filter(({ id }) => answerFor(id))
    assert.deepStrictEqual(new Set(listed.map(({ id }) => id)), refs)
    // The order in which filter visits sessions is not promised.
    const left = events.slice(before).map(([id]) => id)
    assert.deepStrictEqual(new Set(left), removes)
    for (const id of left) leave(model, id, 'filtered')
  })

const setMax = (max: number) =>
  onPool(`max(${max})`, (model, { pool }) => {
    pool.maxSessions = max
    model.max = max
  })

const find = (index: number) =>
  onSession('find', index, (model, { pool }, session, known) => {
    const found = pool.find(session.id)
    if (known && isDue(known, model.now)) {
      assert.equal(found, undefined)
      leave(model, known.id, reasonOf(known))
    } else {
      assert.equal(found, known && session)
      if (known) known.last = model.now
    }
  })

const touch = (index: number) =>
  onSession('touch', index, (model, _real, session, known) => {
    session.touch()
    if (known && !isDue(known, model.now)) known.last = model.now
  })

const remove = (index: number) =>
  onSession('remove', index, (model, { pool }, session, known) => {
    assert.equal(pool.remove(session, 'teardown'), known !== undefined)
    if (known) leave(model, known.id, 'teardown')
  })

const setTimeout = (index: number, timeout: number) =>
  onSession(`timeout=${timeout}`, index, (_model, _real, session, known) => {
    session.timeout = timeout
    if (known) known.timeout = timeout
  })

const setLifetime = (index: number, lifetime: number) =>
  onSession(`maxLifetime=${lifetime}`, index, (_model, _real, session, known) => {
    session.maxLifetime = lifetime
    if (known) known.lifetime = lifetime
  })

const ban = (user: string, seconds: number) =>
  onPool(`ban(${user}, ${seconds})`, (model, { pool }) => {
    pool.bans.add({ user, seconds })
    model.bans.set(user, seconds === 0 ? never : model.now + seconds * 1000)
  })

const unban = (user: string) =>
  onPool(`unban(${user})`, (model, { pool }) => {
    const found = [...pool.bans].find((each) => each.user === user)
    if (found) assert.equal(pool.bans.remove(found.publicId), true)
    model.bans.delete(user)
  })

const prevent = (index: number) =>
  onSession('prevent', index, (_model, _real, session, known) => {
    if (!known) return
    session.preventExpire()
    known.prevented++
  })

const allow = (index: number) =>
  onSession('allow', index, (model, _real, session, known) => {
    if (!known?.prevented) return
    const wasDue = isDue(known, model.now)
    session.allowExpire()
    known.prevented--
    if (known.prevented === 0 && !wasDue) known.last = model.now
  })

const commands = fc.commands(
  [
    fc
      .tuple(fc.nat(4), fc.nat(2), fc.constantFrom(undefined, 'a', 'b'))
      .map((args) => create(...args)),
    fc.oneof(fc.nat(3000), fc.constantFrom(999, 1, 0.5, 1000, 5000)).map(advance),
    fc.constant(cleanup),
    fc.nat(2 ** 14).map(filter),
    fc.nat(5).map(setMax),
    fc.nat(30).map(find),
    fc.nat(30).map(touch),
    fc.nat(30).map(remove),
    fc.tuple(fc.nat(30), fc.nat(4)).map((args) => setTimeout(...args)),
    fc.tuple(fc.nat(30), fc.nat(4)).map((args) => setLifetime(...args)),
    fc.tuple(fc.constantFrom('a', 'b'), fc.nat(3)).map((args) => ban(...args)),
    fc.constantFrom('a', 'b').map(unban),
    fc.nat(30).map(prevent),
    fc.nat(30).map(allow),
  ],
  { size: '+1', maxCommands: 40 },
)

test('10,000 random histories: the pool does the same as a naive reference', {
  tags: 'A-SES-14',
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(commands, (history) => {
      fc.modelRun(() => {
        const clock = new ManualClock()
        let count = 0
        const createSessionId = () => `s${++count}`
        const pool = new SessionPool({ clock, createSessionId, maxLeavers: leaversKept })
        const events: [string, string][] = []
        pool.on('sessionRemoved', (session, reason) => events.push([session.id, reason]))
        return {
          model: {
            now: clock.now(),
            max: 0,
            created: 0,
            refused: 0,
            removed: new Map(),
            bans: new Map(),
            sessions: [],
          },
          real: { clock, pool, all: [], events },
        }
      }, history)
    }),
    { numRuns: 10_000 },
  )
})
