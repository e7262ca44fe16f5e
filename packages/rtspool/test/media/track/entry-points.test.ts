import { describe, expect, it } from 'vitest'
import { packetRoles } from '../../../src/media/fan-out/packet-roles.js'
import { EntryPoints } from '../../../src/media/track/entry-points.js'
import { payloadKinds } from '../../../src/rtp/index.js'
import { eachCase, type Tags } from '../../support/tagged-cases.js'

const { picture, keyFrame, prefix, recovery, gradual, rest } = payloadKinds
const { frameStart, lead, firstLead, entry } = packetRoles

/** Kind, timestamp, marker, size. */
type Packet = readonly [kind: number, timestamp: number, marker?: boolean, sizeBytes?: number]

/** Numbers of the packets with an entry, each with those of its leads. */
function entriesOf(packets: readonly Packet[]): number[][] {
  const points = new EntryPoints()
  let leads: number[] = []
  const entries: number[][] = []
  packets.forEach(([kind, timestamp, marker = false, sizeBytes = 100], index) => {
    const role = points.next(kind, timestamp, marker, sizeBytes)
    if (role & firstLead) leads = []
    if (role & entry) entries.push([...leads, index])
    if (role & lead) leads.push(index)
    else leads = []
  })
  return entries
}

describe('EntryPoints', { tags: ['M-C', 'M-D'] }, () => {
  eachCase<{ name: string; tags?: Tags; packets: Packet[]; entries: number[][] }>([
    {
      name: 'slices of one key frame are one entry',
      packets: [
        [keyFrame, 1],
        [rest, 1],
        [keyFrame, 1],
        [keyFrame, 1, true],
        [picture, 2, true],
      ],
      entries: [[0]],
    },
    {
      name: 'key frames one after the other are an entry each',
      packets: [
        [keyFrame, 1, true],
        [keyFrame, 2, true],
        [keyFrame, 3, true],
      ],
      entries: [[0], [1], [2]],
    },
    {
      name: 'key frames of a source whose timestamp stands still are an entry each',
      packets: [
        [keyFrame, 0, true],
        [picture, 0, true],
        [keyFrame, 0, true],
        [picture, 0, true],
      ],
      entries: [[0], [2]],
    },
    {
      name: 'parameter sets in front of every picture are leads of the key frames only',
      packets: [
        [prefix, 1],
        [prefix, 1],
        [keyFrame, 1, true],
        [prefix, 2],
        [prefix, 2],
        [picture, 2, true],
      ],
      entries: [[0, 1, 2]],
    },
    {
      name: 'parameter sets with other pictures behind them are not leads of a later key frame',
      packets: [
        [prefix, 1],
        [picture, 1, true],
        [picture, 2, true],
        [keyFrame, 3, true],
      ],
      entries: [[3]],
    },
    {
      name: 'parameter sets with any timestamp are leads',
      packets: [
        [picture, 5, true],
        [prefix, 5],
        [prefix, 0],
        [prefix, 4e9],
        [keyFrame, 6, true],
      ],
      entries: [[1, 2, 3, 4]],
    },
    {
      name: 'parameter sets at the end of a packet with a picture are leads, and so is that packet',
      packets: [
        [prefix, 1],
        [picture | prefix, 1, true],
        [prefix, 2],
        [keyFrame, 2, true],
      ],
      entries: [[1, 2, 3]],
    },
    {
      name: 'filler between parameter sets and key frame is left in',
      packets: [
        [0, 1],
        [prefix, 2],
        [0, 2],
        [keyFrame, 2, true],
        [0, 2],
        [keyFrame, 3],
      ],
      entries: [[1, 2, 3], [5]],
    },
    {
      name: 'the rest of a key frame whose first fragment was lost is no entry',
      packets: [
        [prefix, 1],
        [rest, 1],
        [rest, 1, true],
        [picture, 2, true],
      ],
      entries: [],
    },
    {
      name: 'a recovery point is an entry with what precedes it, and its slices are not another',
      tags: 'M-B',
      packets: [
        [picture, 1, true],
        [prefix, 2],
        [prefix | recovery, 2],
        [picture, 2],
        [picture, 2, true],
      ],
      entries: [[1, 2]],
    },
    {
      name: 'two recovery points of one picture are one entry',
      tags: 'M-B',
      packets: [
        [prefix | gradual, 1],
        [prefix | gradual, 1],
        [picture, 1, true],
      ],
      entries: [[0]],
    },
    {
      name: 'a key frame behind a gradual recovery point is one more entry, as it is complete at once',
      tags: 'M-B',
      packets: [
        [prefix | gradual, 1],
        [keyFrame, 1, true],
      ],
      entries: [[0], [0, 1]],
    },
    {
      name: 'a recovery point in the packet of its slice is an entry',
      tags: 'M-B',
      packets: [
        [prefix, 1],
        [picture | recovery, 1, true],
        [picture, 2, true],
        [picture | recovery, 3, true],
      ],
      entries: [[0, 1], [3]],
    },
  ])('$name', ({ packets, entries }) => expect(entriesOf(packets)).toEqual(entries))

  it.each([
    ['packets', Array.from({ length: 65 }, (): Packet => [prefix, 1])],
    ['bytes', Array.from({ length: 5 }, (): Packet => [prefix, 1, false, 60_000])],
  ])('a flood of %s in front of a picture leads nowhere', { tags: 'B-BIG' }, (_, flood) => {
    const [found = []] = entriesOf([...flood, [keyFrame, 1]])
    expect(found.length).toBeLessThan(4)
    expect(found.at(-1)).toBe(flood.length)
  })

  it('finds the beginning of access units: behind a marker, or at another timestamp', () => {
    const points = new EntryPoints()
    const isStart = (timestamp: number, marker: boolean) =>
      (points.next(picture, timestamp, marker, 1) & frameStart) > 0
    const starts = [isStart(1, false), isStart(1, true), isStart(1, false), isStart(2, false)]
    expect(starts).toEqual([true, false, true, true])
    points.reset()
    expect(isStart(2, false)).toBe(true)
  })

  it('treats every packet as an entry if key frames are unknown', () => {
    const points = new EntryPoints()
    const roles = [0, 0, 1].map((timestamp) => points.next(undefined, timestamp, false, 1))
    expect(roles.map((role) => role & (entry | lead))).toEqual([entry, entry, entry])
  })
})

describe('EntryPoints', () => {
  it.each<{ name: string; packets: Packet[]; ticks: number }>([
    { name: 'nothing before the second key frame', packets: [[keyFrame, 5, true]], ticks: 0 },
    {
      name: 'the time from one key frame to the next',
      packets: [
        [keyFrame, 5, true],
        [picture, 10, true],
        [keyFrame, 15, true],
        [picture, 20, true],
      ],
      ticks: 10,
    },
    {
      name: 'the time over the wrap of the timestamp',
      packets: [
        [keyFrame, 2 ** 32 - 4, true],
        [keyFrame, 6, true],
      ],
      ticks: 10,
    },
    {
      name: 'the last time, when the timestamp jumps back',
      packets: [
        [keyFrame, 5, true],
        [keyFrame, 15, true],
        [keyFrame, 3, true],
      ],
      ticks: 10,
    },
  ])('measures $name', ({ packets, ticks }) => {
    const points = new EntryPoints()
    for (const [kind, timestamp, marker = false, sizeBytes = 100] of packets) {
      points.next(kind, timestamp, marker, sizeBytes)
    }
    expect(points.intervalTicks).toBe(ticks)
    points.reset()
    expect(points.intervalTicks).toBe(0)
  })
})
