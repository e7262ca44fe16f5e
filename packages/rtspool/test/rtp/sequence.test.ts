import { describe, expect, test } from 'vitest'
import { nextSequenceNumber, sequenceDistance, timestampDistance } from '../../src/rtp/index.js'

describe('distances on the circle', { tags: 'A-RTP-1' }, () => {
  test.each([
    { from: 0, to: 0, distance: 0 },
    { from: 65535, to: 0, distance: 1 },
    { from: 0, to: 65535, distance: -1 },
    { from: 65530, to: 10, distance: 16 },
    { from: 0, to: 32767, distance: 32767 },
    { from: 0, to: 32768, distance: -32768 },
  ])('from sequence number $from to $to are $distance', ({ from, to, distance }) => {
    expect(sequenceDistance(from, to)).toBe(distance)
  })

  test.each([
    { from: 0xffffffff, to: 0, distance: 1 },
    { from: 0, to: 0xffffffff, distance: -1 },
    { from: 0xfffff000, to: 0x1000, distance: 0x2000 },
    { from: 0, to: 0x80000000, distance: -0x80000000 },
  ])('from timestamp $from to $to are $distance', ({ from, to, distance }) => {
    expect(timestampDistance(from, to)).toBe(distance)
  })

  test('the number after 65535 is 0', () => {
    expect(nextSequenceNumber(65535)).toBe(0)
    expect(nextSequenceNumber(65534)).toBe(65535)
  })
})
