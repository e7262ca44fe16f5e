import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { RtspErrorCode } from '../../errors.js'
import type { SessionPool } from '../../session-pool/session-pool.js'
import type { SessionPoolOptions } from '../../session-pool/session-pool-options.js'
import type { ManualClock } from '../manual-clock.js'

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

/** Errors of the application's own functions that are told while `run` runs, and in the turn after. */
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

/** Ids `s1`, `s2`, … for tests that compare. */
export function countedIds(): () => string {
  let count = 0
  return () => `s${++count}`
}
