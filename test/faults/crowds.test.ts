import { expect } from 'vitest'
import { type Flood, heapMb, isLong, testFloods } from './support/flood.js'

const crowds: readonly Flood[] = [
  {
    tags: ['S-3', 'B-FD'],
    title: 'one address with 5,000 connections shuts nobody out',
    attack: 'many-connections',
    settings: { connections: 5000 },
    service: { heapMb, descriptors: 2000 },
    check: ({ counts, log }) => {
      expect(counts.held).toBeGreaterThan(100)
      expect(counts.held).toBeLessThan(1000)
      expect(log.match(/"level":(40|"warn")/g)?.length ?? 0).toBeLessThanOrEqual(isLong ? 12 : 4)
    },
  },
  {
    tags: ['S-4', 'B-FULL'],
    title: '160 sessions from addresses of one /64 leave room for others',
    attack: 'many-sessions',
    settings: { host: '2001:db8::1', sessions: 160, addresses: 160, family: 6 },
    service: { heapMb, args: ['--max-sessions', '100'] },
    check: ({ counts }) => expect(counts.held).toBe(25),
  },
  {
    tags: 'B-FULL',
    title: '900 sessions of one address leave room for others',
    attack: 'many-sessions',
    settings: { sessions: 900, addresses: 1 },
    service: { heapMb },
    check: ({ counts }) => expect(counts.held).toBe(250),
  },
]

testFloods(crowds)
