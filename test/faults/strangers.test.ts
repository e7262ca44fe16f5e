import { expect } from 'vitest'
import {
  type Flood,
  heapMb,
  isLong,
  testFloods,
  usersEnvironment,
  victim,
} from './support/flood.js'

const strangers: readonly Flood[] = [
  {
    tags: ['S-8', 'B-BRUTE'],
    title: 'guessers of a password keep no other host waiting',
    attack: 'guessers',
    settings: { connections: 100 },
    service: { heapMb, env: usersEnvironment },
    credentials: victim,
  },
  {
    tags: ['S-8', 'B-BRUTE'],
    title: 'guessers behind the address of a viewer who has logged in keep nobody waiting',
    attack: 'guessers',
    settings: { connections: 100, from: '198.18.0.5' },
    service: { heapMb, env: usersEnvironment },
    credentials: victim,
  },
  {
    tags: ['B-SLOW', 'B-BIG', 'B-ILV', 'B-TUN'],
    title: 'messages that never end',
    attack: 'unfinished',
    settings: { connections: isLong ? 2000 : 500, addresses: 50 },
    service: { heapMb },
  },
  {
    tags: 'B-SMUG',
    title: 'garbage on new connections, again and again',
    attack: 'garbage',
    settings: { connections: 20, addresses: 20 },
    service: { heapMb },
    check: ({ counts }) => expect(counts.sent).toBeGreaterThan(100),
  },
  {
    tags: ['B-RTCP', 'B-RTP'],
    title: 'forged datagrams, 20,000 a second',
    attack: 'forged-datagrams',
    settings: { ssrc: 0x0bad_cafe, perSecond: 20_000 },
    service: { heapMb },
    check: ({ counts }) => expect(counts.sent).toBeGreaterThan(1000),
  },
  {
    tags: 'B-GUESS',
    title: 'guessed session ids',
    attack: 'session-guesses',
    settings: { connections: 20, addresses: 20 },
    service: { heapMb },
    check: ({ counts }) => expect(counts.hits).toBe(0),
  },
  {
    tags: 'B-BACK',
    title: 'viewers that read nothing any more',
    attack: 'unread-media',
    settings: { connections: 100, addresses: 20 },
    service: { heapMb },
    check: ({ counts }) => expect(counts.playing).toBe(100),
  },
]

testFloods(strangers)
