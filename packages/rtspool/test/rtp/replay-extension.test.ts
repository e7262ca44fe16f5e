import { describe, expect, it } from 'vitest'
import {
  isValidRtp,
  parseReplayExtension,
  payloadOffsetOf,
  type ReplayExtension,
  replayExtensionBytes,
  withReplayExtension,
} from '../../src/rtp/index.js'

const packet = Buffer.from('80e0000a0000000b0000000c' + 'aabbcc', 'hex')
const noon: ReplayExtension = {
  unixMs: Date.UTC(2026, 10, 29, 12) + 250,
  ...{ isSync: false, isEnd: false, isDiscontinuous: false, isTerminal: false, cSeq: 7 },
}

describe('the RTP header extension of ONVIF replay', () => {
  it.each([
    ['none', {}, '00'],
    ['C', { isSync: true }, '80'],
    ['E', { isEnd: true }, '40'],
    ['D', { isDiscontinuous: true }, '20'],
    ['T', { isTerminal: true }, '10'],
  ])('is written behind the header, with flag %s', (_, flags, bits) => {
    const extension = { ...noon, ...flags }
    const whole = withReplayExtension(packet, extension)
    // 2026-11-29T12:00:00.25Z is 4004942400.25 s after 1900.
    const ntp = `${(4_004_942_400).toString(16)}40000000`
    expect(whole.toString('hex')).toBe(`90e0000a0000000b0000000cabac0003${ntp}${bits}070000aabbcc`)
    expect(whole.length - packet.length).toBe(replayExtensionBytes)
    expect([isValidRtp(whole), payloadOffsetOf(whole)]).toEqual([true, 28])
    expect(parseReplayExtension(whole)).toEqual(extension)
  })

  it('is written with the lowest bits of a CSeq', () => {
    const whole = withReplayExtension(packet, { ...noon, cSeq: 259 })
    expect(parseReplayExtension(whole)?.cSeq).toBe(3)
  })

  it('is read behind CSRCs, and after 2036', () => {
    const csrcs = Buffer.alloc(8)
    const later = { ...noon, unixMs: Date.UTC(2037, 0, 1) }
    const whole = withReplayExtension(packet, later)
    const mixed = Buffer.concat([whole.subarray(0, 12), csrcs, whole.subarray(12)])
    mixed[0] = 0x92
    expect(parseReplayExtension(mixed)).toEqual(later)
  })

  it.each([
    ['no extension', packet],
    [
      'another one',
      Buffer.concat([Buffer.from('90e0000a0000000b0000000cbede0003', 'hex'), Buffer.alloc(12)]),
    ],
    ['one that is cut off', withReplayExtension(packet, noon).subarray(0, 20)],
    ['one that is too short', Buffer.from('90e0000a0000000b0000000cabac000100000000', 'hex')],
    ['nothing', Buffer.alloc(0)],
  ])('is not found in a packet with %s', (_, bytes) => {
    expect(parseReplayExtension(bytes)).toBeUndefined()
  })
})
