import { describe, it } from 'vitest'
import { MemoryStore } from '../../src/cluster/memory-store.js'
import { fuzzRuns, fuzzTimeoutMs } from '../support/fuzz-runs.js'
import { nextTurn } from '../support/until.js'
import { aloneKinds, checkModel, modelKinds, modelTimes, returningKind } from './model.js'
import { createReturningStore } from './returning-store.js'
import { checkStreams, streamTimes } from './stream-model.js'

const runs = fuzzRuns(40)

describe('random histories of three nodes on a MemoryStore', () => {
  it('keep, returns with older data', { timeout: fuzzTimeoutMs() }, () =>
    checkModel({
      ...returningKind,
      runs,
      createStore: (clock) =>
        createReturningStore(clock, { ...modelTimes, reapBatch: 2, maxRemovedBans: 1 }),
    }),
  )

  it('streams that are announced, taken over and lost', { timeout: fuzzTimeoutMs() }, () =>
    checkStreams({
      ...{ runs: Math.ceil(runs / 4), nextTurn },
      createStore: (clock) => new MemoryStore({ ...streamTimes, clock }),
    }),
  )

  for (const kind of aloneKinds) {
    it(`${kind.policy}, nodes without their ledger`, { timeout: fuzzTimeoutMs() }, () =>
      checkModel({
        ...{ ...kind, runs: Math.ceil(runs / 2) },
        createStore: (clock) => new MemoryStore({ ...modelTimes, clock, reapBatch: 2 }),
      }),
    )
  }

  for (const kind of modelKinds) {
    const { policy, hasJumps, hasWipes } = kind
    const faults = `${hasJumps ? ', clock steps' : ''}${hasWipes ? ', losses of data' : ''}`
    it(`${policy}${faults}`, { timeout: fuzzTimeoutMs() }, () =>
      checkModel({
        ...kind,
        runs,
        createStore: (clock) =>
          new MemoryStore({ ...modelTimes, clock, reapBatch: 2, maxRemovedBans: 1 }),
      }),
    )
  }
})
