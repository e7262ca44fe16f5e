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
    title: 'S-8 B-BRUTE guessers of a password keep no other host waiting',
    attack: 'guessers',
    settings: { connections: 100 },
    service: { heapMb, env: usersEnvironment },
    credentials: victim,
  },
  {
    title:
      'S-8 B-BRUTE guessers behind the address of a viewer who has logged in keep nobody waiting',
    attack: 'guessers',
    settings: { connections: 100, from: '198.18.0.5' },
    service: { heapMb, env: usersEnvironment },
    credentials: victim,
  },
  {
    title: 'B-SLOW B-BIG B-ILV B-TUN messages that never end',
    attack: 'unfinished',
    settings: { connections: isLong ? 2000 : 500, addresses: 50 },
    service: { heapMb },
  },
  {
    title: 'B-SMUG garbage on new connections, again and again',
    attack: 'garbage',
    settings: { connections: 20, addresses: 20 },
    service: { heapMb },
    check: ({ counts }) => expect(counts.sent).toBeGreaterThan(100),
  },
  {
    title: 'B-RTCP B-RTP forged datagrams, 20,000 a second',
    attack: 'forged-datagrams',
    settings: { ssrc: 0x0bad_cafe, perSecond: 20_000 },
    service: { heapMb },
    check: ({ counts }) => expect(counts.sent).toBeGreaterThan(1000),
  },
  {
    title: 'B-GUESS guessed session ids',
    attack: 'session-guesses',
    settings: { connections: 20, addresses: 20 },
    service: { heapMb },
    check: ({ counts }) => expect(counts.hits).toBe(0),
  },
  {
    title: 'B-BACK viewers that read nothing any more',
    attack: 'unread-media',
    settings: { connections: 100, addresses: 20 },
    service: { heapMb },
    check: ({ counts }) => expect(counts.playing).toBe(100),
  },
]

testFloods(strangers)
