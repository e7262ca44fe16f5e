import { describe, expect, it } from 'vitest'
import { h264Format } from '../../src/codec/h264-format.js'
import { fragmentBytes, writeFragment } from '../../src/fmp4/fragment.js'
import { initSegment } from '../../src/fmp4/init-segment.js'
import { parameterSets } from '../codec/parameter-sets.js'
import { boxAt, boxesOf } from './boxes.js'

describe('init segment', () => {
  it('has one track without samples', () => {
    const format = h264Format(parameterSets.high, 90_000)
    if (!format) throw new Error('no format')
    const segment = initSegment([format])
    expect(boxesOf(segment).map(({ path }) => path)).toEqual([
      ...['ftyp', 'moov', 'moov/mvhd', 'moov/trak', 'moov/trak/tkhd', 'moov/trak/mdia'],
      ...['moov/trak/mdia/mdhd', 'moov/trak/mdia/hdlr', 'moov/trak/mdia/minf'],
      ...['vmhd', 'dinf', 'dinf/dref', 'stbl', 'stbl/stsd', 'stbl/stts', 'stbl/stsc'].map(
        (name) => `moov/trak/mdia/minf/${name}`,
      ),
      ...['moov/trak/mdia/minf/stbl/stsz', 'moov/trak/mdia/minf/stbl/stco'],
      ...['moov/mvex', 'moov/mvex/trex'],
    ])
    expect(boxAt(segment, 'moov/mvhd')).toHaveLength(100)
    expect(boxAt(segment, 'moov/trak/tkhd')).toHaveLength(84)
    expect(boxAt(segment, 'moov/trak/mdia/mdhd').readUInt32BE(12)).toBe(90_000)
  })
})

describe('fragment', () => {
  it('points at its samples, and has their times', () => {
    const samples = [
      ...[{ pieces: [Buffer.from('ab'), Buffer.from('c')], isSync: true, compositionOffset: -5 }],
      ...[{ pieces: [Buffer.from('defg')], isSync: false, compositionOffset: 7 }],
    ].map((sample, index) => ({
      ...sample,
      duration: 3000 + index,
      sizeBytes: Buffer.concat(sample.pieces).length,
    }))
    const runs = [{ trackId: 1, decodeTime: 2 ** 33, samples }]
    const bytes = Buffer.alloc(fragmentBytes(runs) + 3, 0xee)
    writeFragment(bytes, 3, 0x1_0000_0007, runs)
    expect([...bytes.subarray(0, 3)]).toEqual([0xee, 0xee, 0xee])
    const fragment = bytes.subarray(3)
    expect(boxesOf(fragment).map(({ path }) => path)).toEqual([
      ...['moof', 'moof/mfhd', 'moof/traf', 'moof/traf/tfhd', 'moof/traf/tfdt', 'moof/traf/trun'],
      'mdat',
    ])
    expect(boxAt(fragment, 'moof/mfhd').readUInt32BE(4)).toBe(7)
    expect(boxAt(fragment, 'moof/traf/tfdt').readBigUInt64BE(4)).toBe(2n ** 33n)
    const run = boxAt(fragment, 'moof/traf/trun')
    expect(fragment.toString('latin1', run.readInt32BE(8))).toBe('abcdefg')
    expect([run.readUInt32BE(12), run.readUInt32BE(16), run.readInt32BE(24)]).toEqual([3000, 3, -5])
    expect([run.readUInt32BE(28), run.readUInt32BE(32), run.readInt32BE(40)]).toEqual([3001, 4, 7])
  })
})
