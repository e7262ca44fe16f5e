import { describe, expect, test } from 'vitest'
import {
  avcConfigurationOf,
  h264Fmtp,
  parseAvcConfiguration,
  profileLevelIdOf,
} from '../../../src/rtp/index.js'
import { bytesOf } from '../../support/bytes-of.js'

const sps = '6764000caccd40'
const pps = '68ebe3cb22c0'
const record = bytesOf(
  `01 64000c ff e1 0007 ${sps} 01 0006 ${pps} fdf8f800`, // High profile adds four bytes
)

describe('the configuration of a file', { tags: 'A-PAY-1' }, () => {
  test('contains parameter sets, length size and profile', () => {
    const configuration = parseAvcConfiguration(record)
    expect(configuration).toEqual({
      sps: [bytesOf(sps)],
      pps: [bytesOf(pps)],
      lengthSize: 4,
      profileLevelId: '64000c',
    })
    expect(profileLevelIdOf(bytesOf(sps))).toBe('64000c')
    expect(configuration.sps[0]?.buffer).toBe(record.buffer)
  })

  test('becomes an fmtp', () => {
    expect(h264Fmtp(parseAvcConfiguration(new Uint8Array(record)))).toBe(
      'packetization-mode=1;profile-level-id=64000c;sprop-parameter-sets=Z2QADKzNQA==,aOvjyyLA',
    )
    expect(h264Fmtp({ sps: [], pps: [], profileLevelId: '42c01f' })).toBe(
      'packetization-mode=1;profile-level-id=42c01f',
    )
  })

  test('without parameter sets has the profile of the record', () => {
    expect(parseAvcConfiguration(bytesOf('01 42c01f fd e0 00'))).toEqual({
      sps: [],
      pps: [],
      lengthSize: 2,
      profileLevelId: '42c01f',
    })
  })

  test('is refused if it is cut off', () => {
    const end = record.length - 4
    for (let length = 0; length < end; length++) {
      expect(() => parseAvcConfiguration(record.subarray(0, length))).toThrow(RangeError)
    }
    expect(parseAvcConfiguration(record.subarray(0, end)).pps).toHaveLength(1)
    expect(() => parseAvcConfiguration(bytesOf('00 64000c ff e0 00'))).toThrow(/version 1/)
  })
})

describe('the configuration of a stream', { tags: 'A-PAY-1' }, () => {
  test('is taken from the NAL units of a key frame', () => {
    const units = ['09f0', sps, pps, '6588'].map(bytesOf)
    expect(avcConfigurationOf(units)).toMatchObject({
      sps: [bytesOf(sps)],
      pps: [bytesOf(pps)],
      profileLevelId: '64000c',
    })
    expect(avcConfigurationOf([bytesOf('6588')])).toBeUndefined()
  })
})
