import { channel } from 'node:diagnostics_channel'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type MediaFile, openMediaFile } from '../../../src/media/file/media-file.js'
import { StoredFileSource } from '../../../src/media/file/stored-file-source.js'
import type { FileTrack } from '../../../src/media/file/tracks/file-track.js'
import type { PlayRange } from '../../../src/media/media-source.js'
import { payloadKinds, sequenceNumberOf, ssrcOf, timestampOf } from '../../../src/rtp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { kindOf, payloadOf } from '../../support/payload.js'
import { inMemory, RecordingTrack, turn, unitsOf } from './recording.js'

/** Test file with one key frame and 25 pictures a second. */
const clip = fileURLToPath(new URL('../../../../rtspool-server/assets/test.mp4', import.meta.url))
const clipSeconds = 10.24
const whole: PlayRange = { startSeconds: 0, endSeconds: clipSeconds }

let file: MediaFile
const sources: StoredFileSource[] = []

beforeEach(async () => {
  const opened = await openMediaFile(clip)
  const tracks = await Promise.all(opened.tracks.map(inMemory))
  file = { path: clip, tracks, close: vi.fn(async () => {}) }
  await opened.close()
})
afterEach(() => Promise.all(sources.splice(0).map((source) => source.close())))

async function open() {
  const clock = new ManualClock()
  const source = await StoredFileSource.create(file)
  sources.push(source)
  const tracks = source.description.media.map(
    (description, index) => new RecordingTrack(index, description, clock),
  )
  const [video, audio] = tracks
  if (!video || !audio) throw new Error('expected two tracks')
  const end = vi.fn()
  const rangeEnded = vi.fn()
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
  const run = (ms: number) => turn(clock, ms)
  const play = async (range: PlayRange) => {
    const start = await source.seek(range)
    source.resume()
    return start
  }
  return { clock, source, tracks, video, audio, end, rangeEnded, run, play }
}

/** Counts sequence numbers that are not one more than their predecessor. */
function gapsIn({ sent }: RecordingTrack): number {
  const numbers = sent.map(({ packet }) => sequenceNumberOf(packet))
  return numbers.filter((number, at) => at > 0 && number !== ((numbers[at - 1] ?? 0) + 1) % 65_536)
    .length
}

describe('StoredFileSource', () => {
  test('sends nothing before play', async () => {
    const { source, video, run } = await open()
    await run(500)
    await source.seek(whole)
    await run(500)
    expect(video.sent).toEqual([])
    expect([source.durationSeconds, source.positionSeconds]).toEqual([clipSeconds, 0])
  })

  test.each([
    { asked: 0, start: 0 },
    { asked: 0.999, start: 0 },
    { asked: 5, start: 5 },
    { asked: 5.5, start: 5 },
    { asked: 10.2, start: 10 },
  ])(
    'a seek to $asked s begins with the key frame at $start s',
    { tags: 'A-RNG-1' },
    async (piece) => {
      const { source, video, audio, play, run } = await open()
      expect(await play({ startSeconds: piece.asked, endSeconds: clipSeconds })).toBe(piece.start)
      await run(40)
      const first = video.sent[0]?.packet ?? Buffer.alloc(12)
      expect(kindOf('H264', payloadOf(first))).toBe(payloadKinds.prefix)
      expect(source.positionSeconds).toBeCloseTo(piece.start + 0.04, 5)
      // Sound of the start, not of the requested position.
      expect(audio.sent.length).toBeGreaterThanOrEqual(1)
    },
  )

  test('announces the first packet of each track, and one time for both', {
    tags: 'A-INF-1',
  }, async () => {
    const { tracks, source, run } = await open()
    await source.seek({ startSeconds: 5.5, endSeconds: clipSeconds })
    const announced = tracks.map(({ position }) => position)
    source.resume()
    await run(200)
    for (const [index, { sent, clockRate }] of tracks.entries()) {
      const packet = sent[0]?.packet ?? Buffer.alloc(12)
      expect(announced[index]?.sequenceNumber).toBe(sequenceNumberOf(packet))
      const late = (timestampOf(packet) - (announced[index]?.timestamp ?? 0)) >>> 0
      expect(late / clockRate).toBeLessThan(0.022)
    }
  })

  test('numbers and timestamps continue across seeks, and nothing from before is sent', {
    tags: 'A-INF-2',
  }, async () => {
    const { clock, video, audio, play, run } = await open()
    await play(whole)
    await run(1500)
    for (const startSeconds of [7.3, 2.1, 9.9, 0]) {
      const before = unitsOf(video.sent).at(-1)
      const sentBefore = video.sent.length
      const soughtAt = clock.now()
      await play({ startSeconds, endSeconds: clipSeconds })
      await run(300)
      const first = video.sent[sentBefore]
      if (!first || !before) throw new Error('expected packets')
      expect(kindOf('H264', payloadOf(first.packet))).toBe(payloadKinds.prefix)
      expect(first.atMs).toBe(soughtAt)
      const ticks = (timestampOf(first.packet) - before.timestamp) >>> 0
      expect(ticks).toBeGreaterThanOrEqual(3600)
      expect(ticks).toBeLessThanOrEqual(2 * 3600)
    }
    expect([gapsIn(video), gapsIn(audio)]).toEqual([0, 0])
    expect(new Set(video.sent.map(({ packet }) => ssrcOf(packet))).size).toBe(1)
  })

  test('continues after a pause with the next picture', { tags: 'A-PLY-3' }, async () => {
    const { source, video, audio, play, run } = await open()
    await play(whole)
    await run(1000)
    source.pause()
    const sent = unitsOf(video.sent).length
    await run(5000)
    expect(unitsOf(video.sent)).toHaveLength(sent)
    expect(source.positionSeconds).toBe(1)
    const timestamps = [video, audio].map(({ position }) => position?.timestamp)
    source.resume()
    await run(1000)
    expect(source.positionSeconds).toBe(2)
    const units = unitsOf(video.sent)
    expect(units).toHaveLength(sent + 25)
    for (const [index, { timestamp }] of units.entries()) {
      if (index > 0) expect((timestamp - (units[index - 1]?.timestamp ?? 0)) >>> 0).toBe(3600)
    }
    expect(timestamps[0]).toBe(units[sent - 1]?.timestamp)
    expect([gapsIn(video), gapsIn(audio)]).toEqual([0, 0])
  })

  test.each(['resume', 'seek'] as const)(
    'keeps its tracks on one time base after a pause and a %s',
    { tags: 'A-INF-1' },
    async (next) => {
      const { clock, source, tracks, play, run } = await open()
      await play(whole)
      await run(1000)
      source.pause()
      await run(3000)
      if (next === 'resume') source.resume()
      else await play({ startSeconds: 5, endSeconds: 10 })
      await run(500)
      const ahead = tracks.map((track) => {
        const now = track.rtpTimeAt(clock.unixTimeMs()) ?? 0
        return ((now - (track.position?.timestamp ?? 0)) | 0) / track.clockRate
      })
      for (const seconds of ahead) expect(Math.abs(seconds)).toBeLessThan(0.05)
    },
  )

  test('ends with the range, and plays again', { tags: ['A-PLY-5', 'A-RNG-4'] }, async () => {
    const { source, video, audio, end, rangeEnded, play, run } = await open()
    await play({ startSeconds: 9, endSeconds: 10 })
    await run(1100)
    expect(rangeEnded).toHaveBeenCalledOnce()
    expect(unitsOf(video.sent)).toHaveLength(25)
    expect(source.positionSeconds).toBe(10)
    await play(whole)
    await run(500)
    expect(source.positionSeconds).toBeCloseTo(0.5, 5)
    expect(unitsOf(video.sent).length).toBeGreaterThanOrEqual(25 + 12)
    expect([gapsIn(video), gapsIn(audio)]).toEqual([0, 0])
    expect(new Set(video.sent.map(({ packet }) => ssrcOf(packet))).size).toBe(1)
    expect(end).not.toHaveBeenCalled()
  })

  test('plays the whole file to its end', { tags: 'A-PLY-5' }, async () => {
    const { video, audio, rangeEnded, play, run } = await open()
    await play(whole)
    await run(clipSeconds * 1000 + 100)
    expect(rangeEnded).toHaveBeenCalledOnce()
    expect([unitsOf(video.sent).length, unitsOf(audio.sent).length]).toEqual([256, 480])
  })

  test('begins with the sound if the video has already ended', async () => {
    const [video, audio] = file.tracks
    if (!video || !audio) throw new Error('expected two tracks')
    file = { ...file, tracks: [{ ...video, endSeconds: 8 }, audio] }
    const { play, run, tracks } = await open()
    expect(await play({ startSeconds: 9, endSeconds: clipSeconds })).toBeCloseTo(8.98133, 4)
    await run(200)
    expect(tracks.map(({ sent }) => sent.length > 0)).toEqual([false, true])
  })

  test('after close holds no timer, sends nothing and cannot seek', async () => {
    const { clock, source, video, play, run } = await open()
    await play(whole)
    await run(100)
    const sent = video.sent.length
    await source.close()
    expect(clock.pendingTimers).toBe(0)
    await run(500)
    expect(video.sent).toHaveLength(sent)
    await expect(source.seek(whole)).rejects.toThrow(/was closed/)
  })

  test('ends the media with the reason if the file breaks during playback', async () => {
    const failure = new Error('the disk is gone')
    const breaking = (track: FileTrack): FileTrack => ({
      ...track,
      accessUnits: async function* (from) {
        let count = 0
        for await (const unit of track.accessUnits(from)) {
          if (count++ === 60) throw failure
          yield unit
        }
      },
    })
    file = { ...file, tracks: file.tracks.map(breaking) }
    const told = vi.fn()
    const failed = channel('rtspool:file-media-failed')
    failed.subscribe(told)
    const { end, play, run } = await open()
    await play(whole)
    await run(3000)
    failed.unsubscribe(told)
    expect(end).toHaveBeenCalled()
    expect(told.mock.calls[0]?.[0]).toEqual({ path: clip, error: failure })
  })

  test('closes a file that cannot be read', async () => {
    const broken = (track: FileTrack): FileTrack => ({
      ...track,
      // biome-ignore lint/correctness/useYield: reading fails before there is anything.
      accessUnits: async function* () {
        throw new Error('unreadable')
      },
    })
    const unreadable = { ...file, tracks: file.tracks.map(broken) }
    await expect(StoredFileSource.create(unreadable)).rejects.toThrow('unreadable')
    expect(file.close).toHaveBeenCalledOnce()
  })
})
