import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { eventTypes, isAlarm, wordsOf } from '../../src/events/event-words.js'

const event = (type: string, members: object = {}) => ({ id: '1', type, time: '', ...members })
const ann = { user: 'ann', address: '192.0.2.1', path: '/cam' }

describe('words of events', () => {
  it('know all types of the server', () => {
    expect([...eventTypes].sort()).toEqual(typesOfServer().sort())
  })

  it.for([
    ['sessionCreated', ann, 'ann at 192.0.2.1 has got a session at /cam'],
    [
      'sessionRefused',
      { path: '/cam', limit: 'maxSessions' },
      'a client got no session at /cam: maxSessions',
    ],
    [
      'sessionRemoved',
      { ...ann, seconds: 2.25, reason: 'kicked', note: 'too loud' },
      'ann at 192.0.2.1 has left /cam after 2.3 s: kicked (too loud)',
    ],
    [
      'limitNear',
      { limit: 'maxSessionsPerUser', count: 8, max: 10, user: 'ann' },
      '8 of 10: maxSessionsPerUser ann',
    ],
    ['banned', { address: '192.0.2.1', reason: 'abuse' }, 'ban of 192.0.2.1 (abuse)'],
    [
      'recordingFailed',
      { recording: 'all', path: '/cam', message: 'ENOSPC: no space left on device' },
      '/cam cannot be recorded by all: ENOSPC: no space left on device',
    ],
    [
      'sourceStateChanged',
      { path: '/cam', state: 'waiting', reason: 'exited', lastError: 'exit code 1' },
      'source of /cam: waiting (exit code 1)',
    ],
    ['configChanged', { changed: ['limits.maxSessions'] }, 'changed: ["limits.maxSessions"]'],
    ['later', {}, ''],
  ] as const)('are a sentence about %s', ([type, members, words]) => {
    expect(wordsOf(event(type, members))).toBe(words)
  })

  it('call for attention where somebody may want to act', () => {
    expect([isAlarm(event('mediaDown')), isAlarm(event('mediaUp'))]).toEqual([true, false])
  })
})

/** Types of the server, out of its source. */
function typesOfServer(): string[] {
  const source = '../../../rtspool-server/src/events/event-types.ts'
  const text = readFileSync(new URL(source, import.meta.url), 'utf8')
  return [...text.matchAll(/^ {2}(\w+):\s+'/gm)].map(([, type = '']) => type)
}
