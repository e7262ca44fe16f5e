import { expect } from 'vitest'
import {
  type Flood,
  type FloodOutcome,
  heapMb,
  isLong,
  mib,
  testFloods,
  usersEnvironment,
  victim,
} from './support/flood.js'

const kib = 1024
/** What one connection may cost, its share of the sockets' own memory apart. */
const bytesPerConnection = 70 * kib
/** Garbage that is not collected yet, and memory that the allocator keeps. */
const slackBytes = 120 * mib

const unreadConnections = isLong ? 3600 : 900
const cheapUnread = ({ counts, grown }: FloodOutcome): void => {
  expect(counts.connected).toBe(unreadConnections)
  expect(grown).toBeLessThan(unreadConnections * bytesPerConnection + slackBytes)
}

const unreadAnswers: readonly Flood[] = [
  {
    tags: ['S-1', 'B-CSEQ'],
    title: 'connections that pipeline 300 KB and read no answer, from 100 addresses',
    attack: 'unread-answers',
    settings: { connections: unreadConnections, addresses: 100, pipelinedBytes: 300_000 },
    service: { heapMb },
    check: cheapUnread,
  },
  {
    tags: ['S-1', 'B-CSEQ'],
    title: 'the same from one address, with its share off',
    attack: 'unread-answers',
    settings: { connections: unreadConnections, addresses: 1, pipelinedBytes: 300_000 },
    service: { heapMb, args: ['--max-connections-per-address', '0'] },
    check: cheapUnread,
  },
  {
    tags: 'S-1',
    title: 'the same against a server with users, of whom none has logged in',
    attack: 'unread-answers',
    settings: { connections: unreadConnections, addresses: 100, pipelinedBytes: 300_000 },
    service: { heapMb, env: usersEnvironment },
    credentials: victim,
    check: cheapUnread,
  },
]

testFloods(unreadAnswers)
