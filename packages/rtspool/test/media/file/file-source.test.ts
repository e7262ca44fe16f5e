import { channel } from 'node:diagnostics_channel'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { FileSource } from '../../../src/media/file/file-source.js'
import { type MediaFile, openMediaFile } from '../../../src/media/file/media-file.js'
import type { FileTrack } from '../../../src/media/file/tracks/file-track.js'
import { Track } from '../../../src/media/track/track.js'
import { sequenceNumberOf, ssrcOf, timestampOf } from '../../../src/rtp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inMemory, RecordingTrack, turn, unitsOf } from './recording.js'

const clip = fileURLToPath(new URL('../../../../rtspool-server/assets/test.mp4', import.meta.url))
const pictures = 256
const aacFrames = 480
const clipMs = 10_240

/** The clip in memory: reading takes no time, only turns of the event loop. */
let file: MediaFile
let close: ReturnType<typeof vi.fn<() => Promise<void>>>

beforeEach(async () => {
  const opened = await openMediaFile(clip)
  close = vi.fn(async () => {})
  file = { path: clip, tracks: await Promise.all(opened.tracks.map(inMemory)), close }
  await opened.close()
})

const sources: FileSource[] = []
afterEach(() => Promise.all(sources.splice(0).map((source) => source.close())))

function play(loop: boolean) {
  const clock = new ManualClock()
  const begin = clock.now()
  const source = new FileSource(file, { loop })
  sources.push(source)
  const tracks = source.description.media.map(
    (description, index) => new RecordingTrack(index, description, clock),
  )
  const end = vi.fn()
  const started = source.start({
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
  const [video, audio] = tracks.map(({ sent }) => sent)
  if (!video || !audio) throw new Error('expected two tracks')
  const run = (ms: number) => turn(clock, ms)
  return { clock, begin, source, tracks, video, audio, end, started, run }
}

describe('FileSource', () => {
  test('describes a live presentation with the tracks of the file', () => {
    const source = new FileSource(file, { loop: false })
    sources.push(source)
    expect(source.description.media.map(({ kind }) => kind)).toEqual(['video', 'audio'])
    expect(source.description.session.attribute('range')).toBe('npt=now-')
  })

  test('sends in real time', async () => {
    const { begin, video, audio, started, run } = play(false)
    await started
    await run(1000)
    const units = unitsOf(video)
    expect(units).toHaveLength(26)
    for (const [index, { atMs }] of units.entries()) expect(atMs - begin).toBe(index * 40)
    for (const [index, { atMs }] of unitsOf(audio).entries()) {
      expect(atMs - begin).toBeCloseTo((index * 1024) / 48, 6)
    }
  })

  test('announces the beginnings of the tracks on one time base', async () => {
    const { clock, tracks, video, audio, started, run } = play(false)
    await started
    const announced = tracks.map(({ position }) => position)
    const unixMs = clock.unixTimeMs()
    const rtpTimes = tracks.map((track) => track.rtpTimeAt(unixMs))
    await run(10)
    for (const [index, packets] of [video, audio].entries()) {
      const first = packets[0]?.packet ?? Buffer.alloc(12)
      expect(announced[index]).toEqual({
        ssrc: ssrcOf(first),
        sequenceNumber: sequenceNumberOf(first),
        timestamp: timestampOf(first),
      })
      expect(rtpTimes[index]).toBe(timestampOf(first))
    }
    expect(announced[0]?.ssrc).not.toBe(announced[1]?.ssrc)
  })

  test('without loop, ends after the last packet', async () => {
    const { video, audio, end, started, run } = play(false)
    await started
    await run(clipMs - 50)
    expect(end).not.toHaveBeenCalled()
    await run(100)
    expect(end).toHaveBeenCalledOnce()
    expect(unitsOf(video)).toHaveLength(pictures)
    expect(unitsOf(audio)).toHaveLength(aacFrames)
  })

  test('looped, plays rounds without a gap between them', async () => {
    const { video, audio, end, started, run } = play(true)
    await started
    await run(2 * clipMs + 200)
    expect(end).not.toHaveBeenCalled()
    for (const [packets, ticks, perRound] of [
      [video, 3600, pictures],
      [audio, 1024, aacFrames],
    ] as const) {
      const units = unitsOf(packets)
      expect(units.length).toBeGreaterThan(2 * perRound)
      for (const [index, { timestamp }] of units.entries()) {
        const before = units[index - 1]
        if (before) expect((timestamp - before.timestamp) >>> 0).toBe(ticks)
        const aRoundAgo = units[index - perRound]
        if (aRoundAgo) {
          expect((timestamp - aRoundAgo.timestamp) >>> 0).toBe(perRound * ticks)
        }
      }
      for (const [index, { packet }] of packets.entries()) {
        const before = packets[index - 1]?.packet
        if (before) {
          expect((sequenceNumberOf(packet) - sequenceNumberOf(before)) & 0xffff).toBe(1)
        }
      }
    }
  })

  test('after a stall of 30 s sends at most one second at once and keeps its time base', async () => {
    const { clock, tracks, video, started, run } = play(true)
    await started
    await run(1000)
    const sentBefore = unitsOf(video).length
    clock.stall(30_000)
    await run(10)
    const burst = unitsOf(video).length - sentBefore
    expect(burst).toBeGreaterThan(10)
    expect(burst).toBeLessThanOrEqual(26)
    const [a, b] = tracks.map((track) => {
      const rtpTime = track.rtpTimeAt(clock.unixTimeMs()) ?? 0
      return ((rtpTime - (track.position?.timestamp ?? 0)) >>> 0) / track.clockRate
    })
    expect(Math.abs((a ?? 9) - (b ?? 0))).toBeLessThan(0.05)
  })

  test('reads about a second ahead and no more', async () => {
    let read = 0
    const [video] = file.tracks
    if (!video) throw new Error('expected a track')
    const counting: FileTrack = {
      ...video,
      accessUnits: async function* () {
        for await (const unit of video.accessUnits()) {
          read++
          yield unit
        }
      },
    }
    file = { ...file, tracks: [counting, ...file.tracks.slice(1)] }
    const { started, run } = play(true)
    await started
    read = 0
    await run(100)
    // 25 a second, and 16 to look ahead.
    expect(read).toBeLessThanOrEqual(25 + 16 + 5)
  })

  test('after close sends nothing, holds no timer and closes the file', async () => {
    const { clock, source, video, started, run } = play(true)
    await started
    await run(100)
    const sent = video.length
    await source.close()
    expect(clock.pendingTimers).toBe(0)
    await run(1000)
    expect(video).toHaveLength(sent)
    expect(close).toHaveBeenCalled()
  })

  test('closed during its start, never sends', async () => {
    const { clock, source, video, started, run } = play(true)
    await source.close()
    await started
    await run(100)
    expect(video).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })

  test('ends the media with the reason if the file breaks during playback', async () => {
    const failure = new Error('the disk is gone')
    const [video] = file.tracks
    if (!video) throw new Error('expected a track')
    const breaking: FileTrack = {
      ...video,
      accessUnits: async function* () {
        let count = 0
        for await (const unit of video.accessUnits()) {
          if (count++ === 60) throw failure
          yield unit
        }
      },
    }
    file = { ...file, tracks: [breaking] }
    const told = vi.fn()
    const failed = channel('rtspool:file-media-failed')
    failed.subscribe(told)
    const clock = new ManualClock()
    const source = new FileSource(file, { loop: false })
    sources.push(source)
    const [description] = source.description.media
    if (!description) throw new Error('expected a description')
    const track = new Track({ index: 0, description, clock, cname: 'test' })
    const end = vi.fn()
    await source.start({
      tracks: [track],
      clock,
      end,
      rangeEnded: () => {},
      sourceAway: () => {},
      sourceBack: () => true,
      fail: () => {},
      drained: async () => {},
      descriptionChanged: () => {},
    })
    await turn(clock, 3000)
    failed.unsubscribe(told)
    expect(end).toHaveBeenCalledOnce()
    expect(told.mock.calls[0]?.[0]).toEqual({ path: clip, error: failure })
  })
})
