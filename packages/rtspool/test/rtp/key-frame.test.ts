import { describe, expect, it } from 'vitest'
import { isH265KeyFrame, keyFrameTestOf, packetPasses } from '../../src/rtp/index.js'
import { rtpPacket } from '../support/test-server.js'

/** Two bytes of an H.265 payload header. */
const header = (type: number) => [type << 1, 1]

describe('A-PAY-2 isH265KeyFrame', () => {
  it.each([
    ['an IDR picture', [...header(19), 0], true],
    ['a CRA picture', [...header(21), 0], true],
    ['a VPS', [...header(32), 0], true],
    ['an SPS', [...header(33), 0], true],
    ['a trailing picture', [...header(1), 0], false],
    ['an aggregate with a VPS', [...header(48), 0, 2, ...header(35), 0, 2, ...header(32)], true],
    ['an aggregate without', [...header(48), 0, 2, ...header(35), 0, 2, ...header(39)], false],
    ['a cut aggregate', [...header(48), 0], false],
    ['the start of an IDR fragment', [...header(49), 0x80 | 19, 0], true],
    ['the middle of an IDR fragment', [...header(49), 19, 0], false],
    ['the start of another fragment', [...header(49), 0x80 | 1, 0], false],
    ['nothing', [], false],
    ['a header alone', header(19), false],
  ])('%s: %s', (_name, bytes, expected) => {
    expect(isH265KeyFrame(Uint8Array.from(bytes))).toBe(expected)
  })
})

describe('keyFrameTestOf', () => {
  it('knows H264 and H265 in any spelling, and no other', () => {
    expect(
      ['h264', 'H265', 'VP8', 'opus', 'toString'].map((name) => !!keyFrameTestOf(name)),
    ).toEqual([true, true, false, false, false])
  })

  it('looks at the payload only', () => {
    const test = keyFrameTestOf('H264')
    const key = rtpPacket({ sequenceNumber: 1, payload: Buffer.from([0x65, 1]) })
    const other = rtpPacket({ sequenceNumber: 1, payload: Buffer.from([0x41, 1]) })
    expect(test && [packetPasses(test, key), packetPasses(test, other)]).toEqual([true, false])
  })
})
