import { describe, expect, it, vi } from 'vitest'
import { BitReader } from '../../src/codec/bit-reader.js'
import { VideoCoding } from '../../src/codec/video-coding.js'
import { parameterSets } from './parameter-sets.js'

const slice = Buffer.from([0x65, 0x88, 1, 2])
const { baseline, high } = parameterSets

/** Copies of the units, as each key frame brings them in packets of its own. */
const keyFrame = (sets: readonly Buffer[]): Buffer[] =>
  [...sets, slice].map((unit) => Buffer.from(unit))

describe('coding of a video track', () => {
  it('parses parameter sets that repeat the ones before no second time', () => {
    const coding = new VideoCoding('H264', 90_000)
    const first = keyFrame(baseline)
    expect(coding.readFormat(first)).toMatchObject({ codec: 'avc1.42c00b' })
    const bits = vi.spyOn(BitReader.prototype, 'readUe')
    // The packets of the first key frame are gone.
    for (const part of first) part.fill(0)
    expect(coding.readFormat(keyFrame(baseline))).toBeUndefined()
    expect(bits).not.toHaveBeenCalled()
    expect(coding.readFormat(keyFrame(high))).toMatchObject({ codec: 'avc1.64000b' })
    expect(bits).toHaveBeenCalled()
    bits.mockRestore()
  })

  it('reports each change of the format, and none for sets in another order or missing ones', () => {
    const coding = new VideoCoding('H264', 90_000)
    const codecs = [baseline, high, [...high].reverse(), [], high, baseline, baseline].map(
      (sets) => coding.readFormat(keyFrame(sets))?.codec,
    )
    expect(codecs).toEqual([
      ...['avc1.42c00b', 'avc1.64000b', undefined, undefined, undefined],
      ...['avc1.42c00b', undefined],
    ])
    expect(coding.format?.codec).toBe('avc1.42c00b')
  })

  it('keeps no large sets, and reads them all the same', () => {
    const coding = new VideoCoding('H264', 90_000)
    const [sps = slice, pps = slice] = baseline
    const large = [sps, pps, Buffer.concat([pps, Buffer.alloc(5000, 1)])]
    const [first, again] = [coding.readFormat(keyFrame(large)), coding.readFormat(keyFrame(large))]
    expect([first?.codec, again]).toEqual(['avc1.42c00b', undefined])
    expect(coding.readFormat(keyFrame(baseline))?.codec).toBe('avc1.42c00b')
  })
})
