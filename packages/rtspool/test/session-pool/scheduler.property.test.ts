import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'vitest'
import { type Session, SessionPool, SessionPoolError } from '../../src/session-pool/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'

const kinds = [
  'create',
  'create',
  'create',
  'touch',
  'find',
  'play',
  'teardown',
  'connectionClosed',
  'kick',
  'filter',
  'limit',
  'timeout',
  'prevent',
  'expire',
  'expire',
  'inListener',
] as const

const steps = fc.array(fc.record({ kind: fc.constantFrom(...kinds), n: fc.nat(1000) }), {
  maxLength: 50,
  size: '+1',
})

/** A pool with a running watch, sessions with transports, and a record of their events. */
class World {
  readonly clock = new ManualClock()
  readonly pool = new SessionPool({
    clock: this.clock,
    fullPolicy: 'evictOldestIdle',
    maxIdleSetup: 4,
    maxLifetime: 20,
  })
  readonly removals = new Map<Session, string>()
  readonly live: Session[] = []
  readonly connections = [{}, {}, {}]
  open = 0
  created = 0
  /** Runs inside the next `sessionRemoved`. */
  inListener: (() => void) | undefined

  constructor() {
    this.pool.startCleanup()
    this.pool.on('sessionRemoved', (session, reason) => {
      assert.equal(this.removals.has(session), false)
      this.removals.set(session, reason)
      this.live.splice(this.live.indexOf(session), 1)
      const then = this.inListener
      this.inListener = undefined
      then?.()
    })
  }

  create(n: number): void {
    let session: Session
    try {
      session = this.pool.create({
        timeout: n % 7,
        extraTimeout: n % 2,
        owner: { address: `192.0.2.${n % 3}`, connection: this.connections[n % 3] },
        path: `/${n % 4}`,
      })
    } catch (error) {
      if (error instanceof SessionPoolError) return
      throw error
    }
    this.created++
    this.live.push(session)
    const media = session.manageMedia(`/${n % 4}`, {})
    for (const track of [0, 1]) {
      this.open++
      media.setTransport(track, { close: () => void this.open-- })
    }
  }

  run(kind: (typeof kinds)[number], n: number): void {
    const session = this.live[n % Math.max(1, this.live.length)]
    const { pool } = this
    if (kind === 'create') this.create(n)
    else if (kind === 'touch') session?.touch()
    else if (kind === 'find') pool.find(session?.id ?? '', session?.owner)
    else if (kind === 'play' && session) session.state = n % 2 === 0 ? 'Playing' : 'Ready'
    else if (kind === 'teardown') session?.end('teardown')
    else if (kind === 'connectionClosed') this.closeConnection(n)
    else if (kind === 'kick') pool.findByPublicId(session?.publicId ?? '')?.end('kicked')
    else if (kind === 'filter') pool.filter(({ id }) => (id > 'n' ? 'keep' : 'remove'))
    else if (kind === 'limit') pool.setLimits({ maxSessions: n % 6, maxSessionsPerAddress: n % 4 })
    else if (kind === 'timeout' && session) session.timeout = n % 9
    else if (kind === 'prevent') session?.preventExpire()
    else if (kind === 'expire') this.clock.advance((n % 40) * 100 + (n % 7) / 7)
    else if (kind === 'inListener') {
      this.inListener = () => {
        this.create(n)
        this.live[n % Math.max(1, this.live.length)]?.end('kicked')
        pool.cleanup()
      }
    }
  }

  closeConnection(n: number): void {
    for (const session of [...this.live]) {
      if (session.owner?.connection === this.connections[n % 3]) session.end('connectionClosed')
    }
  }

  verify(): void {
    const { pool, live, removals, clock } = this
    assert.deepStrictEqual(new Set(pool.values()), new Set(live))
    const { created, size, removed } = pool.stats()
    assert.equal(created, this.created)
    assert.equal(size, live.length)
    assert.equal(removals.size, created - size)
    assert.equal(
      Object.values(removed).reduce((a, b) => a + b),
      removals.size,
    )
    assert.equal(this.open, live.length * 2)
    for (const n of [0, 1, 2, 3]) {
      const at = live.filter((each) => each.owner?.address === `192.0.2.${n}`).length
      assert.equal(pool.count({ address: `192.0.2.${n}` }), at)
      const path = live.filter((each) => each.getMedia(`/${n}`)).length
      assert.equal(pool.count({ path: `/${n}` }), path)
    }
    for (const session of live) assert.equal(session.isExpired(clock.now() - 250), false)
  }
}

test('10,000 random interleavings: one removal each, counters exact, nothing left open', {
  tags: 'B-RACE',
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(steps, (history) => {
      const world = new World()
      for (const { kind, n } of history) {
        world.run(kind, n)
      }
      // With a running watch, no session stays more than 250 ms after it becomes due.
      world.clock.advance(250)
      world.verify()
      world.inListener = undefined
      world.clock.advance(20_250)
      assert.equal(world.pool.size, 0)
      world.verify()
      world.pool.close()
      assert.equal(world.open, 0)
      assert.equal(world.clock.pendingTimers, 0)
    }),
    { numRuns: 10_000 },
  )
})
