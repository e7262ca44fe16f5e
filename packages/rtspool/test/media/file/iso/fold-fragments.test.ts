import { channel } from 'node:diagnostics_channel'
import { MovOutputFormat, Mp4OutputFormat } from 'mediabunny'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { boxesIn } from '../../../../src/media/file/iso/boxes.js'
import { StoredFileSource } from '../../../../src/media/file/stored-file-source.js'
import type { AccessUnit } from '../../../../src/media/file/tracks/file-track.js'
import { seededRandom } from '../../../rtp/random-bytes.js'
import { clipAs, MediaDirectory, sameBytes, unitsFrom } from '../containers.js'
import {
  samplesOfFragments,
  withCopiesOfTrack,
  withFirstFragmentInMovie,
  withTimesLater,
} from './movie-with-samples.js'

/** The clip with a `moof` a second, as recorders write, and a `moov` without samples. */
let fragmented: Buffer
let moofs: readonly { start: number; end: number }[]
let whole: readonly (readonly AccessUnit[])[]
let directory: MediaDirectory

beforeAll(async () => {
  directory = await MediaDirectory.create()
  fragmented = await clipAs(
    new Mp4OutputFormat({ fastStart: 'fragmented', minimumFragmentDuration: 1 }),
  )
  moofs = boxesIn(fragmented, 0, fragmented.length).filter(({ type }) => type === 'moof')
  whole = await unitsOf(fragmented)
})
afterEach(() => directory.closeAll())
afterAll(() => directory.remove())

const moofIn = (bytes: Buffer) =>
  boxesIn(bytes, 0, bytes.length).find(({ type }) => type === 'moof')

async function unitsOf(bytes: Buffer): Promise<AccessUnit[][]> {
  const file = await directory.open(bytes)
  return Promise.all(file.tracks.map((track) => unitsFrom(track)))
}

/** Opens bytes, and expects the first units of both tracks of the clip, or of another whole file. */
async function expectBeginning(bytes: Buffer, all = whole): Promise<number[]> {
  const file = await directory.open(bytes)
  const units = await Promise.all(file.tracks.map((track) => unitsFrom(track)))
  for (const [index, track] of units.entries()) {
    const expected = (all[index] ?? []).slice(0, track.length)
    expect(sameBytes(track, expected)).toBe(true)
    const others = track.filter(({ seconds, isKey }, at) => {
      const { seconds: wanted = -1, isKey: isWantedKey } = expected[at] ?? {}
      return Math.abs(seconds - wanted) > 0.0005 || isKey !== isWantedKey
    })
    expect(others).toEqual([])
    const end = Math.max(...track.map(({ seconds, durationSeconds }) => seconds + durationSeconds))
    expect(file.tracks[index]?.endSeconds).toBeCloseTo(end, 3)
  }
  return units.map(({ length }) => length)
}

describe('a fragmented file', () => {
  test('contains the whole clip, read by mediabunny alone', () => {
    expect(moofs.length).toBeGreaterThan(8)
    expect(whole.map(({ length }) => length)).toEqual([256, 480])
  })

  test.each([4, 9, 20, 60, 150, 400])(
    'that ends %d bytes into its last moof plays everything before',
    { tags: 'M-M' },
    async (bytes) => {
      const last = moofs.at(-1)?.start ?? 0
      const [video, audio] = await expectBeginning(fragmented.subarray(0, last + bytes))
      expect(video).toBeGreaterThanOrEqual(225)
      expect(audio).toBeGreaterThanOrEqual(400)
    },
  )

  test('reports the parts that are left out', { tags: 'M-M' }, async () => {
    const told = vi.fn()
    const leftOut = channel('rtspool:file-left-out')
    leftOut.subscribe(told)
    await directory.open(fragmented.subarray(0, (moofs.at(-1)?.start ?? 0) + 30))
    leftOut.unsubscribe(told)
    expect(told).toHaveBeenCalledOnce()
    expect(told.mock.calls[0]?.[0].leftOut[0]).toMatch(
      /^everything from byte \d+ on: the file ends within a moof box$/,
    )
  })

  test.each([3, 6])(
    'that ends within the data of fragment %d plays the existing part',
    { tags: 'M-M' },
    async (index) => {
      const { start, end } = moofs[index] ?? { start: 0, end: 0 }
      const next = moofs[index + 1]?.start ?? 0
      const cut = fragmented.subarray(0, end + Math.floor((next - end) / 2))
      const [video = 0] = await expectBeginning(cut)
      expect(start).toBeGreaterThan(0)
      expect(video).toBeGreaterThan(25 * index)
      expect(video).toBeLessThan(25 * (index + 1) + 1)
    },
  )

  test('whose moov lists samples plays its fragments as well', { tags: 'M-O' }, async () => {
    const bytes = withFirstFragmentInMovie(fragmented)
    expect(await expectBeginning(bytes)).toEqual([256, 480])
  })

  test.each([0, 1, 2, 4, 7])(
    'whose moov lists samples, killed in fragment %d, plays up to that point',
    { tags: 'M-N' },
    async (index) => {
      const bytes = withFirstFragmentInMovie(fragmented)
      const left = boxesIn(bytes, 0, bytes.length).filter(({ type }) => type === 'moof')
      const { start = 0, end = 0 } = left[index] ?? {}
      for (const cut of [start + 11, end - 3, end + 100, (left[index + 1]?.start ?? 0) - 1]) {
        const [video = 0, audio = 0] = await expectBeginning(bytes.subarray(0, cut))
        expect(video).toBeGreaterThanOrEqual(25 * (index + 1))
        expect(audio).toBeGreaterThan(0)
      }
    },
  )

  test.each([0.2, 40_000, 1.7e9])(
    'whose times begin at %d s keeps pictures and sound together',
    { tags: 'M-M' },
    async (seconds) => {
      const killed = fragmented.subarray(0, (moofs.at(-1)?.start ?? 0) + 30)
      const file = await directory.open(withTimesLater(killed, seconds))
      const [video = [], audio = []] = await Promise.all(
        file.tracks.map((track) => unitsFrom(track)),
      )
      expect(video.length).toBeGreaterThanOrEqual(225)
      expect((video[0]?.seconds ?? 0) - (audio[0]?.seconds ?? 9)).toBeCloseTo(0, 2)
      expect((video[200]?.seconds ?? 0) - (video[0]?.seconds ?? 0)).toBeCloseTo(8, 3)
    },
  )

  test.each([
    ['MP4', Mp4OutputFormat, 1, false],
    ['MP4 of long fragments', Mp4OutputFormat, 3, false],
    ['QuickTime', MovOutputFormat, 0.5, false],
    ['MP4 with samples in its moov', Mp4OutputFormat, 1, true],
    ['QuickTime with samples in its moov', MovOutputFormat, 2, true],
  ] as const)(
    'that ends at any byte plays all complete fragments: %s',
    { tags: ['M-M', 'M-N', 'M-O', 'generator'] },
    async (_name, Format, minimumFragmentDuration, hasSamples) => {
      const made = await clipAs(new Format({ fastStart: 'fragmented', minimumFragmentDuration }))
      const bytes = hasSamples ? withFirstFragmentInMovie(made) : made
      const all = await unitsOf(made)
      const fragments = samplesOfFragments(bytes)
      const countOf = (id: number, cut: number): number =>
        fragments.reduce((sum, { end, counts }) => sum + (end > cut ? 0 : (counts.get(id) ?? 0)), 0)
      const inMovie = [256 - countOf(1, bytes.length), 480 - countOf(2, bytes.length)]
      const first = hasSamples ? (moofIn(bytes)?.start ?? 0) : (fragments[0]?.end ?? 0)
      const random = seededRandom(minimumFragmentDuration * 10 + Number(hasSamples))
      for (let count = 0; count < 25; count++) {
        const cut = first + Math.floor(random() * (bytes.length - first + 1))
        const units = await expectBeginning(bytes.subarray(0, cut), all)
        for (const [index, played] of units.entries()) {
          const whole = (inMovie[index] ?? 0) + countOf(index + 1, cut)
          expect(played, `${cut} of ${bytes.length} bytes`).toBeGreaterThanOrEqual(whole)
        }
      }
    },
  )

  test('seeks into fragments', { tags: 'M-O' }, async () => {
    const file = await directory.open(withFirstFragmentInMovie(fragmented))
    const [first] = await unitsFrom(file.tracks[0], 7.5)
    expect(first).toMatchObject({ isKey: true })
    expect(first?.seconds).toBeCloseTo(7, 3)
  })

  test('seeks back from fragments to the samples of its moov', { tags: 'M-O' }, async () => {
    const file = await directory.open(withFirstFragmentInMovie(fragmented))
    for (const from of [9.1, 0.5, 3.2, 0]) {
      const [first] = await unitsFrom(file.tracks[0], from)
      expect(first).toMatchObject({ isKey: true })
      expect(first?.seconds).toBeCloseTo(Math.floor(from), 3)
    }
  })

  test('is described with the length of samples and fragments', { tags: 'M-O' }, async () => {
    const file = await directory.open(withFirstFragmentInMovie(fragmented))
    const source = await StoredFileSource.create(file)
    expect(source.durationSeconds).toBeCloseTo(10.24, 1)
    await source.close()
  })

  test('with boxes of other kinds behind its fragments plays', { tags: 'M-O' }, async () => {
    const boxOf = (type: string, bytes: number) => {
      const box = Buffer.alloc(bytes)
      box.writeUInt32BE(bytes)
      box.write(type, 4, 'latin1')
      return box
    }
    for (const type of ['free', 'mfra', 'uuid']) {
      const bytes = Buffer.concat([withFirstFragmentInMovie(fragmented), boxOf(type, 40)])
      expect(await expectBeginning(bytes)).toEqual([256, 480])
    }
  })

  test('with samples in its moov and no fragment yet plays them', {
    tags: ['M-N', 'M-O'],
  }, async () => {
    const bytes = withFirstFragmentInMovie(fragmented)
    const next = boxesIn(bytes, 0, bytes.length).find(({ type }) => type === 'moof')
    const [video, audio] = await expectBeginning(bytes.subarray(0, next?.start))
    expect(video).toBe(25)
    expect(audio).toBeGreaterThan(40)
  })

  test('ends at an inconsistent fragment, and everything before plays', {
    tags: 'M-O',
  }, async () => {
    const bytes = withFirstFragmentInMovie(fragmented)
    const left = boxesIn(bytes, 0, bytes.length).filter(({ type }) => type === 'moof')
    const run = bytes.indexOf('trun', left[3]?.start)
    bytes.writeUInt32BE(0xffff_ff00, run + 8)
    const [video = 0] = await expectBeginning(bytes)
    expect(video).toBeGreaterThanOrEqual(100)
  })

  /** The file is cut within a fragment, so that its index has to be built. */
  const killed = () => fragmented.subarray(0, (moofs.at(-1)?.start ?? 0) + 30)

  test('with 64 tracks plays', async () => {
    const { tracks } = await directory.open(withCopiesOfTrack(killed(), 62))
    expect(tracks).toHaveLength(2)
  })

  test.each([63, 20_000])('with %d tracks more than two is refused at once', async (copies) => {
    const bytes = withCopiesOfTrack(killed(), copies)
    const began = performance.now()
    const error = await directory.open(bytes).catch((it: unknown) => it)
    expect(error).toMatchObject({
      code: 'ERR_MEDIA_UNAVAILABLE',
      cause: { message: `expected at most 64 tracks, got ${copies + 2}` },
    })
    // An index of 20,000 tracks would take seconds.
    expect(performance.now() - began).toBeLessThan(2000)
  })
})
