import { expect } from 'vitest'
import { type Flood, heapMb, testFloods } from './support/flood.js'

/** 10 MB/s of the dearest requests of a kind (what there is of them; each waits for its answer). */
const dearRequests: readonly Flood[] = [
  ...['segments', 'setupSegments', 'parameters', 'transports', 'announcement', 'describe'],
].map((kind) => ({
  tags: ['S-2', 'S-10', 'B-LOOP'],
  title: `10 MB/s of the dearest requests: ${kind}`,
  attack: 'dear-requests',
  settings: { kind, connections: 20, mbPerSecond: 10 },
  service: { heapMb },
  check: ({ counts }) => expect(counts.answered).toBeGreaterThan(10),
}))

testFloods(dearRequests)
