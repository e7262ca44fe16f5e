import { describe, it } from 'vitest'
import { MemoryStore } from '../../../src/cluster/memory-store.js'
import { fuzzRuns, fuzzSeed, fuzzTimeoutMs } from '../../support/fuzz-runs.js'
import { checkHistories, historyKinds, historyTimes } from './world.js'

const runs = fuzzRuns(8)

describe('an order explains each history of three nodes and a MemoryStore', () => {
  for (const { policy, hasLosses } of historyKinds) {
    it(`${policy}${hasLosses ? ', losses of data' : ''}`, { timeout: fuzzTimeoutMs() }, () =>
      checkHistories({
        ...{ policy, hasLosses, runs, seed: fuzzSeed },
        createStore: (clock) => new MemoryStore({ ...historyTimes, clock }),
      }),
    )
  }
})
