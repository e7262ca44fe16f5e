import type { AccessUnit, TrackInfo } from 'rtspool'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { fileNameOf } from '../../src/recording/file-pattern.js'
import { processUptime } from '../../src/recording/machine-uptime.js'
import type { ClosedSegment } from '../../src/recording/segment.js'
import { parseFacts } from '../../src/recording/segment-facts.js'
import { Segmenter } from '../../src/recording/segmenter.js'
import { nextBoundary, TimeZone } from '../../src/recording/time-zone.js'
import { parameterSets } from '../codec/parameter-sets.js'
import { MemoryStore } from './support/memory-store.js'
import { readSegment } from './support/read-segment.js'
import { trackOf, UnitSource } from './support/unit-source.js'

const epochMs = Date.UTC(2026, 10, 29, 12, 0, 0)
const utc = new TimeZone('UTC')

/** Records made-up tracks into files in memory; the clock moves with the pictures. */
class Scene {
  readonly clock: ManualClock
  readonly store = new MemoryStore()
  readonly closed: ClosedSegment[] = []
  readonly recorder: Segmenter

  constructor(tracks: readonly TrackInfo[], segmentSeconds = 10, startMs = epochMs) {
    this.clock = new ManualClock(0, startMs)
    const place = { recording: 'all', path: '/cam' }
    this.recorder = new Segmenter(tracks, {
      clock: this.clock,
      uptime: processUptime(this.clock, 'boot'),
      place,
      endOf: (from) => nextBoundary(from, segmentSeconds * 1000, utc),
      create: (facts, head) => {
        const name = fileNameOf('{path}/{day}/{hour}-{minute}-{second}.mp4', facts, utc)
        return this.store.create('', name, head)
      },
      onClosed: (segment) => this.closed.push(segment),
    })
  }

  /** Records pictures, and the sound that arrives with them. */
  async record(seconds: number, video: UnitSource, audio?: UnitSource): Promise<void> {
    const end = video.seconds + seconds
    for (; video.seconds < end; this.clock.advance(40)) {
      await this.recorder.push(video.next())
      while (audio && audio.seconds < video.seconds) await this.recorder.push(audio.next())
    }
  }

  file(index: number) {
    return readSegment(this.store.bytesOf(this.store.names[index] ?? ''))
  }
}

const videoTrack = trackOf('video', 0)

describe('a recorded stream', () => {
  it('has a fragment at each key frame and at least each second, with the time of the source', async () => {
    const scene = new Scene([videoTrack])
    await scene.record(5, new UnitSource(videoTrack, epochMs, { keyEvery: 40 }))
    await scene.recorder.finish()
    expect(scene.store.names).toEqual(['cam/29/12-00-00.mp4'])
    const { boxes, fragments, references, entries } = scene.file(0)
    expect(boxes.slice(0, 6)).toEqual(['ftyp', 'uuid', 'moov', 'prft', 'moof', 'mdat'])
    expect(boxes.at(-1)).toBe('mfra')
    expect(entries).toEqual(['avc1'])
    const times = fragments.map(({ runs }) => (runs[0]?.decodeTime ?? 0) / 90_000)
    expect(times).toEqual([0, 1, 1.6, 2.6, 3.2, 4.2, 4.8])
    expect(references.map(({ unixMs }) => Math.round(unixMs - epochMs))).toEqual(
      times.map((time) => time * 1000),
    )
    expect(fragments.map(({ runs }) => runs[0]?.isSync)).toEqual(
      times.map((time) => (time * 10) % 16 === 0),
    )
    for (const { runs } of fragments) {
      expect(new Set(runs[0]?.durations)).toEqual(new Set([3600]))
    }
    expect(scene.closed).toEqual([
      {
        ...{ recording: 'all', path: '/cam', startMs: epochMs, endMs: epochMs + 5000 },
        ...{ bootId: 'boot', uptimeMs: 0 },
        ...{
          file: 'cam/29/12-00-00.mp4',
          sizeBytes: scene.store.bytesOf(scene.store.names[0] ?? '').length,
        },
      },
    ])
  })

  it('keeps the bytes of a fragment until they are written, whatever others record meanwhile', async () => {
    const record = async (meanwhile: (written: Scene) => Promise<void>) => {
      const scene = new Scene([videoTrack])
      const source = new UnitSource(videoTrack, epochMs, { sliceBytes: 5000 })
      await scene.record(2, source)
      let write = (): void => {}
      scene.store.gate = new Promise((resolve) => {
        write = resolve
      })
      const recording = scene.record(3, source)
      await meanwhile(scene)
      scene.store.gate = undefined
      write()
      await recording
      await scene.recorder.finish()
      return scene.store.bytesOf(scene.store.names[0] ?? '')
    }
    const alone = await record(async () => {})
    const beside = await record(async () => {
      const other = new Scene([videoTrack])
      await other.record(5, new UnitSource(videoTrack, epochMs, { sliceBytes: 9000 }))
      await other.recorder.finish()
    })
    expect(beside.equals(alone)).toBe(true)
  })

  it('has the same bytes where the memory of a unit is used again once it was recorded', async () => {
    const [video, audio] = [videoTrack, trackOf('opus', 1)]
    const record = async (overwrites: boolean): Promise<Buffer> => {
      const scene = new Scene([video, audio], 2)
      const [pictures, sound] = [
        new UnitSource(video, epochMs, { sliceBytes: 5000, keyEvery: 40 }),
        new UnitSource(audio, epochMs),
      ]
      let promises = 0
      const push = async (unit: AccessUnit) => {
        const parts = unit.parts.map((part) => Buffer.from(part))
        const work = scene.recorder.push({ ...unit, parts })
        if (work) promises++
        await work
        if (overwrites) for (const part of parts) part.fill(0xaa)
      }
      for (; pictures.seconds < 6; scene.clock.advance(40)) {
        await push(pictures.next())
        // Sound arrives 200 ms after its picture, so that some moves on to the next file.
        while (sound.seconds < pictures.seconds - 0.2) await push(sound.next())
      }
      await scene.recorder.finish()
      // Only fragments and files are waited for.
      expect(promises).toBeLessThan(20)
      return Buffer.concat(scene.store.names.map((name) => scene.store.bytesOf(name)))
    }
    const kept = await record(false)
    expect((await record(true)).equals(kept)).toBe(true)
    expect(kept.includes(Buffer.alloc(100, 0xaa))).toBe(false)
  })

  it('loses at most the last second where the process ends', async () => {
    const scene = new Scene([videoTrack])
    await scene.record(4.6, new UnitSource(videoTrack, epochMs, { keyEvery: 100 }))
    const { fragments } = scene.file(0)
    const pictures = fragments.reduce((sum, { runs }) => sum + (runs[0]?.durations.length ?? 0), 0)
    expect(pictures).toBe(100)
    const bytes = scene.store.bytesOf(scene.store.names[0] ?? '')
    expect(parseFacts(bytes)).toEqual({
      ...{ recording: 'all', path: '/cam', startMs: epochMs },
      ...{ bootId: 'boot', uptimeMs: 0, codecs: ['avc1.42c00b'] },
    })
  })

  it('begins a new file at the first key frame after each round time', async () => {
    const start = epochMs + 7_500
    const scene = new Scene([videoTrack], 10, start)
    await scene.record(15, new UnitSource(videoTrack, start, { keyEvery: 50 }))
    await scene.recorder.finish()
    expect(scene.store.names).toEqual(
      ['07', '11', '21'].map((second) => `cam/29/12-00-${second}.mp4`),
    )
    expect(scene.closed.map(({ endMs, startMs }) => endMs - startMs)).toEqual([4000, 10_000, 1000])
    expect(scene.file(1).fragments[0]?.runs[0]).toMatchObject({ decodeTime: 0, isSync: true })
    expect(scene.store.open.size).toBe(0)
  })

  it('keeps the sound of both sides of a cut, each in its file', async () => {
    const [video, audio] = [videoTrack, trackOf('opus', 1)]
    const scene = new Scene([video, audio], 2)
    const late = new UnitSource(audio, epochMs)
    const pictures = new UnitSource(video, epochMs)
    await scene.record(0.2, pictures)
    // The sound arrives 200 ms after the picture.
    for (let at = 0; at < 100; at++) {
      await scene.record(0.04, pictures)
      for (let n = 0; n < 2; n++) await scene.recorder.push(late.next())
    }
    await scene.recorder.finish()
    const soundOf = (index: number) =>
      scene.file(index).fragments.flatMap(({ runs }) => runs.filter(({ trackId }) => trackId === 2))
    const counts = scene.store.names.map((_, index) =>
      soundOf(index).reduce((sum, { durations }) => sum + durations.length, 0),
    )
    expect(counts).toEqual([100, 100, 0])
    expect(soundOf(1)[0]?.decodeTime).toBe(0)
    expect(scene.file(0).entries).toEqual(['avc1', 'Opus'])
  })

  it('waits for a track that is described, and goes on without it', async () => {
    const [video, audio] = [videoTrack, trackOf('opus', 1)]
    const scene = new Scene([video, audio], 60)
    await scene.record(0.96, new UnitSource(video, epochMs))
    expect(scene.store.names).toEqual([])
    const pictures = new UnitSource(video, epochMs, { timestamp: 90_000 })
    await scene.record(2, pictures)
    expect(scene.file(0).entries).toEqual(['avc1'])
    await scene.record(2, pictures, new UnitSource(audio, epochMs, { timestamp: 3 * 48_000 }))
    await scene.recorder.finish()
    expect(scene.store.names).toHaveLength(2)
    expect(scene.file(1).entries).toEqual(['avc1', 'Opus'])
  })

  it('begins a new file where the format changes', async () => {
    const scene = new Scene([videoTrack], 60)
    const video = new UnitSource(videoTrack, epochMs)
    await scene.record(2, video)
    video.sets = parameterSets.high
    await scene.record(2, video)
    await scene.recorder.finish()
    expect(scene.closed.map(({ startMs }) => startMs - epochMs)).toEqual([0, 2000])
    const [one, two] = scene.store.names.map((name) => scene.store.bytesOf(name).toString('latin1'))
    expect([one?.includes('avcC\x01\x42'), two?.includes('avcC\x01\x64')]).toEqual([true, true])
  })

  it.for([3600, -3600, 31])('begins a new file where the timestamps jump by %i s', async (jump) => {
    const scene = new Scene([videoTrack], 60)
    const video = new UnitSource(videoTrack, epochMs, { timestamp: 90_000 * 7200 })
    video.epochMs -= 7200_000
    await scene.record(2, video)
    // The clock of the source is right again after the jump.
    video.timestamp += jump * 90_000
    video.epochMs -= jump * 1000
    await scene.record(2, video)
    await scene.recorder.finish()
    expect(scene.closed.map(({ endMs, startMs }) => endMs - startMs)).toEqual([2000, 2000])
    expect(scene.closed[1]?.startMs).toBe(epochMs + 2000)
  })

  it('goes on at a key frame after a jump between key frames', async () => {
    const scene = new Scene([videoTrack], 60)
    const video = new UnitSource(videoTrack, epochMs, { keyEvery: 50 })
    await scene.record(1, video)
    video.timestamp += 90_000 * 60
    scene.clock.advance(60_000)
    await scene.record(2, video)
    await scene.recorder.finish()
    expect(scene.closed.map(({ endMs, startMs }) => endMs - startMs)).toEqual([1000, 1000])
    expect(scene.closed[1]?.startMs).toBe(epochMs + 62_000)
  })

  it('keeps a short gap as a gap, in one file', async () => {
    const scene = new Scene([videoTrack], 60)
    const video = new UnitSource(videoTrack, epochMs)
    await scene.record(2, video)
    video.timestamp += 90_000 * 20
    scene.clock.advance(20_000)
    await scene.record(2, video)
    await scene.recorder.finish()
    expect(scene.closed.map(({ endMs, startMs }) => endMs - startMs)).toEqual([24_000])
    const times = scene.file(0).fragments.map(({ runs }) => (runs[0]?.decodeTime ?? 0) / 90_000)
    expect(times).toEqual([0, 1, 22, 23])
  })

  it.for([-3_600_000, 5_000])(
    'begins a new file where this clock is set by %i ms',
    async (step) => {
      const scene = new Scene([videoTrack], 3600)
      const video = new UnitSource(videoTrack, epochMs)
      await scene.record(2, video)
      scene.clock.jumpWallClock(step)
      await scene.record(1, video)
      await scene.recorder.finish()
      expect(scene.closed.map(({ endMs, startMs }) => endMs - startMs)).toEqual([2000, 1000])
      // A source that is less than 10 s off is believed.
      const believed = Math.abs(step) < 10_000 ? 0 : step
      expect(scene.closed[1]?.startMs).toBe(epochMs + 2000 + believed)
    },
  )

  it('names files by this clock where the source does not know the date, and keeps its time', async () => {
    const scene = new Scene([videoTrack], 3600)
    const video = new UnitSource(videoTrack, 1000)
    await scene.record(2, video)
    // The camera learns the time.
    video.epochMs = epochMs
    await scene.record(2, video)
    await scene.recorder.finish()
    expect(scene.store.names).toEqual(['cam/29/12-00-00.mp4'])
    const times = scene.file(0).references.map(({ unixMs }) => Math.round(unixMs))
    expect(times).toEqual([1000, 2000, epochMs + 2000, epochMs + 3000])
  })

  it('holds G.711 as FLAC, and leaves out what files cannot hold', async () => {
    const [audio, jpeg] = [trackOf('pcmu', 0), trackOf('jpeg', 1)]
    const scene = new Scene([audio, jpeg], 10)
    expect(scene.recorder.refused).toEqual([jpeg])
    const sound = new UnitSource(audio, epochMs)
    for (let at = 0; at < 100; at++) await scene.recorder.push(sound.next())
    await scene.recorder.finish()
    const { entries, fragments } = scene.file(0)
    expect(entries).toEqual(['fLaC'])
    expect(fragments.map(({ runs }) => runs[0]?.durations.length)).toEqual([50, 50])
    expect(new Segmenter([jpeg], {} as never).canRecord).toBe(false)
  })
})
