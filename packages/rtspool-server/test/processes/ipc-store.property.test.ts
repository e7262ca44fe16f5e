import { MemoryStore } from 'rtspool/cluster'
import type { ManualClock } from 'rtspool/testing'
import { describe, it } from 'vitest'
import { checkModel, modelKinds, modelTimes } from '../../../rtspool/test/cluster/model.js'
import { fuzzRuns, fuzzTimeoutMs } from '../../../rtspool/test/support/fuzz-runs.js'
import { openIpcStore } from '../../src/processes/ipc-store.js'
import { StoreServer } from '../../src/processes/store-server.js'

const runs = fuzzRuns(5)

/** A store whose requests and replies are copied, as between processes, on their way to a `MemoryStore`. */
function createStore(clock: ManualClock) {
  const data = new MemoryStore({ ...modelTimes, clock, reapBatch: 2, maxRemovedBans: 1 })
  const server = new StoreServer(data)
  const { store, receive } = openIpcStore(
    {
      isOpen: true,
      send(request, sent) {
        sent(null)
        void server
          .answer(1, structuredClone(request))
          .then((reply) => receive(structuredClone(reply)))
      },
    },
    { clock },
  )
  return Object.assign(store, { clear: () => data.clear() })
}

describe('random histories of three nodes on a store in another process', () => {
  for (const kind of modelKinds) {
    const { policy, hasJumps, hasWipes } = kind
    const faults = `${hasJumps ? ', clock steps' : ''}${hasWipes ? ', losses of data' : ''}`
    it(`${policy}${faults}`, { timeout: fuzzTimeoutMs() }, () =>
      checkModel({ ...kind, runs, createStore }),
    )
  }
})
