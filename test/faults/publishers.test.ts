import { expect } from 'vitest'
import { type Flood, heapMb, mib, testFloods } from './support/flood.js'

const publishers: readonly Flood[] = [
  {
    tags: 'S-6',
    title: '40 paths of the largest key frames stay within the budget',
    attack: 'key-frames',
    settings: { paths: 40, tracks: 1, frameBytes: 8e6 },
    service: { heapMb },
    check: ({ counts, grown }) => {
      expect(counts.published).toBe(40)
      expect(grown).toBeLessThan((256 + 120) * mib)
    },
  },
  {
    tags: 'S-6',
    title: '64 tracks of the largest key frames stay within the share of a session',
    attack: 'key-frames',
    settings: { paths: 1, tracks: 64, frameBytes: 8e6 },
    service: { heapMb },
    check: ({ counts, grown }) => {
      expect(counts.published).toBe(1)
      expect(grown).toBeLessThan((256 + 120) * mib)
    },
  },
  {
    tags: 'S-6',
    title: 'announcements that no SETUP follows take no more than the share of their address',
    attack: 'announcements',
    settings: { paths: 500, bodyBytes: 60_000, renewSeconds: 5 },
    service: { heapMb, args: ['--max-sessions', '100'] },
    check: ({ counts, grown }) => {
      expect(counts.refused).toBeGreaterThan(300)
      expect(grown).toBeLessThan(100 * mib)
    },
  },
]

testFloods(publishers)
