import { MpegTsOutputFormat } from 'mediabunny'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { FileSource } from '../../../../src/media/file/file-source.js'
import type { MediaFile } from '../../../../src/media/file/media-file.js'
import { StoredFileSource } from '../../../../src/media/file/stored-file-source.js'
import { timeUnits } from '../../../../src/media/file/timeline.js'
import type { AccessUnit } from '../../../../src/media/file/tracks/file-track.js'
import {
  modulo,
  type PesTimes,
  packetBytes,
  readPesTimes,
  readTime,
  timeModulus,
  writeTime,
} from '../../../../src/media/file/ts/packet.js'
import { TransportStreamScan } from '../../../../src/media/file/ts/scan.js'
import { clipAs, MediaDirectory, sameBytes, unitsFrom } from '../containers.js'

/** Three and two seconds of the clip. */
let three: Buffer
let two: Buffer
let unitsOfThree: readonly (readonly AccessUnit[])[]
let unitsOfTwo: readonly (readonly AccessUnit[])[]
let directory: MediaDirectory

beforeAll(async () => {
  directory = await MediaDirectory.create()
  three = await clipAs(new MpegTsOutputFormat(), 3)
  two = await clipAs(new MpegTsOutputFormat(), 2)
  const all = async (bytes: Buffer) => {
    const file = await directory.open(bytes)
    return Promise.all(file.tracks.map((track) => unitsFrom(track)))
  }
  unitsOfThree = await all(three)
  unitsOfTwo = await all(two)
})
afterEach(() => directory.closeAll())
afterAll(() => directory.remove())

/** Shifts all times of a stream. */
function shifted(stream: Buffer, seconds: number): Buffer {
  const bytes = Buffer.from(stream)
  const times: PesTimes = { pid: 0, isVideo: false, ptsAt: -1, dtsAt: -1 }
  const shift = (at: number) =>
    writeTime(bytes, at, modulo(readTime(bytes, at) + Math.round(seconds * 90_000), timeModulus))
  for (let at = 0; at < bytes.length; at += packetBytes) {
    if (!readPesTimes(bytes, at, times)) continue
    shift(times.ptsAt)
    if (times.dtsAt >= 0) shift(times.dtsAt)
  }
  return bytes
}

/** Adds bytes before and after each packet. */
function framed(stream: Buffer, before: number, behind: number): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; at + packetBytes <= stream.length; at += packetBytes) {
    pieces.push(
      Buffer.alloc(before, 1),
      stream.subarray(at, at + packetBytes),
      Buffer.alloc(behind, 1),
    )
  }
  return Buffer.concat(pieces)
}

/** Opens a stream, and expects the units of all parts in order, at continuous times. */
async function expectAll(bytes: Buffer, ...parts: (readonly (readonly AccessUnit[])[])[]) {
  const file = await directory.open(bytes)
  const found = await Promise.all(file.tracks.map((track) => unitsFrom(track)))
  for (const [index, units] of found.entries()) {
    const expected = parts.flatMap((part) => part[index] ?? [])
    expect(sameBytes(units, expected)).toBe(true)
    for (const [at, { seconds, durationSeconds }] of units.entries()) {
      const before = units[at - 1]
      if (!before) continue
      const gap = seconds - before.seconds
      expect(gap).toBeGreaterThan(0)
      // The sound and the pictures of a part end at different times.
      expect(gap).toBeLessThan(durationSeconds + 0.1)
    }
  }
  return file
}

/** Expects that a presentation of a file has this length. */
async function expectLength(file: MediaFile, seconds: number): Promise<void> {
  const source = await StoredFileSource.create(file)
  expect(source.durationSeconds).toBeCloseTo(seconds, 1)
  await source.close()
}

describe('MPEG-TS', () => {
  test.each([{ wrapAfter: 0.5 }, { wrapAfter: 1.5 }, { wrapAfter: 2.9 }])(
    'plays completely if its times wrap after $wrapAfter s',
    { tags: 'M-L' },
    async ({ wrapAfter }) => {
      const first = unitsOfThree[0]?.[0]?.seconds ?? 0
      const toWrap = timeModulus / 90_000 - first - wrapAfter
      await expectLength(await expectAll(shifted(three, toWrap), unitsOfThree), 3)
    },
  )

  /** Shifts a stream so that its times wrap some seconds after its beginning. */
  function wrapping(stream: Buffer, wrapAfter: number): Buffer {
    const first = unitsOfThree[0]?.[0]?.seconds ?? 0
    return shifted(stream, timeModulus / 90_000 - first - wrapAfter)
  }

  /** Adds bytes at the border of packets after a share of the stream. */
  function withBytesAt(stream: Buffer, share: number, added: Buffer): Buffer {
    const at = Math.floor((stream.length * share) / packetBytes) * packetBytes
    return Buffer.concat([stream.subarray(0, at), added, stream.subarray(at)])
  }

  /** A packet that belongs to no stream. */
  const nullPacket = Buffer.alloc(packetBytes, 0xff)
  nullPacket.set([0x47, 0x1f, 0xff, 0x10])

  test.each<[name: string, change: (bytes: Buffer) => Buffer]>([
    ['in packets with time codes', (bytes) => framed(bytes, 4, 0)],
    ['in packets with error correction', (bytes) => framed(bytes, 0, 16)],
    ['behind a part of a packet', (bytes) => Buffer.concat([Buffer.alloc(100, 0x47), bytes])],
    ['before bytes outside packets', (bytes) => withBytesAt(bytes, 0.8, Buffer.alloc(999, 9))],
    [
      'among packets of no stream',
      (bytes) => withBytesAt(bytes, 0.5, Buffer.concat(Array(40).fill(nullPacket))),
    ],
  ])('plays completely if its times wrap %s', { tags: 'M-L' }, async (_name, change) => {
    await expectLength(await expectAll(change(wrapping(three, 1.5)), unitsOfThree), 3)
  })

  test('seeks across a wrap of its times, and back', { tags: 'M-L' }, async () => {
    const file = await directory.open(wrapping(three, 1.5))
    const [video] = file.tracks
    const begin = (await unitsFrom(video))[0]?.seconds ?? 0
    for (const [to, expected] of [
      [2.3, 2],
      [0.4, 0],
    ] as const) {
      const [first] = await unitsFrom(video, begin + to)
      expect(first).toMatchObject({ isKey: true })
      expect((first?.seconds ?? 0) - begin).toBeCloseTo(expected, 3)
    }
  })

  test('a pause of 8 s in which its times wrap stays a pause', { tags: 'M-L' }, async () => {
    const first = unitsOfThree[0]?.[0]?.seconds ?? 0
    const second = shifted(two, timeModulus / 90_000 - first - 6 + 3 + 8)
    const file = await directory.open(Buffer.concat([wrapping(three, 6), second]))
    const units = await unitsFrom(file.tracks[0])
    expect(units).toHaveLength(125)
    await expectLength(file, 13)
    expect((units[75]?.seconds ?? 0) - (units[74]?.seconds ?? 0)).toBeCloseTo(8.04, 1)
  })

  test.each([
    { name: 'begin again', second: () => two },
    { name: 'begin again a little earlier', second: () => shifted(two, 2.5) },
    { name: 'jump ahead by 900 s', second: () => shifted(two, 900) },
    { name: 'jump ahead by 20 hours', second: () => shifted(two, 72_000) },
    { name: 'go back to before the first', second: () => shifted(two, -0.3) },
  ])(
    'continues from the end of the previous part if its times $name',
    { tags: 'M-G' },
    async ({ second }) => {
      const file = await expectAll(Buffer.concat([three, second()]), unitsOfThree, unitsOfTwo)
      const source = await StoredFileSource.create(file)
      expect(source.durationSeconds).toBeCloseTo(5, 0)
      const [first] = await unitsFrom(file.tracks[0], (unitsOfThree[0]?.[0]?.seconds ?? 0) + 4.3)
      expect(first).toMatchObject({ isKey: true })
      expect((first?.seconds ?? 0) - (unitsOfThree[0]?.[0]?.seconds ?? 0)).toBeCloseTo(4, 1)
      await source.close()
    },
  )

  test('continues across times that restart three times around a wrap', {
    tags: ['M-G', 'M-L'],
  }, async () => {
    const wrapping = shifted(three, timeModulus / 90_000 - 1.7)
    const bytes = Buffer.concat([wrapping, two, wrapping])
    await expectAll(bytes, unitsOfThree, unitsOfTwo, unitsOfThree)
  })

  test('joined in the middle of a picture, plays everything except the cut units', {
    tags: 'M-G',
  }, async () => {
    const cut = Math.floor((three.length * 0.6) / packetBytes) * packetBytes
    const file = await directory.open(Buffer.concat([three.subarray(0, cut), two]))
    const units = await unitsFrom(file.tracks[0])
    expect(units.length).toBeGreaterThan(50 + 40)
    expect(sameBytes(units.slice(-50), unitsOfTwo[0] ?? [])).toBe(true)
  })

  test('sends no burst when its times restart', { tags: 'M-G' }, async () => {
    const file = await directory.open(Buffer.concat([three, two, two]))
    const [video] = file.tracks
    if (!video) throw new Error('expected a track')
    const originSeconds = unitsOfThree[0]?.[0]?.seconds ?? 0
    const sent: number[] = []
    const options = { loop: false, originSeconds, roundSeconds: 7 }
    for await (const { sendMs } of timeUnits(video, options)) sent.push(sendMs)
    const mostAtATime = Math.max(
      ...sent.map((from) => sent.filter((ms) => ms >= from && ms < from + 200).length),
    )
    expect(mostAtATime).toBeLessThanOrEqual(7)
    const source = new FileSource(file, { loop: false })
    await source.close()
  })

  test('a pause of 8 s stays a pause', { tags: 'M-G' }, async () => {
    const file = await directory.open(Buffer.concat([three, shifted(two, 3 + 8)]))
    const units = await unitsFrom(file.tracks[0])
    expect((units[75]?.seconds ?? 0) - (units[74]?.seconds ?? 0)).toBeCloseTo(8.04, 1)
  })

  test.each([1, 100, 187])(
    'that begins with %d bytes of a packet plays',
    { tags: 'M-G' },
    async (bytes) => {
      await expectAll(Buffer.concat([Buffer.alloc(bytes, 0x47), three]), unitsOfThree)
    },
  )

  test('plays with bytes outside packets before and between them', { tags: 'M-G' }, async () => {
    const middle = 188 * Math.floor(two.length / 188)
    const bytes = Buffer.concat([
      Buffer.alloc(3000, 7),
      two.subarray(0, middle),
      Buffer.alloc(999, 9),
      three,
    ])
    await expectAll(bytes, unitsOfTwo, unitsOfThree)
  })

  test('leaves other files with the sync byte of packets unchanged', async () => {
    const file = (bytes: Buffer) => ({
      sizeBytes: bytes.length,
      read: async (start: number, end: number) => bytes.subarray(start, end),
    })
    for (const size of [0, 1, 187, 188, 189, 400, 70_000]) {
      const bytes = Buffer.alloc(size)
      for (const from of [0, 200, size - 300, size - 188]) if (from >= 0) bytes[from] = 0x47
      expect(await new TransportStreamScan().repairOf(file(bytes))).toBeUndefined()
    }
  })

  test('joined within a packet plays', { tags: 'M-G' }, async () => {
    const cut = 188 * 60 + 77
    const file = await directory.open(Buffer.concat([two.subarray(0, cut), three]))
    const units = await unitsFrom(file.tracks[0])
    expect(sameBytes(units.slice(-75), unitsOfThree[0] ?? [])).toBe(true)
  })

  test.each([
    { name: 'time codes (M2TS)', before: 4, behind: 0, skip: 0 },
    { name: 'time codes, from the middle of a packet on', before: 4, behind: 0, skip: 50 },
    { name: 'error correction', before: 0, behind: 16, skip: 0 },
  ])('with $name plays', { tags: 'M-G' }, async ({ before, behind, skip }) => {
    const bytes = Buffer.concat([Buffer.alloc(skip, 3), framed(three, before, behind)])
    await expectAll(bytes, unitsOfThree)
  })

  test('with time codes, joined, continues', { tags: 'M-G' }, async () => {
    const bytes = Buffer.concat([framed(three, 4, 0), framed(two, 4, 0)])
    await expectAll(bytes, unitsOfThree, unitsOfTwo)
  })
})

/** Bytes as a file that counts how many of them were read. */
class CountedFile {
  readonly sizeBytes: number
  readBytes = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.sizeBytes = bytes.length
  }

  async read(start: number, end: number): Promise<Buffer> {
    this.readBytes += end - start
    return Buffer.from(this.#bytes.subarray(start, end))
  }
}

describe('MPEG-TS that grows', () => {
  /** About 7 MiB: parts whose times restart, some joined within packets. */
  const recording = () => {
    const parts = Array.from({ length: 60 }, (_, index) =>
      (index % 2 ? three : two).subarray(index % 5 ? 0 : 77),
    )
    return Buffer.concat(parts)
  }
  const presented = async (scan: TransportStreamScan, file: CountedFile) => {
    const view = (await scan.repairOf(file))?.present(file)
    return { view, all: await view?.read(0, view.sizeBytes) }
  }

  test('is presented like one that is scanned at once, and is read once', async () => {
    const bytes = recording()
    expect(bytes.length).toBeGreaterThan(4 * 2 ** 20)
    const scan = new TransportStreamScan()
    for (let size = bytes.length / 2; size <= bytes.length; size += 401_001) {
      const grown = new CountedFile(bytes.subarray(0, Math.floor(size)))
      const repair = await scan.repairOf(grown)
      // The last chunk, and one that may have become complete.
      if (size > bytes.length / 2) expect(grown.readBytes).toBeLessThan(2.5 * 2 ** 20)
      const view = repair?.present(grown)
      const once = await presented(new TransportStreamScan(), grown)
      expect(view?.sizeBytes).toBe(once.view?.sizeBytes)
      const all = await view?.read(0, view.sizeBytes)
      expect(Buffer.compare(all ?? Buffer.of(1), once.all ?? Buffer.of(2))).toBe(0)
    }
  })

  test.each([
    { name: 'a shorter one', another: () => recording().subarray(0, 2e6) },
    { name: 'a longer one', another: () => Buffer.concat([three, recording(), two]) },
    { name: 'one that is no MPEG-TS', another: () => Buffer.alloc(8e6) },
  ])('is scanned again if $name takes its place', async ({ another }) => {
    const scan = new TransportStreamScan()
    await scan.repairOf(new CountedFile(recording()))
    const file = new CountedFile(another())
    const once = await presented(new TransportStreamScan(), file)
    const { all } = await presented(scan, file)
    expect(Buffer.compare(all ?? Buffer.alloc(0), once.all ?? Buffer.alloc(0))).toBe(0)
  })
})
