import { parseAvcConfiguration, parseHevcConfiguration } from 'rtspool/rtp'
import { describe, expect, it, vi } from 'vitest'
import { audioCoding } from '../../src/codec/audio-format.js'
import { h264Format } from '../../src/codec/h264-format.js'
import { h265Format } from '../../src/codec/h265-format.js'
import { parameterSets } from './parameter-sets.js'

const videoEntryBytes = 8 + 78
const boxHeaderBytes = 8
const manyCount = 512
/** Different units with the header of the given one. */
const manyLike = (header: Buffer) =>
  Array.from({ length: manyCount }, (_, index) =>
    Buffer.concat([header, Buffer.from([index >> 8, index & 0xff])]),
  )
const recordOf = (entry: Buffer | undefined) =>
  entry?.subarray(videoEntryBytes + boxHeaderBytes) ?? Buffer.alloc(0)

describe('format of H.264', () => {
  it.for([
    { name: 'baseline', codec: 'avc1.42c00b', width: 320, height: 240, tail: '' },
    { name: 'high', codec: 'avc1.64000b', width: 200, height: 120, tail: 'fdf8f800' },
    { name: 'high422', codec: 'avc1.7a0015', width: 100, height: 50, tail: 'fefafa00' },
  ] as const)(
    'of $codec has the size and the parameter sets',
    ({ name, codec, width, height, tail }) => {
      const sets = parameterSets[name]
      const format = h264Format([...sets, Buffer.from([0x65, 0x88])], 90_000)
      expect(format).toMatchObject({ kind: 'video', codec, width, height, timescale: 90_000 })
      expect([format?.entry.readUInt16BE(32), format?.entry.readUInt16BE(34)]).toEqual([
        width,
        height,
      ])
      const record = recordOf(format?.entry)
      const { sps, pps, lengthSize } = parseAvcConfiguration(record)
      expect([...sps, ...pps]).toEqual([...sets])
      expect(lengthSize).toBe(4)
      expect(record.toString('hex').endsWith(tail)).toBe(true)
    },
  )

  it('keeps repeated sets once, and needs both kinds', () => {
    const [sps = Buffer.alloc(0), pps = Buffer.alloc(0)] = parameterSets.baseline
    const record = recordOf(h264Format([sps, pps, sps, pps], 90_000)?.entry)
    expect(parseAvcConfiguration(record)).toMatchObject({ sps: [sps], pps: [pps] })
    expect(h264Format([sps], 90_000)).toBeUndefined()
    expect(h264Format([pps], 90_000)).toBeUndefined()
    expect(h264Format([sps.subarray(0, 6), pps], 90_000)).toBeUndefined()
    // A length of 16 bits tells the size of a set.
    const large = Buffer.concat([sps, Buffer.alloc(70_000, 1)])
    expect(h264Format([large, pps], 90_000)).toBeUndefined()
    const [vps = sps, hevcSps = sps, hevcPps = sps] = parameterSets.hevc
    expect(h265Format([vps, Buffer.concat([hevcSps, large]), hevcPps], 90_000)).toBeUndefined()
  })

  it('has at most 31 and 255 sets, and compares no pairs of many', () => {
    const [sps = Buffer.alloc(0), pps = Buffer.alloc(0)] = parameterSets.baseline
    const units = [...manyLike(sps), ...manyLike(pps)]
    const equals = vi.spyOn(Buffer.prototype, 'equals')
    const format = h264Format(units, 90_000)
    const comparisons = equals.mock.calls.length
    equals.mockRestore()
    expect(comparisons).toBeLessThanOrEqual(units.length)
    const record = parseAvcConfiguration(recordOf(format?.entry))
    expect(record.sps).toEqual(units.slice(0, 31))
    expect(record.pps).toEqual(units.slice(manyCount, manyCount + 255))
  })

  it('survives any bytes as a parameter set', () => {
    for (let length = 1; length < 40; length++) {
      for (const fill of [0, 0x42, 0xff]) {
        const sps = Buffer.alloc(length, fill)
        sps[0] = 0x67
        expect(() => h264Format([sps, Buffer.from('68ce0fc8', 'hex')], 90_000)).not.toThrow()
      }
    }
  })
})

describe('format of H.265', () => {
  it('has size, profile and parameter sets', () => {
    const format = h265Format([...parameterSets.hevc, Buffer.from([0x26, 1])], 90_000)
    expect(format).toMatchObject({
      codec: 'hvc1.1.6.L30.90',
      width: 200,
      height: 120,
      reorderDepth: 2,
    })
    const { vps, sps, pps, lengthSize } = parseHevcConfiguration(recordOf(format?.entry))
    expect([...vps, ...sps, ...pps]).toEqual([...parameterSets.hevc])
    expect(lengthSize).toBe(4)
    expect(h265Format(parameterSets.hevc.slice(1), 90_000)).toBeUndefined()
  })

  it('has at most 16 sets of a kind, and compares no pairs of many', () => {
    const units = parameterSets.hevc.flatMap(manyLike)
    const equals = vi.spyOn(Buffer.prototype, 'equals')
    const format = h265Format(units, 90_000)
    const comparisons = equals.mock.calls.length
    equals.mockRestore()
    expect(comparisons).toBeLessThanOrEqual(units.length)
    const { vps, sps, pps } = parseHevcConfiguration(recordOf(format?.entry))
    const firstOfKind = (kind: number) => units.slice(kind * manyCount, kind * manyCount + 16)
    expect([vps, sps, pps]).toEqual([firstOfKind(0), firstOfKind(1), firstOfKind(2)])
  })
})

describe('coding of sound', () => {
  const common = { clockRate: 48_000, channels: 2, parameters: '' }

  it('of AAC comes from the configuration in the description', () => {
    const parameters = 'streamtype=5; mode=AAC-hbr; config=1190; sizelength=13'
    const coding = audioCoding({ ...common, encoding: 'MPEG4-GENERIC', parameters })
    expect(coding?.format).toMatchObject({ codec: 'mp4a.40.2', timescale: 48_000 })
    expect(coding?.durationOf(Buffer.alloc(1))).toBe(1024)
    expect(coding?.format.entry.includes(Buffer.from('1190', 'hex'))).toBe(true)
    expect(audioCoding({ ...common, encoding: 'MPEG4-GENERIC' })).toBeUndefined()
  })

  it('of Opus drops packets that are none', () => {
    const coding = audioCoding({ ...common, encoding: 'OPUS' })
    const packet = Buffer.from([0xfc, 1, 2])
    expect(coding?.sampleOf(packet, 0)).toBe(packet)
    expect(coding?.durationOf(packet)).toBe(960)
    expect(coding?.sampleOf(Buffer.alloc(0), 0)).toBeUndefined()
  })

  it.for([
    { encoding: 'PCMU', codes: [0xff, 0x7f, 0x00, 0x80], values: [0, 0, -32_124, 32_124] },
    { encoding: 'PCMA', codes: [0xd5, 0x55, 0x2a, 0xaa], values: [8, -8, -32_256, 32_256] },
  ])('of $encoding is FLAC with the same samples', ({ encoding, codes, values }) => {
    const coding = audioCoding({ ...common, clockRate: 8000, channels: 1, encoding })
    expect(coding?.format).toMatchObject({ codec: 'flac', timescale: 8000 })
    const frame = coding?.sampleOf(Buffer.from([...codes, ...Array(28).fill(codes[0])]), 0)
    expect(frame?.subarray(0, 4).toString('hex')).toBe('fff97d08')
    // Sync and formats, number 0, size 32, rate 8000, checksum; then the kind of the subframe.
    const samples = frame?.subarray(4 + 1 + 2 + 2 + 1 + 1) ?? Buffer.alloc(0)
    expect(values.map((_, at) => samples.readInt16BE(at * 2))).toEqual(values)
    expect(coding?.sampleOf(Buffer.alloc(15), 0)).toBeUndefined()
    expect(coding?.durationOf(Buffer.alloc(160))).toBe(160)
  })

  it('of other encodings does not exist', () => {
    expect(audioCoding({ ...common, encoding: 'G722' })).toBeUndefined()
  })
})
