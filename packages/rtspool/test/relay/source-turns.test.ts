import { describe, expect, it } from 'vitest'
import { resolveRelaySource } from '../../src/relay/relay-options.js'
import { SourceTurns } from '../../src/relay/source-turns.js'
import { ManualClock } from '../../src/testing/manual-clock.js'

const refused = { reason: 'unauthorized', isFinal: true } as const
const away = { reason: 'unreachable', isFinal: false } as const

/** Turns of sources with one letter each. */
function scene(letters: string) {
  const clock = new ManualClock()
  const sources = [...letters].map((letter) => resolveRelaySource(`rtsp://192.0.2.1/${letter}`))
  const turns = new SourceTurns(sources, clock, 1000)
  const letterOf = ({ url }: { readonly url: string }) => url.slice(-1)
  /** Lets sources fail until the round is over: with refused credentials, if their letter is in `wrong`. */
  const round = (wrong = ''): string => {
    let tried = ''
    do {
      const source = turns.take()
      tried += letterOf(source)
      turns.noteFailure(source, wrong.includes(letterOf(source)) ? refused : away)
    } while (turns.moveOn())
    turns.endRound()
    return tried
  }
  return { clock, turns, round, present: () => letterOf(turns.present) }
}

describe('the turns of sources', () => {
  it.each([
    ['a', ['a', 'a']],
    ['ab', ['ab', 'ab']],
    ['abc', ['abc', 'abc']],
  ])('of %s are one each in a round', (letters, rounds) => {
    const { round } = scene(letters)
    expect([round(), round()]).toEqual(rounds)
  })

  it('skip sources that have refused the credentials, until retryMs have passed', () => {
    const { clock, round, turns } = scene('abc')
    expect([round('b'), round(), round()]).toEqual(['abc', 'ac', 'ac'])
    expect(turns.isAnyFree).toBe(true)
    clock.advance(1000)
    expect(round()).toBe('abc')
  })

  it('end when all sources have refused the credentials, and begin anew when that is forgiven', () => {
    const { round, turns } = scene('ab')
    expect(round('a')).toBe('ab')
    expect(round('b')).toBe('b')
    expect(turns.isAnyFree).toBe(false)
    expect(turns.firstWaitMs).toBe(1000)
    turns.forgive()
    expect([turns.isAnyFree, turns.firstWaitMs, round().length]).toEqual([true, 0, 2])
  })

  it('go on with the others after a source has sent packets', () => {
    const { turns, round, present } = scene('abc')
    turns.take()
    turns.noteArrival()
    expect(turns.moveOn()).toBe(true)
    expect(round()).toBe('bca')
    expect(present()).toBe('b')
    turns.returnToFirst()
    expect(present()).toBe('a')
    turns.replace([resolveRelaySource('rtsp://192.0.2.1/z')])
    expect(round()).toBe('z')
  })
})
