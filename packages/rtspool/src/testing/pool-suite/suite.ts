import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { RtspErrorCode } from '../../errors.js'
import type { SessionPool } from '../../session-pool/session-pool.js'
import type { SessionPoolOptions } from '../../session-pool/session-pool-options.js'
import type { ManualClock } from '../manual-clock.js'

/**
 * Function that creates the pool under test with these options. Options left out must have the
 * defaults of {@link SessionPool}.
 */
export type PoolFactory = (options: SessionPoolOptions) => SessionPool

/** Tools of a conformance test: a clock, and a function that creates pools which use it. */
export interface Bench {
  readonly clock: ManualClock
  create(options?: SessionPoolOptions): SessionPool
}

export type ConformanceTest = readonly [name: string, run: (bench: Bench) => void | Promise<void>]

/** Returns a function for `assert.throws` that checks the code of the error. */
export function withCode(code: RtspErrorCode): (error: unknown) => boolean {
  return (error) => (error as { code?: unknown }).code === code
}

/** Returns a function for `assert.throws` that checks the code of a refusal, and the limit that it names. */
export function refusedBy(limit: string, code: 'ERR_SESSION_POOL_FULL' | 'ERR_SESSION_PATH_FULL') {
  return (error: unknown): boolean =>
    withCode(code)(error) && (error as { context: { limit: string } }).context.limit === limit
}

/** Returns an array to which each session that leaves the pool adds its id and reason. */
export function removalsOf(pool: SessionPool): [id: string, reason: string][] {
  const removals: [string, string][] = []
  pool.on('sessionRemoved', (session, reason) => removals.push([session.id, reason]))
  return removals
}

/**
 * Returns the errors of functions of the application that are published on
 * `rtspool:callback-failed` during `run`, and in the turn of the event loop after it.
 */
export async function failuresDuring(run: () => void | Promise<void>): Promise<unknown[]> {
  const errors: unknown[] = []
  const collect = (message: unknown) => void errors.push((message as { error: unknown }).error)
  subscribe('rtspool:callback-failed', collect)
  try {
    await run()
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    unsubscribe('rtspool:callback-failed', collect)
  }
  return errors
}

/** Returns a function that creates the ids `s1`, `s2`, … for tests that compare ids. */
export function countedIds(): () => string {
  let count = 0
  return () => `s${++count}`
}
