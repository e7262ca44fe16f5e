import { describe, expect, test } from 'vitest'
import { h265Fmtp, hevcParameterSetsOf, parseHevcConfiguration } from '../../../src/rtp/index.js'
import { bytesOf } from '../../support/bytes-of.js'
import { hevcConfiguration, hevcStart, pps, sps, vps } from '../samples.js'

describe('the configuration of an H.265 file', { tags: 'A-PAY-2' }, () => {
  test('gives parameter sets and length size', () => {
    const configuration = parseHevcConfiguration(hevcConfiguration)
    expect(configuration).toEqual({
      vps: [bytesOf(vps)],
      sps: [bytesOf(sps)],
      pps: [bytesOf(pps)],
      lengthSize: 4,
    })
    expect(configuration.sps[0]?.buffer).toBe(hevcConfiguration.buffer)
  })

  test('becomes an fmtp', () => {
    expect(h265Fmtp(parseHevcConfiguration(new Uint8Array(hevcConfiguration)))).toBe(
      'sprop-vps=QAEMAf//;sprop-sps=QgEBAWAA;sprop-pps=RAHBcg==',
    )
    expect(h265Fmtp({ vps: [], sps: [], pps: [] })).toBeUndefined()
  })

  test('may hold no array: the parameter sets are in band', () => {
    const none = parseHevcConfiguration(bytesOf(`${hevcStart} 00`))
    expect([none.vps, none.sps, none.pps]).toEqual([[], [], []])
  })

  test('is refused if it is cut off', () => {
    for (let length = 0; length < hevcConfiguration.length; length++) {
      expect(() => parseHevcConfiguration(hevcConfiguration.subarray(0, length))).toThrow(
        RangeError,
      )
    }
    expect(() =>
      parseHevcConfiguration(Buffer.concat([Buffer.of(0), hevcConfiguration.subarray(1)])),
    ).toThrow(/version 1/)
  })

  test('of a stream is found among the NAL units of a key frame', () => {
    const units = ['460150', vps, sps, pps, '2801af'].map(bytesOf)
    expect(hevcParameterSetsOf(units)).toEqual({
      vps: [bytesOf(vps)],
      sps: [bytesOf(sps)],
      pps: [bytesOf(pps)],
    })
  })
})
