import { describe, expect, it } from 'vitest'
import type { UnheardNode } from '../../src/api/session-view.js'
import { foundText, missingText, unsureText } from '../../src/sessions/session-words.js'

const unheard: readonly UnheardNode[] = [
  { tag: '0a1b2c3d', name: 'two', why: 'silent' },
  { tag: '4e5f6a7b', why: 'suspect' },
]
const filter = { user: 'ann' }

describe('a sentence about servers of a cluster', () => {
  it('names those whose sessions a list lacks', () => {
    const names = 'two (no answer), 4e5f6a7b (no sign of life)'
    expect(missingText(unheard)).toBe(`Sessions of these servers are missing: ${names}.`)
    expect([missingText([]), missingText(undefined)]).toEqual(['', ''])
  })

  it('comes after the count of sessions that would end', () => {
    expect(foundText(undefined, filter)).toBe('The server counts …')
    const found = '2 sessions now: user ann.'
    expect(foundText({ count: 2, sessions: ['a', 'b'] }, filter)).toBe(found)
    expect(foundText({ count: 2, sessions: ['a', 'b'], unheard }, filter)).toBe(
      `${found} ${missingText(unheard)}`,
    )
    expect(foundText({ count: 2, sessions: ['a'] }, filter)).toBe(
      `${found} The first 1 end at once: repeat it for the others.`,
    )
  })

  it('tells that some may not have ended theirs', () => {
    expect(unsureText({ count: 1, unheard: unheard.slice(0, 1) })).toBe(
      '1 session ended. Sessions of these servers may go on: two (no answer).',
    )
    expect([unsureText({ count: 1, unheard: [] }), unsureText({ count: 1 })]).toEqual(['', ''])
  })
})
