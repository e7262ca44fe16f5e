import type { RtspErrorCode } from '../../errors.js'
import type { SessionPool } from '../session-pool.js'
import type { SessionPoolOptions } from '../session-pool-options.js'
import type { ManualClock } from './manual-clock.js'

/** Makes a pool with these options; what they leave out must be as in {@link SessionPool}. */
export type PoolFactory = (options: SessionPoolOptions) => SessionPool

/** What a conformance test gets: a clock, a way to make pools that use it, and what happened in them. */
export interface Bench {
  readonly clock: ManualClock
  create(options?: SessionPoolOptions): SessionPool
}

export type ConformanceTest = readonly [name: string, run: (bench: Bench) => void | Promise<void>]

/** For `assert.throws`: an error with a code. */
export function withCode(code: RtspErrorCode): (error: unknown) => boolean {
  return (error) => (error as { code?: unknown }).code === code
}

/** Collects `[publicId, reason]` of whoever leaves. */
export function removalsOf(pool: SessionPool): [id: string, reason: string][] {
  const removals: [string, string][] = []
  pool.on('sessionRemoved', (session, reason) => removals.push([session.id, reason]))
  return removals
}

/** Errors that come up as uncaught while `run` runs, and in the turn after. */
export async function uncaughtDuring(run: () => void | Promise<void>): Promise<unknown[]> {
  const others = process.listeners('uncaughtException')
  const errors: unknown[] = []
  const collect = (error: unknown) => void errors.push(error)
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', collect)
  try {
    await run()
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    process.removeListener('uncaughtException', collect)
    for (const other of others) process.on('uncaughtException', other)
  }
  return errors
}

/** Ids `s1`, `s2`, … for tests that compare. */
export function countedIds(): () => string {
  let count = 0
  return () => `s${++count}`
}
