import { expect, it } from 'vitest'
import { FinalFailures } from '../../src/relay/final-failures.js'
import { resolveRelaySource } from '../../src/relay/relay-options.js'
import { ManualClock } from '../../src/testing/manual-clock.js'

const refused = { reason: 'unauthorized', isFinal: true } as const
const missing = { reason: 'notFound', isFinal: true } as const

it('delays a source after a final failure, and locks the source only after refused credentials', () => {
  const clock = new ManualClock()
  const failures = new FinalFailures(clock)
  const [one, other] = ['rtsp://192.0.2.1/', 'rtsp://192.0.2.2/'].map(resolveRelaySource)
  if (!one || !other) throw new Error('two sources expected')
  failures.note(one, refused)
  failures.note(other, missing)
  clock.advance(400)
  const state = (retryMs: number) =>
    [one, other].map((each) => [failures.waitMsOf(each, retryMs), failures.isLocked(each, retryMs)])
  expect(state(1000)).toEqual([
    [600, true],
    [600, false],
  ])
  expect(state(0)).toEqual([
    [Number.POSITIVE_INFINITY, true],
    [Number.POSITIVE_INFINITY, false],
  ])
  clock.advance(600)
  expect(state(1000)).toEqual([
    [0, false],
    [0, false],
  ])
  failures.note(one, { reason: 'unreachable', isFinal: false })
  failures.forget(other)
  expect(state(2000)).toEqual([
    [0, false],
    [0, false],
  ])
  failures.note(one, refused)
  failures.clear()
  expect(failures.isLocked(one, 0)).toBe(false)
})
