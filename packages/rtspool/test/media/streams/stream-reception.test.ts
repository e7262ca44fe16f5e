import { describe, expect, it } from 'vitest'
import { streamReceptionOf } from '../../../src/media/streams/stream-reception.js'

const report = {
  ssrc: 7,
  fractionLost: 64,
  cumulativeLost: -3,
  extendedHighestSequenceNumber: 65_537,
  interarrivalJitter: 450,
  lsr: 1,
  dlsr: 65_536,
}

describe('streamReceptionOf', () => {
  it('converts a report to seconds, milliseconds and shares', () => {
    expect(streamReceptionOf(report, 90_000, 5000, 3960)).toEqual({
      ssrc: 7,
      fractionLost: 0.25,
      cumulativeLost: -3,
      extendedHighestSequenceNumber: 65_537,
      interarrivalJitter: 450,
      jitterMs: 5,
      roundTripMs: 40,
      reportedAt: 5000,
    })
  })

  it.each([
    ['an echo of nothing that was sent', undefined, undefined],
    ['a delay that is longer than the time since the report', 4500, undefined],
    ['a delay that is rounded up', 4000.5, 0],
  ])('converts %s correctly', (_, sentAt, roundTripMs) => {
    expect(streamReceptionOf(report, 90_000, 5000, sentAt).roundTripMs).toBe(roundTripMs)
  })
})
