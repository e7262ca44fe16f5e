import { describe, expect, it } from 'vitest'
import {
  type ClusterNodeOptions,
  clusterNodeDefaults,
  resolveNodeOptions,
} from '../../src/cluster/cluster-node-options.js'
import { MemoryStore } from '../../src/cluster/memory-store.js'

const store = new MemoryStore()

describe('resolveNodeOptions', () => {
  it('fills in the defaults, and describes the node', () => {
    const resolved = resolveNodeOptions({ store, name: 'one', address: 'rtsp://192.0.2.1' })
    expect(resolved).toMatchObject({ ...clusterNodeDefaults, idKeys: undefined })
    expect(resolved.info).toBe('{"name":"one","address":"rtsp://192.0.2.1","protocol":2}')
    expect(resolveNodeOptions({ store, leaseMs: 900, beatMs: 300 }).info).toBe('{"protocol":2}')
  })

  it.each([
    { options: { store: {} }, error: /store/ },
    { options: { name: '' }, error: /name/ },
    { options: { address: 7 }, error: /address/ },
    { options: { peerKey: 7 }, error: /peerKey/ },
    { options: { peerKey: 'too short' }, error: /peerKey must have at least 16/ },
    { options: { policy: 'loose' }, error: /'keep' or 'strict', got 'loose'/ },
    { options: { leaseMs: 900, beatMs: 301 }, error: /beatMs must be an integer from 1 to 300/ },
    { options: { flushMs: 0 }, error: /flushMs/ },
    { options: { waitMs: -1 }, error: /waitMs/ },
    { options: { clock: {} }, error: /clock/ },
    { options: { overdraft: 0.5 }, error: /overdraft/ },
    { options: { spareCredit: 1 }, error: /spareCredits/ },
  ])('refuses the options %o', ({ options, error }) => {
    expect(() => resolveNodeOptions({ store, ...options } as ClusterNodeOptions)).toThrow(error)
  })
})
