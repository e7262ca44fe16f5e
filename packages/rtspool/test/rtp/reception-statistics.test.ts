import { describe, expect, test } from 'vitest'
import { ReceptionStatistics } from '../../src/rtp/index.js'
import { eachCase } from '../support/tagged-cases.js'
import { clockRate, countsOf, packetOf, ssrc } from './reception.js'

function feed(statistics: ReceptionStatistics, sequenceNumbers: readonly number[]): boolean[] {
  return sequenceNumbers.map((sequenceNumber) => statistics.update(packetOf(sequenceNumber), 0))
}

describe('sequence numbers (RFC 3550 A.1)', { tags: 'A-RTC-7' }, () => {
  eachCase([
    {
      name: 'two packets in sequence end the probation',
      sequence: [10, 11, 12],
      counts: [false, true, true],
      outcome: { received: 2, expected: 2, highest: 12 },
    },
    {
      name: 'a gap restarts the probation',
      sequence: [10, 20, 21],
      counts: [false, false, true],
      outcome: { received: 1, expected: 1, highest: 21 },
    },
    {
      name: 'no probation',
      probation: 0,
      sequence: [65535, 0],
      counts: [true, true],
      outcome: { received: 2, expected: 2, highest: 65536 },
    },
    {
      name: 'a wrap from 65530 without a gap',
      tags: 'A-RTP-1',
      probation: 0,
      sequence: [65530, 65531, 65532, 65533, 65534, 65535, 0, 1],
      counts: Array(8).fill(true),
      outcome: { received: 8, expected: 8, highest: 65537 },
    },
    {
      name: 'late and duplicate packets count as received',
      probation: 0,
      sequence: [1, 3, 2, 3, 5],
      counts: Array(5).fill(true),
      outcome: { received: 5, expected: 5, highest: 5, duplicates: 1, packetsLost: 1 },
    },
    {
      name: 'a late packet from before a wrap',
      probation: 0,
      sequence: [65534, 0, 65535],
      counts: Array(3).fill(true),
      outcome: { received: 3, expected: 3, highest: 65536 },
    },
    {
      name: 'one stray packet far away does not count',
      probation: 0,
      sequence: [1, 2, 40000, 3],
      counts: [true, true, false, true],
      outcome: { received: 3, expected: 3, highest: 3 },
    },
    {
      name: 'two in sequence far away are a restart',
      probation: 0,
      sequence: [1, 2, 40000, 40001, 40002],
      counts: [true, true, false, true, true],
      outcome: { received: 2, expected: 2, highest: 40002, restarts: 1 },
    },
    {
      name: 'a gap of 2999 packets is loss',
      probation: 0,
      sequence: [1, 3000],
      counts: [true, true],
      outcome: { received: 2, expected: 3000, highest: 3000, packetsLost: 2998 },
    },
  ])('$name', ({ probation, sequence, counts, outcome }) => {
    const options = probation === undefined ? {} : { probation }
    const statistics = new ReceptionStatistics({ ssrc, clockRate, ...options })
    expect(feed(statistics, sequence)).toEqual(counts)
    const { highest, ...rest } = outcome
    expect(countsOf(statistics)).toEqual({ duplicates: 0, restarts: 0, packetsLost: 0, ...rest })
    expect(statistics.report(0).extendedHighestSequenceNumber).toBe(highest)
  })

  test('before the first packet there is nothing to report', () => {
    const statistics = new ReceptionStatistics({ ssrc, clockRate })
    expect(statistics.report(5000)).toEqual({
      ssrc,
      fractionLost: 0,
      cumulativeLost: 0,
      extendedHighestSequenceNumber: 0,
      interarrivalJitter: 0,
      lsr: 0,
      dlsr: 0,
    })
  })
})

describe('loss (RFC 3550 A.3)', { tags: 'A-RTC-7' }, () => {
  test('the fraction counts since the last report, the total from the beginning', () => {
    const statistics = new ReceptionStatistics({ ssrc, clockRate, probation: 0 })
    feed(statistics, [1, 2, 3, 4, 6, 7, 8, 10]) // two of ten
    expect(statistics.report(0)).toMatchObject({ fractionLost: 51, cumulativeLost: 2 })
    feed(statistics, [11, 12])
    expect(statistics.report(0)).toMatchObject({ fractionLost: 0, cumulativeLost: 2 })
    feed(statistics, [12, 12, 12, 13]) // duplicates hide the losses, and more
    expect(statistics.report(0)).toMatchObject({ fractionLost: 0, cumulativeLost: -1 })
    expect(statistics.packetsLost).toBe(2)
    expect(statistics.report(0)).toMatchObject({ fractionLost: 0, cumulativeLost: -1 })
  })

  test('one packet in a hundred lost is a fraction of 2 or 3 in 256', () => {
    const statistics = new ReceptionStatistics({ ssrc, clockRate })
    for (let sequence = 0; sequence < 20_000; sequence++) {
      if (sequence % 100 !== 50) statistics.update(packetOf(sequence), 0)
    }
    expect([2, 3]).toContain(statistics.report(0).fractionLost)
  })
})

describe('jitter (RFC 3550 A.8)', { tags: 'A-RTC-7' }, () => {
  test('regular packets have none, for any clocks and across a wrap of the timestamp', () => {
    const statistics = new ReceptionStatistics({ ssrc, clockRate, probation: 0 })
    for (let index = 0; index < 100; index++) {
      statistics.update(packetOf(index, 0xffffff00 + index * 3600), 1e9 + index * 40)
    }
    expect(statistics.interarrivalJitter).toBe(0)
  })

  test('packets that are alternately 10 ms late come close to 10 ms', () => {
    const statistics = new ReceptionStatistics({ ssrc, clockRate, probation: 0 })
    for (let index = 0; index < 200; index++) {
      statistics.update(packetOf(index, index * 3600), index * 40 + (index % 2) * 10)
    }
    expect(statistics.report(0).interarrivalJitter).toBeGreaterThanOrEqual(899)
    expect(statistics.report(0).interarrivalJitter).toBeLessThanOrEqual(900)
  })

  test('a restart does not count as jitter', () => {
    const statistics = new ReceptionStatistics({ ssrc, clockRate, probation: 0 })
    statistics.update(packetOf(1, 1000), 0)
    statistics.update(packetOf(40000, 2e9), 0)
    statistics.update(packetOf(40001, 2e9), 0)
    expect(statistics.restarts).toBe(1)
    expect(statistics.interarrivalJitter).toBe(0)
  })
})

test('lsr and dlsr refer to the last sender report', { tags: 'A-RTC-7' }, () => {
  const statistics = new ReceptionStatistics({ ssrc, clockRate })
  statistics.noteSenderReport(0x12345678, 1000)
  expect(statistics.report(3500)).toMatchObject({ lsr: 0x12345678, dlsr: 2.5 * 65536 })
  statistics.noteSenderReport(0x12350000, 4000)
  expect(statistics.report(4000)).toMatchObject({ lsr: 0x12350000, dlsr: 0 })
})
