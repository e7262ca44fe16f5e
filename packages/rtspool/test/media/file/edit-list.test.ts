import { readFile } from 'node:fs/promises'
import { MkvOutputFormat, MpegTsOutputFormat } from 'mediabunny'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { beginOfAudio, beginOfVideo } from '../../../src/media/file/beginnings.js'
import { FileSource } from '../../../src/media/file/file-source.js'
import { childrenOf, findBox, topLevelBoxes } from '../../../src/media/file/iso/boxes.js'
import type { MediaFile } from '../../../src/media/file/media-file.js'
import { StoredFileSource } from '../../../src/media/file/stored-file-source.js'
import { payloadKinds, timestampOf } from '../../../src/rtp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { kindOf, payloadOf } from '../../support/payload.js'
import { clip, clipAs, MediaDirectory, unitsFrom } from './containers.js'
import { inMemory, RecordingTrack, turn, unitsOf } from './recording.js'

let directory: MediaDirectory
let bytes: Buffer
beforeAll(async () => {
  directory = await MediaDirectory.create()
  bytes = await readFile(clip)
})
afterEach(() => directory.closeAll())
afterAll(() => directory.remove())

/** Adds edit lists to the clip that begin the video, or the sound, later in its media. */
async function cutAt(videoSeconds: number, audioSeconds = videoSeconds): Promise<Buffer> {
  const cut = Buffer.from(bytes)
  const file = { sizeBytes: cut.length, read: async (a: number, b: number) => cut.subarray(a, b) }
  for await (const moov of topLevelBoxes(file)) {
    if (moov.type !== 'moov') continue
    const tracks = childrenOf(cut, moov).filter(({ type }) => type === 'trak')
    for (const [index, track] of tracks.entries()) {
      const list = findBox(cut, track, 'edts', 'elst')
      const header = findBox(cut, track, 'mdia', 'mdhd')
      if (!list || !header) throw new Error('expected an edit list')
      const scale = cut.readUInt32BE(header.contentStart + 12)
      const at = list.contentStart + 12
      const seconds = index === 0 ? videoSeconds : audioSeconds
      cut.writeInt32BE(cut.readInt32BE(at) + Math.round(seconds * scale), at)
    }
  }
  return cut
}

const cuts = [0.04, 0.3, 1, 1.3, 2.96, 5.52, 9.2]

describe('a file whose edit list begins within a group of pictures', () => {
  test.each(cuts)(
    'cut at %d s begins with the previous key frame',
    { tags: 'M-A' },
    async (seconds) => {
      const file = await directory.open(await cutAt(seconds))
      const [video, audio] = file.tracks
      const units = await unitsFrom(video)
      const lead = seconds - Math.floor(seconds)
      expect(units[0]?.isKey).toBe(true)
      expect(units[0]?.seconds).toBeCloseTo(-lead, 6)
      // A key frame a second: everything from that key frame on, and nothing before.
      expect(units).toHaveLength(256 - 25 * Math.floor(seconds))
      // The sound begins with the pictures.
      const [sound] = await unitsFrom(audio)
      expect(Math.abs((sound?.seconds ?? 9) + lead)).toBeLessThan(0.022)
    },
  )

  test('sound that was not hidden with the pictures begins at 0', { tags: 'M-A' }, async () => {
    const file = await directory.open(await cutAt(1.6, 0.05))
    const [sound] = await unitsFrom(file.tracks[1])
    expect(sound?.seconds).toBeGreaterThan(-0.022)
    expect((sound?.seconds ?? 0) + (sound?.durationSeconds ?? 0)).toBeGreaterThan(0)
  })

  test('the priming of sound without hidden pictures stays left out', { tags: 'M-A' }, async () => {
    const file = await directory.open(await cutAt(0, 1024 / 48_000))
    expect((await unitsFrom(file.tracks[1]))[0]?.seconds).toBeCloseTo(0, 6)
  })

  test.each([
    { name: 'Matroska', format: new MkvOutputFormat(), seconds: 0 },
    { name: 'MPEG-TS', format: new MpegTsOutputFormat(), seconds: 0 },
  ])(
    '$name, which has no edit lists, begins with the first unit',
    { tags: 'M-A' },
    async ({ format }) => {
      const file = await directory.open(await clipAs(format, 2))
      const units = await unitsFrom(file.tracks[0])
      expect(units).toHaveLength(50)
      expect(units[0]?.isKey).toBe(true)
    },
  )

  async function inMemoryFile(seconds: number): Promise<MediaFile> {
    const file = await directory.open(await cutAt(seconds))
    return { ...file, tracks: await Promise.all(file.tracks.map(inMemory)), close: async () => {} }
  }

  test.each([1.3, 8.72])(
    'cut at %d s and looped, each round begins with a key frame',
    { tags: 'M-A' },
    async (seconds) => {
      const clock = new ManualClock()
      const source = new FileSource(await inMemoryFile(seconds), { loop: true })
      const tracks = source.description.media.map(
        (description, index) => new RecordingTrack(index, description, clock),
      )
      await source.start({
        tracks,
        clock,
        end: () => {},
        rangeEnded: () => {},
        sourceAway: () => {},
        sourceBack: () => true,
        fail: () => {},
        drained: async () => {},
        descriptionChanged: () => {},
      })
      const pictures = 256 - 25 * Math.floor(seconds)
      await turn(clock, 3 * pictures * 40)
      await source.close()
      const [sent = []] = tracks.map((track) => track.sent)
      const units = unitsOf(sent)
      expect(units.length).toBeGreaterThanOrEqual(3 * pictures)
      for (let round = 0; round < 3; round++) {
        const { timestamp } = units[round * pictures] ?? {}
        const first = sent.find(({ packet }) => timestampOf(packet) === timestamp)
        expect(kindOf('H264', payloadOf(first?.packet ?? Buffer.alloc(12)))).toBe(
          payloadKinds.prefix,
        )
      }
      for (const [index, { timestamp }] of units.entries()) {
        const before = units[index - 1]
        if (before) expect((timestamp - before.timestamp) >>> 0).toBe(3600)
      }
    },
  )

  test.each([0, 0.2, 1.1])(
    'on demand, a seek to %d s begins at a picture that can be decoded',
    { tags: 'M-A' },
    async (asked) => {
      const clock = new ManualClock()
      const source = await StoredFileSource.create(await inMemoryFile(1.3))
      const tracks = source.description.media.map(
        (description, index) => new RecordingTrack(index, description, clock),
      )
      source.start({
        tracks,
        clock,
        end: () => {},
        rangeEnded: () => {},
        sourceAway: () => {},
        sourceBack: () => true,
        fail: () => {},
        drained: async () => {},
        descriptionChanged: () => {},
      })
      const start = await source.seek({ startSeconds: asked, endSeconds: source.durationSeconds })
      source.resume()
      await turn(clock, 200)
      await source.close()
      expect(start).toBeCloseTo(Math.floor(asked), 6)
      const [first] = tracks[0]?.sent ?? []
      expect(kindOf('H264', payloadOf(first?.packet ?? Buffer.alloc(12)))).toBe(payloadKinds.prefix)
    },
  )
})

describe('the beginning of tracks', { tags: 'M-A' }, () => {
  const sinkOf = (keys: readonly number[], first = keys[0] ?? 0) =>
    ({
      getKeyPacket: async (seconds: number) => {
        const found = keys.findLast((key) => key <= seconds)
        return found === undefined ? null : { timestamp: found }
      },
      getFirstPacket: async () => ({ timestamp: first }),
    }) as unknown as Parameters<typeof beginOfVideo>[0]

  test.each([
    { keys: [-9, -0.5, 0.7], origin: 'editList', begin: -0.5 },
    { keys: [-1, 0, 1], origin: 'editList', begin: 0 },
    { keys: [0.08, 1], origin: 'editList', begin: Number.NEGATIVE_INFINITY },
    { keys: [-3, -1], origin: 'firstUnit', begin: Number.NEGATIVE_INFINITY },
    { keys: [-3, -1], origin: 'zero', begin: Number.NEGATIVE_INFINITY },
  ] as const)('pictures with key frames at $keys ($origin) begin at $begin', async (row) => {
    expect(await beginOfVideo(sinkOf(row.keys), row.origin)).toBe(row.begin)
  })

  test.each([
    { first: -0.021, origin: 'editList', video: 0, begin: 0 },
    { first: -0.52, origin: 'editList', video: -0.5, begin: -0.5 },
    { first: -0.021, origin: 'editList', video: -0.5, begin: 0 },
    { first: -0.021, origin: 'zero', video: 0.1, begin: 0 },
    { first: -2, origin: 'zero', video: -1.9, begin: -1.9 },
    { first: -2, origin: 'firstUnit', video: 0, begin: Number.NEGATIVE_INFINITY },
  ] as const)(
    'sound from $first s beside pictures from $video s ($origin) begins at $begin',
    async (row) => {
      expect(await beginOfAudio(sinkOf([], row.first), row.origin, row.video)).toBe(row.begin)
    },
  )
})
