import assert from 'node:assert/strict'
import type { SessionPool } from '../../session-pool/session-pool.js'
import { type ConformanceTest, countedIds, failuresDuring, removalsOf } from './suite.js'

/** Creates one session in a pool for each given timeout, in seconds, with a grace period of 0. */
function fill(pool: SessionPool, ...timeouts: number[]): void {
  for (const timeout of timeouts) pool.create({ timeout, extraTimeout: 0 })
}

/**
 * Conformance tests of time in a session pool: expiry, clean-up, and watches (functions called when
 * sessions are due to expire).
 */
export const timeTests: readonly ConformanceTest[] = [
  [
    'create_watch: calls fn when a session is due, and not before',
    ({ create, clock }) => {
      const pool = create()
      const calls: number[] = []
      pool.createWatch((shown) => {
        assert.equal(shown, pool)
        calls.push(clock.now())
        shown.cleanup()
        return true
      })
      const start = clock.now()
      fill(pool, 1, 5, 5, 100)
      clock.advance(999)
      assert.deepEqual(calls, [])
      clock.advance(60_000)
      assert.equal(calls.length, 2)
      for (const [index, at] of [1000, 5000].entries()) {
        const late = (calls[index] ?? 0) - start - at
        assert.ok(late >= 0 && late <= 250, `${late} ms late`)
      }
      assert.equal(pool.size, 1)
    },
  ],
  [
    'create_watch: false from fn ends the watch; nothing else does',
    ({ create, clock }) => {
      const pool = create()
      const answers = [undefined, true, false] as const
      let calls = 0
      const watch = pool.createWatch(() => {
        pool.cleanup()
        return answers[calls++]
      })
      fill(pool, 1, 2, 3, 4)
      clock.advance(10_000)
      assert.equal(calls, 3)
      assert.equal(watch.closed, true)
      assert.equal(pool.size, 1)
      assert.equal(clock.pendingTimers, 0)
    },
  ],
  [
    'create_watch: without fn it ends at its first dispatch',
    ({ create, clock }) => {
      const pool = create()
      const watch = pool.createWatch()
      fill(pool, 1)
      clock.advance(999)
      assert.equal(watch.closed, false)
      clock.advance(251)
      assert.equal(watch.closed, true)
      assert.equal(pool.size, 1)
    },
  ],
  [
    'create_watch: close, Symbol.dispose and AbortSignal end it, also repeatedly',
    ({ create, clock }) => {
      const pool = create()
      fill(pool, 1)
      let calls = 0
      const aborter = new AbortController()
      const watches = [
        pool.createWatch(() => void calls++),
        pool.createWatch(() => void calls++),
        pool.createWatch(() => void calls++, { signal: aborter.signal }),
        pool.createWatch(() => void calls++, { signal: AbortSignal.abort() }),
      ] as const
      assert.deepEqual(
        watches.map((watch) => watch.closed),
        [false, false, false, true],
      )
      watches[0].close()
      watches[0].close()
      watches[1][Symbol.dispose]()
      aborter.abort()
      assert.ok(watches.every((watch) => watch.closed))
      assert.equal(clock.pendingTimers, 0)
      clock.advance(10_000)
      assert.equal(calls, 0)
    },
  ],
  [
    'create_watch: calls an fn that leaves due sessions again after 250 ms, not in a busy loop',
    ({ create, clock }) => {
      const pool = create()
      const calls: number[] = []
      pool.createWatch(() => void calls.push(clock.now()))
      fill(pool, 1, 1)
      clock.advance(1000 + 250 + 10 * 250)
      assert.ok(calls.length >= 10 && calls.length <= 12, `${calls.length} calls`)
      for (let index = 1; index < calls.length; index++) {
        assert.equal((calls[index] ?? 0) - (calls[index - 1] ?? 0), 250)
      }
    },
  ],
  [
    'create_watch: calls an fn that throws again, and reports its error separately',
    async ({ create, clock }) => {
      const pool = create()
      const error = new Error('from fn')
      let calls = 0
      pool.createWatch(() => {
        pool.cleanup()
        if (calls++ === 0) throw error
      })
      fill(pool, 1, 2)
      const errors = await failuresDuring(() => clock.advance(10_000))
      assert.deepEqual(errors, [error])
      assert.equal(calls, 2)
    },
  ],
  [
    'create_watch: several watches may run beside startCleanup',
    ({ create, clock }) => {
      const pool = create()
      const calls = { first: 0, second: 0 }
      pool.createWatch(() => void calls.first++)
      const second = pool.createWatch(() => void calls.second++)
      const cleanup = pool.startCleanup()
      fill(pool, 1, 2, 3)
      clock.advance(1500)
      assert.deepEqual(calls, { first: 1, second: 1 })
      assert.equal(pool.size, 2)
      second.close()
      clock.advance(1000)
      assert.deepEqual(calls, { first: 2, second: 1 })
      cleanup.close()
      clock.advance(1000)
      assert.equal(pool.size, 1)
    },
  ],
  [
    'create_watch: a watch that starts late, or starts and ends in fn, sees due sessions',
    ({ create, clock }) => {
      const pool = create()
      fill(pool, 1)
      clock.stall(5000)
      let calls = 0
      pool.createWatch(() => {
        calls++
        pool.startCleanup()
        return false
      })
      clock.advance(0)
      clock.advance(250)
      assert.equal(calls, 1)
      assert.equal(pool.size, 0)
    },
  ],
  [
    'startCleanup: removes due sessions automatically',
    ({ create, clock }) => {
      const pool = create({ createSessionId: countedIds() })
      const removals = removalsOf(pool)
      const watch = pool.startCleanup()
      fill(pool, 3, 1, 2)
      clock.advance(2500)
      assert.deepEqual(removals, [
        ['s2', 'timeout'],
        ['s3', 'timeout'],
      ])
      watch.close()
      clock.advance(1e6)
      assert.equal(pool.size, 1)
    },
  ],
  [
    'clock: jumps of the wall clock have no effect',
    ({ create, clock }) => {
      const pool = create()
      pool.startCleanup()
      fill(pool, 60)
      pool.create({ timeout: 0, expiresAt: clock.unixTimeMs() / 1000 + 90 })
      for (const jump of [1e12, -2e12, 5e11]) {
        clock.jumpWallClock(jump)
        clock.advance(19_000)
        assert.equal(pool.size, 2)
      }
      clock.advance(3250)
      assert.equal(pool.size, 1)
      clock.advance(30_000)
      assert.equal(pool.size, 0)
    },
  ],
  [
    'clock: timeouts up to 2^31 s work',
    ({ create, clock }) => {
      const pool = create({ extraTimeout: 0 })
      const removals = removalsOf(pool)
      pool.startCleanup()
      const timeouts = [2 ** 21, 2 ** 22 + 1, 2 ** 28, 2 ** 30 + 3, 2 ** 31]
      const start = clock.now()
      const sessions = timeouts.map((timeout) => pool.create({ timeout }))
      for (const [index, timeout] of timeouts.entries()) {
        clock.advance(start + timeout * 1000 - clock.now() - 1)
        assert.equal(removals.length, index)
        clock.advance(251)
        assert.equal(removals.length, index + 1)
        assert.equal(sessions[index]?.removalReason, 'timeout')
      }
    },
  ],
  [
    'due: at last access + timeout + grace; never earlier, at most 250 ms later with a watch',
    ({ create, clock }) => {
      const pool = create()
      const due = new Map<string, number>()
      const ids: string[] = []
      let state = 7
      const random = (n: number) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0
        return Math.floor((state / 2 ** 32) * n)
      }
      pool.startCleanup()
      pool.on('sessionRemoved', (session) => {
        const late = clock.now() - (due.get(session.id) ?? Number.NaN)
        assert.ok(late >= 0 && late <= 250, `${late} ms late`)
        due.delete(session.id)
      })
      for (let step = 0; step < 3000; step++) {
        const session = pool.create({ timeout: random(300) + 1, extraTimeout: random(3) })
        due.set(session.id, clock.now() + session.remaining())
        ids.push(session.id)
        // Most of them are still in the pool.
        const other = pool.get(ids[random(ids.length)] as string)
        if (other !== undefined && random(2) === 0 && !other.isExpired()) {
          other.touch()
          due.set(other.id, clock.now() + other.remaining())
        }
        if (step % 50 === 49) clock.advance(random(4000) + random(1000) / 1000)
      }
      clock.advance(400_000)
      assert.equal(due.size, 0)
      assert.equal(pool.size, 0)
    },
  ],
  [
    'find: removes a due session instead of reviving it',
    ({ create, clock }) => {
      const pool = create()
      const removals = removalsOf(pool)
      const session = pool.create()
      clock.stall(65_000)
      assert.equal(pool.find(session.id), undefined)
      assert.deepEqual(removals, [[session.id, 'timeout']])
      assert.equal(pool.size, 0)
      assert.equal(pool.find(session.id), undefined)
      assert.equal(removals.length, 1)
    },
  ],
  [
    'create: removes due sessions from a full pool before it refuses',
    ({ create, clock }) => {
      const pool = create({ maxSessions: 2, createSessionId: countedIds() })
      const removals = removalsOf(pool)
      fill(pool, 60, 1)
      clock.stall(1000)
      assert.equal(pool.create().id, 's3')
      assert.deepEqual(removals, [['s2', 'timeout']])
    },
  ],
  [
    'cost: touch and find set no timer and move nothing',
    ({ create, clock }) => {
      const pool = create()
      pool.startCleanup()
      const session = pool.create()
      const { scheduled } = clock
      for (let count = 0; count < 100; count++) {
        clock.stall(1)
        session.touch()
        pool.find(session.id)
      }
      assert.equal(clock.scheduled, scheduled)
    },
  ],
  [
    'cost: one timer for the whole pool, none without a watch or a deadline',
    ({ create, clock }) => {
      const pool = create()
      fill(pool, 1, 2)
      assert.equal(clock.pendingTimers, 0)
      const empty = create()
      empty.startCleanup()
      assert.equal(clock.pendingTimers, 0)
      const watches = [pool.startCleanup(), pool.createWatch(() => true), pool.startCleanup()]
      for (let timeout = 100; timeout > 0; timeout--) fill(pool, timeout)
      assert.equal(clock.pendingTimers, 1)
      clock.advance(1e6)
      assert.equal(pool.size, 0)
      assert.equal(clock.pendingTimers, 0)
      fill(pool, 5)
      assert.equal(clock.pendingTimers, 1)
      for (const watch of watches) watch.close()
      assert.equal(clock.pendingTimers, 0)
    },
  ],
  [
    'cost: a mass expiry yields to the event loop and emits one event per session',
    ({ create, clock }) => {
      const pool = create({ timeout: 1, extraTimeout: 0 })
      const removals = removalsOf(pool)
      pool.startCleanup()
      const count = 20_000
      for (let index = 0; index < count; index++) pool.create()
      clock.stall(1100)
      // From here on, each reading moves the clock by 0.2 ms.
      clock.msPerLook = 0.2
      let turns = 0
      while (pool.size > 0) {
        const start = clock.now()
        assert.equal(clock.turn(), 1)
        assert.ok(clock.now() - start <= 10, 'a turn of more than 10 ms')
        turns++
      }
      clock.msPerLook = 0
      assert.ok(turns > 10, `${turns} turns`)
      assert.equal(removals.length, count)
      assert.equal(new Set(removals.map(([id]) => id)).size, count)
    },
  ],
  [
    'due: a session with timeout 0 does not hide the deadline of another',
    ({ create, clock }) => {
      const pool = create()
      pool.startCleanup()
      fill(pool, 0, 2, 0, 1, 0)
      clock.advance(2250)
      assert.equal(pool.size, 3)
    },
  ],
  [
    'due: a stalled process catches up and removes every due session',
    ({ create, clock }) => {
      const pool = create()
      pool.startCleanup()
      for (let timeout = 1; timeout <= 500; timeout++) fill(pool, timeout)
      clock.stall(250_000)
      clock.advance(0)
      assert.equal(pool.size, 250)
      clock.advance(250_250)
      assert.equal(pool.size, 0)
    },
  ],
]
