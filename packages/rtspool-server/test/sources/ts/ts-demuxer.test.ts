import { describe, expect, it } from 'vitest'
import type { TsStream } from '../../../src/sources/ts/tables.js'
import { TsDemuxer } from '../../../src/sources/ts/ts-demuxer.js'
import { opusDescriptors, TsWriter, types } from './ts-writer.js'

interface ReadUnit {
  readonly pid: number
  readonly bytes: string
  readonly seconds: number | undefined
  readonly key?: true
}

/** Reads a stream in chunks of a size. */
function read(bytes: Uint8Array, chunkBytes = bytes.length) {
  const units: ReadUnit[] = []
  const programs: (readonly TsStream[])[] = []
  const demuxer = new TsDemuxer({
    streams: (streams) => programs.push(streams),
    unit: ({ pid }, unit, { seconds, keyFrame }) =>
      units.push({ pid, bytes: unit.toString('hex'), seconds, ...(keyFrame && { key: true }) }),
  })
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    // A copy, because the memory of a chunk may be reused after the call.
    const chunk = Buffer.from(bytes.subarray(at, at + chunkBytes))
    demuxer.push(chunk)
    chunk.fill(0)
  }
  demuxer.flush()
  return { units, programs, isForeign: demuxer.isForeign }
}

const video = 0x100
const sound = 0x101
const picture = (number: number, sizeBytes = 400) => Buffer.alloc(sizeBytes, number)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** Returns an ADTS frame of AAC-LC in stereo with 48 kHz. */
function adts(sizeBytes: number, fill: number): Buffer {
  const frame = Buffer.alloc(sizeBytes, fill)
  frame.set([0xff, 0xf1, 0x4c, 0x80 | (sizeBytes >> 11), (sizeBytes >> 3) & 0xff])
  frame.set([((sizeBytes & 7) << 5) | 0x1f, 0xfc], 5)
  return frame
}

describe('a transport stream', () => {
  const writer = new TsWriter()
  const whole = Buffer.concat([
    writer.tables([
      { pid: video, type: types.h264 },
      { pid: sound, type: types.aac },
      { pid: 0x102, type: types.ac3 },
    ]),
    writer.pes({ pid: video, bytes: picture(1, 1000), pts: 90_000, isRandomAccess: true }),
    writer.pes({ pid: sound, bytes: adts(100, 7), pts: 90_000, hasLength: true }),
    writer.pes({ pid: 0x102, bytes: picture(9), pts: 90_000 }),
    writer.pes({ pid: video, bytes: picture(2, 184 - 14), pts: 93_600 }),
    writer.pes({ pid: video, bytes: picture(3), pts: 97_200 }),
  ])
  const units = [
    { pid: sound, bytes: hex(adts(100, 7)), seconds: 1 },
    { pid: video, bytes: hex(picture(1, 1000)), seconds: 1, key: true },
    { pid: video, bytes: hex(picture(2, 184 - 14)), seconds: 1.04 },
    { pid: video, bytes: hex(picture(3)), seconds: 1.08 },
  ]

  it.each([1, 7, 187, 188, 189, 1000, whole.length])(
    'is read in chunks of %i bytes: its streams, and their units with times',
    (chunkBytes) => {
      const { units: found, programs } = read(whole, chunkBytes)
      expect(programs.map((streams) => streams.map(({ name }) => name))).toEqual([
        ['H.264', 'AAC', 'AC-3'],
      ])
      expect(found.toSorted((one, other) => (one.seconds ?? 0) - (other.seconds ?? 0))).toEqual(
        units,
      )
    },
  )

  it('loses only the damaged picture when a packet is missing or wrong', () => {
    const tables = new TsWriter()
    const parts = [tables.tables([{ pid: video, type: types.h264 }])]
    for (const number of [1, 2, 3]) {
      parts.push(tables.pes({ pid: video, bytes: picture(number, 1000), pts: number * 90_000 }))
    }
    const stream = Buffer.concat(parts)
    const second = (parts[0]?.length ?? 0) + (parts[1]?.length ?? 0)
    const cut = Buffer.concat([stream.subarray(0, second + 188), stream.subarray(second + 376)])
    expect(read(cut).units.map(({ seconds }) => seconds)).toEqual([1, 3])
    const noisy = Buffer.concat([Buffer.from('text of a program\n'), stream])
    expect(read(noisy, 50).units.map(({ seconds }) => seconds)).toEqual([1, 2, 3])
  })

  it('goes on across the wrap of its times, which have 33 bits', () => {
    const wrapping = new TsWriter()
    const at = [2 ** 33 - 7200, 2 ** 33 - 3600, 0, 3600]
    const parts = at.map((pts) => wrapping.pes({ pid: video, bytes: picture(1), pts }))
    const stream = [wrapping.tables([{ pid: video, type: types.h265 }]), ...parts]
    const { units: found } = read(Buffer.concat(stream))
    const first = found[0]?.seconds ?? 0
    expect(found.map(({ seconds = 0 }) => Math.round((seconds - first) * 1000))).toEqual([
      0, 40, 80, 120,
    ])
  })

  it('has frames of AAC that end in another packet; only the first that begins in it has its time', () => {
    const frames = new TsWriter()
    const [one, two, three] = [adts(120, 1), adts(130, 2), adts(140, 3)]
    const bytes = Buffer.concat([one, two, three])
    const stream = Buffer.concat([
      frames.tables([{ pid: sound, type: types.aac }]),
      frames.pes({ pid: sound, bytes: bytes.subarray(0, 200), pts: 90_000, hasLength: true }),
      frames.pes({ pid: sound, bytes: bytes.subarray(200), pts: 180_000, hasLength: true }),
    ])
    expect(read(stream).units).toEqual([
      { pid: sound, bytes: hex(one), seconds: 1 },
      { pid: sound, bytes: hex(two), seconds: undefined },
      { pid: sound, bytes: hex(three), seconds: 2 },
    ])
  })

  it('has packets of Opus behind control headers', () => {
    const control = Buffer.from([0x7f, 0xe0 | 0x10, 0xff, 45, 1, 56])
    const packet = picture(5, 300)
    const opus = new TsWriter()
    const bytes = Buffer.concat([control, packet, Buffer.from([0x7f, 0xe0, 10]), picture(6, 10)])
    const { units: found, programs } = read(
      Buffer.concat([
        opus.tables([{ pid: sound, type: types.private, descriptors: opusDescriptors }]),
        opus.pes({ pid: sound, bytes, pts: 90_000, hasLength: true }),
      ]),
    )
    expect(programs[0]).toEqual([{ pid: sound, codec: 'opus', name: 'Opus', channels: 2 }])
    expect(found).toEqual([
      { pid: sound, bytes: hex(packet), seconds: 1 },
      { pid: sound, bytes: hex(picture(6, 10)), seconds: undefined },
    ])
  })

  it('may change its program', () => {
    const before = new TsWriter()
    const { units: found, programs } = read(
      Buffer.concat([
        before.tables([{ pid: video, type: types.h264 }]),
        before.pes({ pid: video, bytes: picture(1), pts: 90_000 }),
        before.tables([{ pid: 0x200, type: types.h265 }]),
        before.pes({ pid: video, bytes: picture(2), pts: 93_600 }),
        before.pes({ pid: 0x200, bytes: picture(3), pts: 97_200 }),
      ]),
    )
    expect(programs.map(([stream]) => stream?.codec)).toEqual(['h264', 'h265'])
    expect(found.map(({ pid, seconds }) => [pid, seconds])).toEqual([
      [video, 1],
      [0x200, 1.08],
    ])
  })

  it('is not found in other bytes, nor in a table with a wrong checksum', () => {
    const { isForeign, programs } = read(Buffer.alloc(70_000, 'no stream'), 1000)
    expect([isForeign, programs]).toEqual([true, []])
    const damaged = new TsWriter().tables([{ pid: video, type: types.h264 }])
    damaged[188 + 20] = (damaged[188 + 20] as number) ^ 1
    expect(read(damaged)).toEqual({ units: [], programs: [], isForeign: false })
  })
})
