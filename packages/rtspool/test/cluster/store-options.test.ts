import { expect, it } from 'vitest'
import {
  clusterStoreDefaults,
  resolveRemovalQuery,
  resolveStoreOptions,
} from '../../src/cluster/store-options.js'

it('fills in the defaults of a store', () => {
  expect(resolveStoreOptions('MemoryStore', { leaseMs: 5, graceMs: undefined }, [])).toEqual({
    ...clusterStoreDefaults,
    leaseMs: 5,
  })
})

it.each([{ leaseMs: 0 }, { warmMs: -1 }, { reapBatch: 1.5 }])('refuses %o', (options) => {
  expect(() => resolveStoreOptions('MemoryStore', options, [])).toThrow(RangeError)
})

it('refuses an option that no store has', () => {
  const options = { lease: 1 } as object
  expect(() => resolveStoreOptions('MemoryStore', options, [])).toThrow(/lease/)
})

it.each([{ after: -1 }, { after: Number.NaN }, { limit: 0 }, { limit: 1001 }, { limit: 1.5 }])(
  'refuses the query %o for removal records',
  (query) => {
    expect(() => resolveRemovalQuery('MemoryStore', query)).toThrow(RangeError)
  },
)

it('refuses a query for removal records with another member', () => {
  expect(() => resolveRemovalQuery('MemoryStore', { before: 1 } as object)).toThrow(/before/)
})
