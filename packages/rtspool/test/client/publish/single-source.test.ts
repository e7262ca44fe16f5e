import { describe, expect, it } from 'vitest'
import { SingleSource } from '../../../src/client/publish/single-source.js'
import { sequenceNumberOf, ssrcOf, timestampOf } from '../../../src/rtp/index.js'
import { rtpPacket } from '../../support/test-server.js'

/** Returns SSRC and sequence number of packets, each given by those of the source. */
function continued(...packets: readonly (readonly [ssrc: number, sequenceNumber: number])[]) {
  const single = new SingleSource()
  return packets.map(([ssrc, sequenceNumber]) => {
    const packet = single.continued(rtpPacket({ ssrc, sequenceNumber }))
    return [ssrcOf(packet), sequenceNumberOf(packet)]
  })
}

describe('a single source', () => {
  it('returns the very packets of a source that keeps its SSRC', () => {
    const single = new SingleSource()
    for (const sequenceNumber of [65_534, 65_535, 0, 2, 1]) {
      const packet = rtpPacket({ ssrc: 7, sequenceNumber })
      expect(single.continued(packet)).toBe(packet)
    }
  })

  it('goes on with the next sequence number after a change of SSRC, past 65535', () => {
    expect(continued([7, 65_534], [9, 500], [9, 501], [9, 502], [3, 0], [3, 1])).toEqual([
      ...[65_534, 65_535, 0, 1, 2, 3].map((number) => [7, number]),
    ])
  })

  it('keeps the order and the gaps of a source', () => {
    expect(continued([7, 10], [7, 12], [7, 11], [9, 500], [9, 503], [9, 501])).toEqual([
      ...[10, 12, 11, 13, 16, 14].map((number) => [7, number]),
    ])
  })

  it('does not go back to sequence numbers that were used when a source returns', () => {
    expect(continued([7, 10], [9, 500], [7, 11], [7, 12])).toEqual([
      ...[10, 11, 12, 13].map((number) => [7, number]),
    ])
  })

  it('gives its first source the announced SSRC, too', () => {
    const single = new SingleSource(5)
    expect(single.ssrc).toBe(5)
    const numbers = [
      [7, 10],
      [7, 12],
      [5, 900],
    ] as const
    const packets = numbers.map(([ssrc, sequenceNumber]) =>
      single.continued(rtpPacket({ ssrc, sequenceNumber })),
    )
    expect(packets.map((packet) => [ssrcOf(packet), sequenceNumberOf(packet)])).toEqual([
      ...[10, 12, 13].map((number) => [5, number]),
    ])
  })

  it('changes nothing else, and not the packet of the application', () => {
    const single = new SingleSource()
    single.continued(rtpPacket({ ssrc: 7, sequenceNumber: 1 }))
    const packet = rtpPacket({ ssrc: 9, sequenceNumber: 90, timestamp: 1234, marker: true })
    const before = Buffer.from(packet)
    const copy = single.continued(packet)
    expect(packet).toEqual(before)
    expect(timestampOf(copy)).toBe(1234)
    expect(copy.subarray(12)).toEqual(packet.subarray(12))
    expect(copy.subarray(0, 2)).toEqual(packet.subarray(0, 2))
  })
})
