import { expect } from 'vitest'
import { type Flood, type FloodOutcome, heapMb, isLong, testFloods } from './support/flood.js'

/** Lines of the log: a burst of each kind, then some a second, however many sessions come and go. */
const mostLines = 500 + 30 * (isLong ? 65 : 5)

const logTrouble: readonly Flood[] = [
  {
    tags: ['S-7', 'B-LOG'],
    title: 'comings and goings of one address do not flood the log',
    attack: 'comings-and-goings',
    settings: { connections: 8 },
    service: { heapMb },
    check: ({ counts, log }) => {
      const lines = log.split('\n').length
      expect(counts.sessions).toBeGreaterThan(100)
      expect(lines).toBeLessThan(mostLines)
    },
  },
  ...(['unread', 'full', 'gone'] as const).map((log) => ({
    tags: ['S-5', 'B-LOG'],
    title: `a log that is ${log} stops nothing while sessions come and go`,
    attack: 'comings-and-goings',
    settings: { connections: 8, addresses: 200 },
    service: { heapMb, log, args: ['--log-level', 'debug'] },
    check: ({ counts }: FloodOutcome) => expect(counts.sessions).toBeGreaterThan(100),
  })),
]

testFloods(logTrouble)
