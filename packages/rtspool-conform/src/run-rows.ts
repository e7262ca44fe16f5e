import { CannotRun, Mismatch, Skip } from './mismatch.js'
import type { Level, Need, Row } from './row.js'
import { Trial, type TrialTargets } from './trial.js'
import type { UnfitTargets } from './unfit-targets.js'
import { Waiting } from './waiting.js'

/**
 * Result of a conformance test. `differs` means that the server does not meet a requirement which is not binding;
 * `skip` means that the test could not run on this server.
 */
export type RowStatus = 'pass' | 'fail' | 'differs' | 'skip'

/** Result and duration of one conformance test. */
export interface RowResult {
  readonly id: string
  readonly level: Level
  readonly reference: string
  readonly requirement: string
  readonly status: RowStatus
  readonly expected: string
  /** Behaviour of the server, or the reason why the test was skipped. */
  readonly got: string
  readonly milliseconds: number
}

/** Server to test, time limits, and the selection of tests for a run of conformance tests. */
export interface RunOptions {
  readonly targets: TrialTargets
  /** Time limit in seconds for each conformance test that does not state a longer one. */
  readonly timeout: number
  /** True to count an unmet requirement of any level as a failure. Otherwise only the level `must` is binding. */
  readonly isStrict: boolean
  /** True to run also the tests that are marked as slow, such as those that wait for a session timeout. */
  readonly isSlow: boolean
  /** Number of tracks in the server's description of the main presentation, because some tests need two. */
  readonly trackCount: number
  readonly unfit: UnfitTargets
}

/** Carriers (kinds of connections) with which the media of a session may use UDP. */
const withUdp: readonly string[] = ['tcp']
/** Milliseconds to tear down the sessions of a test that has exceeded its time limit. */
const graceMs = 3000

/** Explains why a conformance test cannot run on this server; `undefined` if it can. */
function reasonToSkip(row: Row, options: RunOptions): string | undefined {
  const { targets, trackCount, isSlow, unfit } = options
  if (row.carriers && !row.carriers.includes(targets.carrier)) {
    return `means nothing over ${targets.carrier}`
  }
  if (row.isSlow && !isSlow) return `takes up to ${row.seconds} s: --slow`
  const missing: Readonly<Record<Need, string | undefined>> = {
    publish: targets.publish ? unfit.publish : 'no --publish URL was given',
    seekable: targets.seekable ? unfit.seekable : 'no --seekable URL was given',
    multicast: targets.multicast ? undefined : 'no --multicast URL was given',
    private:
      targets.private && targets.credentials ? undefined : 'no --private URL with --user was given',
    udp: withUdp.includes(targets.carrier) ? undefined : `no UDP beside ${targets.carrier}`,
    'two tracks': trackCount >= 2 ? undefined : 'the presentation has one track',
  }
  return row.needs?.map((need) => missing[need]).find((reason) => reason !== undefined)
}

/**
 * Runs one conformance test. Any behaviour of the server becomes a result. A {@link CannotRun}
 * counts as a failure of the test.
 */
export async function runRow(row: Row, options: RunOptions): Promise<RowResult> {
  const begin = performance.now()
  const result = (status: RowStatus, got: string, expected = row.expected): RowResult => ({
    ...{ id: row.id, level: row.level, reference: row.reference, requirement: row.requirement },
    ...{ status, expected, got: printable(got) },
    milliseconds: Math.round(performance.now() - begin),
  })
  const reason = reasonToSkip(row, options)
  if (reason !== undefined) return result('skip', reason)
  const limitMs = 1000 * Math.max(options.timeout, row.seconds ?? 0)
  const trial = new Trial(options.targets, new Waiting(limitMs))
  try {
    return result('pass', (await row.run(trial)) ?? 'as expected')
  } catch (error) {
    if (error instanceof Skip) return result('skip', error.message)
    const isBinding = row.level === 'must' || options.isStrict
    const status = isBinding ? 'fail' : 'differs'
    if (error instanceof Mismatch) return result(status, error.got, error.expected)
    if (error instanceof CannotRun) return result('fail', error.message)
    throw error
  } finally {
    await closed(trial)
  }
}

/**
 * Closes the connections and sessions of one conformance test. Waits only for a limited time, because the server may
 * not respond.
 */
async function closed(trial: Trial): Promise<void> {
  const limit = new Promise<void>((resolve) => setTimeout(resolve, graceMs).unref())
  await Promise.race([trial.close(), limit])
}

/** Returns a text as one line without control characters, for terminals and tables. */
function printable(text: string): string {
  const oneLine = text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim()
  return oneLine.length > 200 ? `${oneLine.slice(0, 199)}…` : oneLine
}
