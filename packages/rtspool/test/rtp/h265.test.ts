import { describe, expect, test } from 'vitest'
import { h265Fmtp, hevcParameterSetsOf, parseHevcConfiguration } from '../../src/rtp/index.js'
import { mutate } from './random-bytes.js'

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

const vps = '40010c01ffff'
const sps = '420101016000'
const pps = '4401c172'
/** Main profile, level 2, lengths of 4 bytes; an SEI behind the parameter sets. */
const fixed = '01 01 60000000 900000000000 3c f000 fc fd f8 f8 0000 0f'
const arrays = `04 20 0001 0006${vps} 21 0001 0006${sps} 22 0001 0004${pps} 27 0001 0003 4e0105`
const record = hex(`${fixed} ${arrays}`)

describe('A-PAY-2: the configuration of an H.265 file', () => {
  test('gives parameter sets and length size', () => {
    const configuration = parseHevcConfiguration(record)
    expect(configuration).toEqual({
      vps: [hex(vps)],
      sps: [hex(sps)],
      pps: [hex(pps)],
      lengthSize: 4,
    })
    expect(configuration.sps[0]?.buffer).toBe(record.buffer)
  })

  test('becomes an fmtp', () => {
    expect(h265Fmtp(parseHevcConfiguration(new Uint8Array(record)))).toBe(
      'sprop-vps=QAEMAf//;sprop-sps=QgEBAWAA;sprop-pps=RAHBcg==',
    )
    expect(h265Fmtp({ vps: [], sps: [], pps: [] })).toBeUndefined()
  })

  test('may hold no array: the parameter sets are in band', () => {
    const none = parseHevcConfiguration(hex(`${fixed} 00`))
    expect([none.vps, none.sps, none.pps]).toEqual([[], [], []])
  })

  test('that is cut off is refused', () => {
    for (let length = 0; length < record.length; length++) {
      expect(() => parseHevcConfiguration(record.subarray(0, length))).toThrow(RangeError)
    }
    expect(() => parseHevcConfiguration(Buffer.concat([Buffer.of(0), record.subarray(1)]))).toThrow(
      /version 1/,
    )
  })

  test('changed in any way gives parameter sets or a RangeError', () => {
    for (let seed = 0; seed < 5000; seed++) {
      try {
        const { sps: sets } = parseHevcConfiguration(mutate(record, seed))
        for (const set of sets) expect(set.length).toBeGreaterThan(0)
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
      }
    }
  })

  test('of a stream is found among the NAL units of a key frame', () => {
    const units = ['460150', vps, sps, pps, '2801af'].map(hex)
    expect(hevcParameterSetsOf(units)).toEqual({
      vps: [hex(vps)],
      sps: [hex(sps)],
      pps: [hex(pps)],
    })
  })
})
