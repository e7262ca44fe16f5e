import { describe, expect, test } from 'vitest'
import { AdtsSplitter, AnnexBSplitter, type UnitSplitter } from '../../../src/rtp/index.js'
import { adtsFrame, picture } from '../../support/nal-stream.js'

/** Splits a stream that comes in chunks of one size. */
function split(create: () => UnitSplitter, stream: Buffer, chunkBytes: number): string[] {
  const splitter = create()
  const units: Buffer[] = []
  for (let start = 0; start < stream.length; start += chunkBytes) {
    units.push(...splitter.push(stream.subarray(start, start + chunkBytes)))
  }
  return [...units, ...splitter.flush()].map((unit) => unit.toString('hex'))
}

/** The bytes without zeros at both ends: a start code may have three bytes or four. */
const trimmed = (hex: string): string => hex.replace(/^(00)+/, '').replace(/(00)+$/, '')

describe('access units of a byte stream, in chunks of any size', () => {
  for (const codec of ['h264', 'h265'] as const) {
    const encoding = codec === 'h264' ? 'H264' : 'H265'
    test(`${encoding}: parameter sets begin the unit of their picture`, () => {
      const units = Array.from({ length: 12 }, (_, index) =>
        picture(codec, index, { isKey: index % 4 === 0, sizeBytes: 5 + index }),
      )
      const stream = Buffer.concat(units)
      const expected = units.map((unit) => trimmed(unit.toString('hex')))
      for (const chunkBytes of [1, 2, 3, 4, 5, 7, 31, stream.length]) {
        const read = split(() => new AnnexBSplitter(encoding), stream, chunkBytes)
        expect(read.map(trimmed)).toEqual(expected)
      }
    })
  }

  test('H264: further slices belong to the picture of the first', () => {
    const slice = (head: number, first: number) => Buffer.from([0, 0, 1, head, first, 5, 6, 7])
    const unit = [slice(0x65, 0x88), slice(0x65, 0x48), slice(0x65, 0x20)]
    const next = [Buffer.from([0, 0, 1, 0x06, 5, 1, 0x80]), slice(0x41, 0x9a), slice(0x41, 0x44)]
    const stream = Buffer.concat([...unit, ...next])
    const read = split(() => new AnnexBSplitter('H264'), stream, 3)
    expect(read).toEqual([unit, next].map((parts) => Buffer.concat(parts).toString('hex')))
  })

  test('AAC: frames with ADTS headers, behind bytes of none', () => {
    const frames = [30, 200, 3, 77].map((sizeBytes) => adtsFrame(Buffer.alloc(sizeBytes, 0x21)))
    const stream = Buffer.concat([Buffer.from([1, 2, 0xff, 3, 0xff, 0xf1, 0xff]), ...frames])
    for (const chunkBytes of [1, 2, 5, 64, stream.length]) {
      const read = split(() => new AdtsSplitter(), stream, chunkBytes)
      expect(read).toEqual(frames.map((frame) => frame.toString('hex')))
    }
  })

  test('a stream without an end of unit is dropped at the limit', () => {
    const splitter = new AnnexBSplitter('H264')
    splitter.push(Buffer.from([0, 0, 1, 0x65, 0x88]))
    for (let index = 0; index < 33; index++) splitter.push(Buffer.alloc(1024 * 1024, 0x55))
    expect(splitter.flush()).toEqual([])
  })
})
