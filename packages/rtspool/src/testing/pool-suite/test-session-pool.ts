import { checkOptions } from '../../option-checks.js'
import { ManualClock } from '../manual-clock.js'
import { admissionTests } from './admission.js'
import { evictionTests } from './eviction.js'
import { hookTests } from './hooks.js'
import { limitTests } from './limits.js'
import { listingTests } from './listing.js'
import { mapTests } from './map.js'
import { operatorTests } from './operators.js'
import { ownerTests } from './owners.js'
import { sessionTests } from './sessions.js'
import type { Bench, ConformanceTest, PoolFactory } from './suite.js'
import { timeTests } from './time.js'
import { verbTests } from './verbs.js'

/** Arguments of {@link testSessionPool}. */
export interface ConformanceOptions {
  /** Function that registers a test: `test` of `node:test`, of vitest, or any other. */
  readonly test: (name: string, run: () => Promise<void>) => unknown
  /** Creates the pool under test, with exactly these options. */
  readonly createPool: PoolFactory
}

/**
 * Registers tests of the documented behaviour of a session pool. The pool under test is a subclass
 * of {@link SessionPool}, or a pool with its own id codec, session class or admission control, as
 * `createPool` returns it.
 *
 * ```ts
 * import { test } from 'node:test'
 * testSessionPool({ test, createPool: (options) => new MyPool(options) })
 * ```
 */
export function testSessionPool(options: ConformanceOptions): void {
  checkOptions('testSessionPool', options, ['test', 'createPool'])
  const { test, createPool } = options
  const sections: readonly (readonly ConformanceTest[])[] = [
    [...verbTests, ...hookTests, ...mapTests],
    sessionTests,
    timeTests,
    ownerTests,
    [...limitTests, ...evictionTests, ...admissionTests, ...listingTests],
    operatorTests,
  ]
  for (const [index, tests] of sections.entries()) {
    for (const [name, run] of tests) test(`${index + 1} ${name}`, () => runTest(run, createPool))
  }
}

async function runTest(run: ConformanceTest[1], createPool: PoolFactory): Promise<void> {
  const clock = new ManualClock()
  const bench: Bench = {
    clock,
    create: (options = {}) => createPool({ ...options, clock }),
  }
  await run(bench)
}
