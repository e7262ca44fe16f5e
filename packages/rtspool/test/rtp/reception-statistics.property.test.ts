import { expect, test } from 'vitest'
import { ReceptionStatistics } from '../../src/rtp/index.js'
import { seededRandom } from './random-bytes.js'
import { clockRate, countsOf, packetOf, ssrc } from './reception.js'

/**
 * Simulates a network that loses some packets in order, duplicates some, and delays some by up to 8
 * places.
 */
function disturb(count: number, first: number, seed: number): { extended: number; at: number }[] {
  const random = seededRandom(seed)
  const arrivals: { extended: number; at: number }[] = []
  for (let index = 0; index < count; index++) {
    if (index > 0 && random() < 0.05) continue
    const copies = random() < 0.05 ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const late = index > 0 && random() < 0.1 ? random() * 8 : 0
      arrivals.push({ extended: first + index, at: index + late })
    }
  }
  return arrivals.sort((a, b) => a.at - b.at)
}

test.each([
  { seed: 1, first: 65530 },
  { seed: 2, first: 0 },
  { seed: 3, first: 30_000 },
  { seed: 4, first: 65535 },
])(
  'loss, duplicates, disorder and wraps are counted as in a naive model ($seed)',
  { tags: 'A-RTC-7' },
  ({ seed, first }) => {
    const statistics = new ReceptionStatistics({ ssrc, clockRate, probation: 0 })
    const seen = new Set<number>()
    let received = 0
    let highest = first
    let jitter = 0
    let transit: number | undefined
    let prior = { expected: 0, received: 0 }
    for (const [index, { extended, at }] of disturb(70_000, first, seed).entries()) {
      const arrivalMs = at * 10
      statistics.update(packetOf(extended, (extended * 900) % 2 ** 32), arrivalMs)
      seen.add(extended)
      received++
      highest = Math.max(highest, extended)
      const nextTransit = Math.floor(arrivalMs * 90) - extended * 900
      if (transit !== undefined) jitter += (Math.abs(nextTransit - transit) - jitter) / 16
      transit = nextTransit
      if (index % 10_000 !== 9_999) continue
      const expected = highest - first + 1
      const expectedInterval = expected - prior.expected
      const lostInterval = expectedInterval - (received - prior.received)
      expect(countsOf(statistics)).toEqual({
        received,
        expected,
        duplicates: received - seen.size,
        restarts: 0,
        packetsLost: expected - seen.size,
      })
      expect(statistics.report(0)).toMatchObject({
        fractionLost: Math.max(0, Math.floor((lostInterval * 256) / expectedInterval)),
        cumulativeLost: expected - received,
        extendedHighestSequenceNumber: highest,
        interarrivalJitter: Math.floor(jitter),
      })
      prior = { expected, received }
    }
    expect(highest).toBeGreaterThan(first + 65536)
  },
)
