/// <reference types="node" preserve="true" />

export { ManualClock } from './manual-clock.js'
export type { PoolFactory } from './pool-suite/suite.js'
export { type ConformanceOptions, testSessionPool } from './pool-suite/test-session-pool.js'
