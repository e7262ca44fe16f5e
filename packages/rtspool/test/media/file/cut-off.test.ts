import { channel } from 'node:diagnostics_channel'
import { readFile } from 'node:fs/promises'
import { MkvOutputFormat, MovOutputFormat, Mp4OutputFormat } from 'mediabunny'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { isCutOff } from '../../../src/media/file/container-end.js'
import { FileSource } from '../../../src/media/file/file-source.js'
import type { MediaFile } from '../../../src/media/file/media-file.js'
import { StoredFileSource } from '../../../src/media/file/stored-file-source.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { until } from '../../support/until.js'
import { clip, clipAs, MediaDirectory } from './containers.js'
import { RecordingTrack, turn, unitsOf } from './recording.js'

let directory: MediaDirectory
beforeAll(async () => {
  directory = await MediaDirectory.create()
})
afterEach(() => directory.closeAll())
afterAll(() => directory.remove())

/**
 * Files with the existing share of their bytes, and the minimum of their 10.24 s that it contains.
 */
const files = [
  { name: 'MP4', bytes: () => readFile(clip), share: 0.5, atLeast: 3 },
  { name: 'MP4', bytes: () => readFile(clip), share: 0.9, atLeast: 7 },
  { name: 'MP4', bytes: () => readFile(clip), share: 0.1, atLeast: 0.2 },
  {
    name: 'MP4 of another writer',
    bytes: () => clipAs(new Mp4OutputFormat({ fastStart: 'in-memory' })),
    share: 0.6,
    atLeast: 3,
  },
  {
    name: 'QuickTime',
    bytes: () => clipAs(new MovOutputFormat({ fastStart: 'in-memory' })),
    share: 0.3,
    atLeast: 1,
  },
  { name: 'Matroska', bytes: () => clipAs(new MkvOutputFormat()), share: 0.7, atLeast: 5 },
  {
    name: 'Matroska of long clusters',
    bytes: () => clipAs(new MkvOutputFormat({ minimumClusterDuration: 9 })),
    share: 0.5,
    atLeast: 3,
  },
]

async function cut({ bytes, share }: (typeof files)[number]): Promise<MediaFile> {
  const whole = await bytes()
  return directory.open(whole.subarray(0, Math.floor(whole.length * share)))
}

async function failuresOf(run: () => Promise<void>): Promise<unknown[]> {
  const told: unknown[] = []
  const listener = (message: unknown): void => void told.push(message)
  const failed = channel('rtspool:file-media-failed')
  failed.subscribe(listener)
  try {
    await run()
  } finally {
    failed.unsubscribe(listener)
  }
  return told
}

const failure = { error: { message: expect.stringMatching(/the file was cut off/) } }

describe('a file that was cut off', () => {
  test.each(files)(
    '$name ($share): plays the existing part and reports the rest',
    { tags: 'M-K' },
    async (row) => {
      const file = await cut(row)
      const clock = new ManualClock()
      const source = new FileSource(file, { loop: false })
      const tracks = source.description.media.map(
        (description, index) => new RecordingTrack(index, description, clock),
      )
      const end = vi.fn()
      const told = await failuresOf(async () => {
        await source.start({
          tracks,
          clock,
          end,
          rangeEnded: () => {},
          sourceAway: () => {},
          sourceBack: () => true,
          fail: () => {},
          drained: async () => {},
          descriptionChanged: () => {},
        })
        await until(
          () => end.mock.calls.length > 0,
          () => turn(clock, 400),
        )
      })
      await source.close()
      expect(told).toMatchObject([{ ...failure, path: file.path }])
      const shownSeconds = unitsOf(tracks[0]?.sent ?? []).length / 25
      expect(shownSeconds).toBeGreaterThanOrEqual(row.atLeast)
      expect(shownSeconds).toBeLessThan(10)
      // The whole existing part, up to the end in the description.
      const endSeconds = file.tracks[0]?.endSeconds ?? 0
      expect(shownSeconds).toBeCloseTo(endSeconds, 1)
    },
  )

  test.each(files)(
    '$name ($share): is described with its real length, ends there and reports the rest',
    { tags: 'M-K' },
    async (row) => {
      const file = await cut(row)
      const source = await StoredFileSource.create(file)
      const longest = Math.max(...file.tracks.map(({ endSeconds }) => endSeconds))
      expect(source.durationSeconds).toBeCloseTo(longest, 3)
      expect(source.durationSeconds).toBeLessThan(10)
      const clock = new ManualClock()
      const tracks = source.description.media.map(
        (description, index) => new RecordingTrack(index, description, clock),
      )
      const [end, rangeEnded] = [vi.fn(), vi.fn()]
      const told = await failuresOf(async () => {
        source.start({
          tracks,
          clock,
          end,
          rangeEnded,
          sourceAway: vi.fn(),
          sourceBack: vi.fn(),
          fail: () => {},
          drained: async () => {},
          descriptionChanged: vi.fn(),
        })
        await source.seek({ startSeconds: 0, endSeconds: source.durationSeconds })
        source.resume()
        await until(
          () => end.mock.calls.length + rangeEnded.mock.calls.length > 0,
          () => turn(clock, 400),
        )
      })
      await source.close()
      expect(told).toMatchObject([failure])
      expect([end, rangeEnded].map(({ mock }) => mock.calls.length)).toEqual([0, 1])
    },
  )

  test('refuses a seek into the missing part instead of starting at 0', {
    tags: 'M-K',
  }, async () => {
    const whole = await readFile(clip)
    const file = await directory.open(whole.subarray(0, whole.length / 2))
    const [video] = file.tracks
    const first = async () => {
      for await (const unit of video?.accessUnits(9) ?? []) return unit.seconds
      return undefined
    }
    await expect(first()).rejects.toThrow(/cut off/)
  })
})

describe('the end according to a container', { tags: 'M-K' }, () => {
  const view = (bytes: Uint8Array) => ({
    sizeBytes: bytes.length,
    read: async (start: number, end: number) => bytes.subarray(start, end),
  })

  test.each([
    { name: 'Matroska', format: new MkvOutputFormat() },
    { name: 'WebM of unknown size', format: new MkvOutputFormat({ appendOnly: true }) },
  ])('of a whole $name is in the file', async ({ format }) => {
    expect(await isCutOff(view(await clipAs(format, 1)))).toBe(false)
  })

  test('of Matroska without its last byte is beyond the file', async () => {
    const whole = await clipAs(new MkvOutputFormat(), 1)
    expect(await isCutOff(view(whole.subarray(0, -1)))).toBe(true)
  })

  test.each([
    { size: 36, isCut: false },
    { size: 37, isCut: false },
    { size: 38, isCut: true },
    { size: 4000, isCut: true },
    { size: 0, isCut: false },
    { size: 0xffff_ffff, isCut: false },
  ])('of a RIFF of $size bytes in 44: $isCut', async ({ size, isCut }) => {
    const bytes = Buffer.alloc(44)
    bytes.write('RIFF')
    bytes.writeUInt32LE(size, 4)
    expect(await isCutOff(view(bytes))).toBe(isCut)
  })
})
