import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Session, SessionPool } from '../../packages/rtspool/src/session-pool/index.js'
import { ManualClock } from '../../packages/rtspool/src/testing/manual-clock.js'

// The pool beside the original, GstRTSPSessionPool, which a Python process runs with its clock in our
// hands: the same histories, step by step, must give the same answers and the same removals. What differs
// on purpose is in the second half, and in docs/reference/session-pool.md with its reasons.

// Another python3 earlier on the PATH may lack the bindings.
const python = '/usr/bin/python3'
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

type Step = readonly [verb: string, ...args: unknown[]]
interface History {
  readonly ids: readonly string[]
  readonly steps: readonly Step[]
}
interface Answer {
  readonly answer: unknown
  readonly removed: readonly string[]
}

/** Why the original cannot run here, if so. */
function missing(): string | undefined {
  const probe = "import gi; gi.require_version('GstRtspServer', '1.0')"
  try {
    execFileSync(python, ['-c', probe], { stdio: 'ignore' })
  } catch {
    return 'python3-gi and gir1.2-gst-rtsp-server-1.0 are not installed'
  }
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' })
  } catch {
    return 'gcc is not installed'
  }
  return undefined
}

const reason = missing()
if (reason !== undefined && process.env.CI === 'true') throw new Error(reason)
if (reason !== undefined) console.warn(`skipped: ${reason}`)

/** The original, in its own process. */
class Original {
  readonly #directory = mkdtempSync(join(tmpdir(), 'rtspool-'))
  readonly #process: ChildProcessWithoutNullStreams
  readonly #lines: Interface
  readonly #waiting: ((line: string) => void)[] = []

  constructor() {
    const clock = join(this.#directory, 'clock.so')
    execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-o', clock, here('./session-pool-clock.c')])
    const env = { ...process.env, LD_PRELOAD: clock }
    this.#process = spawn(python, [here('./session-pool-peer.py'), clock], { env })
    this.#process.stderr.pipe(process.stderr)
    this.#lines = createInterface({ input: this.#process.stdout })
    this.#lines.on('line', (line) => this.#waiting.shift()?.(line))
    this.#process.on('exit', () => {
      for (const wake of this.#waiting) wake('[]')
    })
  }

  async run(history: History): Promise<Answer[]> {
    if (this.#process.exitCode !== null) throw new Error('The process of the original has ended')
    this.#process.stdin.write(`${JSON.stringify(history)}\n`)
    return JSON.parse(await new Promise<string>((resolve) => this.#waiting.push(resolve)))
  }

  close(): void {
    this.#process.stdin.end()
    this.#lines.close()
    rmSync(this.#directory, { recursive: true })
  }
}

/** The same histories on the project's pool. */
class Project {
  readonly clock = new ManualClock()
  readonly sessions: Session[] = []
  readonly pool: SessionPool
  readonly #ids: string[]
  readonly #removed: string[] = []
  readonly #verbs: Record<string, (...args: never[]) => unknown>

  constructor(ids: readonly string[]) {
    this.#ids = [...ids]
    const createSessionId = () => this.#ids.shift() ?? ''
    this.pool = new SessionPool({ clock: this.clock, createSessionId })
    this.pool.on('sessionRemoved', (session) => this.#removed.push(session.id))
    const { clock, pool, sessions } = this
    const at = (index: number) => sessions[index] as Session
    const idsOf = (list: readonly Session[]) => list.map(({ id }) => id).sort()
    this.#verbs = {
      create: (timeout: number, extraTimeout: number) => this.#create(timeout, extraTimeout),
      advance: (ms: number) => void clock.advance(ms),
      cleanup: () => pool.cleanup(),
      max: (max: number) => {
        pool.maxSessions = max
        return pool.maxSessions
      },
      size: () => pool.size,
      filter: (answers: Record<string, 'keep'>) =>
        idsOf(pool.filter(({ id }) => answers[id] ?? 'keep')),
      list: () => idsOf(pool.filter()),
      find: (id: string) => pool.find(id)?.id,
      remove: (index: number) => pool.remove(at(index)),
      touch: (index: number) => at(index).touch(),
      timeout: (index: number, timeout: number) => {
        at(index).timeout = timeout
        return at(index).timeout
      },
      prevent: (index: number) => at(index).preventExpire(),
      allow: (index: number) => at(index).allowExpire(),
      remaining: (index: number) => {
        const ms = at(index).remaining()
        return ms === Number.POSITIVE_INFINITY ? null : ms
      },
      expired: (index: number) => at(index).isExpired(),
      header: (index: number, visible: boolean) => {
        at(index).timeoutAlwaysVisible = visible
        return at(index).header
      },
    }
  }

  run(steps: readonly Step[]): Answer[] {
    return steps.map(([verb, ...args]) => {
      this.#removed.length = 0
      const answer = this.#verbs[verb]?.(...(args as never[])) ?? null
      return { answer, removed: [...this.#removed].sort() }
    })
  }

  #create(timeout: number, extraTimeout: number): string | undefined {
    try {
      const session = this.pool.create({ timeout, extraTimeout })
      this.sessions.push(session)
      return session.id
    } catch {
      // The original draws an id before it looks whether there is room.
      this.#ids.shift()
      return undefined
    }
  }
}

/** One step of a history, before it is known which sessions there are. */
const rawStep = fc.record({
  verb: fc.constantFrom(
    ...['create', 'create', 'create', 'find', 'remove', 'filter', 'cleanup', 'advance', 'advance'],
    ...[
      'max',
      'size',
      'list',
      'touch',
      'timeout',
      'prevent',
      'allow',
      'remaining',
      'expired',
      'header',
    ],
  ),
  n: fc.nat(100_000),
})

/**
 * Makes a history of which both sides must say the same: times are whole milliseconds, what is due is
 * cleaned up before anything else is done, and nothing is asked of a session that has left.
 */
function historyOf(raw: readonly { verb: string; n: number }[]): History {
  const project = new Project(idsFor(raw.length))
  const prevented: number[] = []
  const steps: Step[] = []
  const add = (...step: [string, ...unknown[]]) => {
    steps.push(step)
    project.run([step])
  }
  for (const { verb, n } of raw) {
    const { sessions } = project
    const index = n % Math.max(1, sessions.length)
    const session = sessions[index]
    const isLive = session !== undefined && session.removalReason === undefined
    if (verb === 'create') add(verb, n % 6, n % 3)
    else if (verb === 'advance') add(verb, n % 4000)
    else if (verb === 'max') add(verb, n % 7)
    else if (verb === 'find') add(verb, n % 9 === 0 ? 'nobody' : (session?.id ?? ''))
    else if (verb === 'filter')
      add(
        verb,
        Object.fromEntries(
          sessions.map(({ id }, i) => [id, ['keep', 'ref', 'remove', 'keep'][(n >> (i % 12)) % 4]]),
        ),
      )
    else if (['cleanup', 'size', 'list'].includes(verb)) add(verb)
    else if (!isLive) continue
    else if (verb === 'timeout') add(verb, index, n % 8)
    else if (verb === 'header' && session.timeout > 0) add(verb, index, n % 2 === 0)
    else if (verb === 'prevent') {
      add(verb, index)
      prevented[index] = (prevented[index] ?? 0) + 1
    } else if (verb === 'allow' && prevented[index]) {
      add(verb, index)
      add('touch', index)
      prevented[index]--
    } else if (verb === 'remaining' && !prevented[index]) add(verb, index)
    else if (['remove', 'touch', 'expired'].includes(verb)) add(verb, index)
    add('cleanup')
  }
  return { ids: idsFor(raw.length), steps }
}

/** Ids of which every fifth is taken already. */
function idsFor(count: number): string[] {
  return Array.from({ length: count * 2 + 200 }, (_, n) => `session-${n % 5 === 4 ? n - 1 : n}`)
}

describe.skipIf(reason !== undefined)('beside GstRTSPSessionPool', () => {
  let original: Original

  beforeAll(() => {
    original = new Original()
  })

  afterAll(() => original.close())

  /** What each side answers to the same steps. */
  async function both(...steps: Step[]): Promise<{ theirs: unknown[]; ours: unknown[] }> {
    const ids = idsFor(steps.length)
    const theirs = (await original.run({ ids, steps })).map(({ answer }) => answer)
    const ours = new Project(ids).run(steps).map(({ answer }) => answer)
    return { theirs, ours }
  }

  test('1,000 random histories: the same answers and the same removals', {
    tags: 'A-SES-14',
    timeout: 120_000,
  }, async () => {
    const histories = fc.array(rawStep, { maxLength: 80, size: 'max' }).map(historyOf)
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const ours = new Project(history.ids).run(history.steps)
        const theirs = await original.run(history)
        for (const [index, step] of history.steps.entries()) {
          expect([step, ours[index]]).toEqual([step, theirs[index]])
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('test_pool of upstream: the same answers', async () => {
    const { theirs, ours } = await both(
      ...(['size', 'list'] as const).map((verb): Step => [verb]),
      ['max', 3],
      ...[1, 2, 3, 4].map((): Step => ['create', 60, 5]),
      ['find', 'session-0'],
      ['find', ''],
      ['remove', 1],
      ['size'],
      ['max', 2],
      ['create', 60, 5],
      ['list'],
      ['filter', {}],
      ['filter', { 'session-0': 'ref' }],
      ['filter', { 'session-2': 'remove' }],
      ['find', 'session-0'],
      ['find', 'session-1'],
      ['find', 'session-2'],
      ['cleanup'],
    )
    expect(ours).toEqual(theirs)
  })

  const timeout = (seconds: number): Step => ['create', seconds, 0]

  test('deviation: find does not revive a session that is due', async () => {
    const steps: Step[] = [timeout(1), ['advance', 1000], ['find', 'session-0'], ['size']]
    const { theirs, ours } = await both(...steps)
    expect(theirs.slice(2)).toEqual(['session-0', 1])
    expect(ours.slice(2)).toEqual([null, 0])
  })

  test('deviation: touch does not revive a session that is due', async () => {
    const { theirs, ours } = await both(timeout(1), ['advance', 1000], ['touch', 0], ['expired', 0])
    expect(theirs.at(-1)).toBe(false)
    expect(ours.at(-1)).toBe(true)
  })

  test('deviation: create on a full pool reclaims what is due', async () => {
    const { theirs, ours } = await both(['max', 1], timeout(1), ['advance', 1000], timeout(1))
    expect(theirs.at(-1)).toBe(null)
    expect(ours.at(-1)).toBe('session-1')
  })

  test('deviation: a session that has left is expired', async () => {
    const { theirs, ours } = await both(timeout(60), ['remove', 0], ['expired', 0])
    expect(theirs.at(-1)).toBe(false)
    expect(ours.at(-1)).toBe(true)
  })

  test('deviation: a session that is prevented from expiring has no time left to count', async () => {
    const { theirs, ours } = await both(
      timeout(2),
      ['prevent', 0],
      ['advance', 9000],
      ['remaining', 0],
    )
    expect(theirs.at(-1)).toBe(2000)
    expect(ours.at(-1)).toBe(null)
  })

  test('deviation: the last allowExpire starts a full timeout', async () => {
    const { theirs, ours } = await both(
      timeout(2),
      ['prevent', 0],
      ['advance', 9000],
      ['allow', 0],
      ['remaining', 0],
    )
    expect(theirs.at(-1)).toBe(0)
    expect(ours.at(-1)).toBe(2000)
  })

  test('deviation: nobody is due a millisecond early', async () => {
    // Fractions of a millisecond are cut off there: 0.999 ms before the time, nothing is left.
    const project = new Project(['a'])
    project.run([timeout(1)])
    project.clock.advance(999.001)
    expect(project.pool.cleanup()).toBe(0)
    const steps: Step[] = [timeout(1), ['advance', 999.001], ['cleanup']]
    const theirs = await original.run({ ids: ['a'], steps })
    expect(theirs.at(-1)?.answer).toBe(1)
  })

  test('deviation: timeouts beyond 24.8 days do not overflow', async () => {
    const { theirs, ours } = await both(timeout(2_200_000), ['remaining', 0])
    expect(ours.at(-1)).toBe(2_200_000_000)
    expect(theirs.at(-1)).not.toBe(2_200_000_000)
  })

  test('deviation: a timeout of 0 is not announced', async () => {
    const { theirs, ours } = await both(timeout(0), ['header', 0, true])
    expect(theirs.at(-1)).toBe('session-0;timeout=0')
    expect(ours.at(-1)).toBe('session-0')
  })

  test('deviation: remove goes by identity', () => {
    const [mine, other] = [new Project(['same']), new Project(['same'])]
    mine.run([timeout(1)])
    other.run([timeout(1)])
    expect(mine.pool.remove(other.sessions[0] as Session)).toBe(false)
    expect(mine.pool.size).toBe(1)
  })
})
