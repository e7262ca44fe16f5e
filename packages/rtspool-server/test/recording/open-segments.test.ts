import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { processUptime } from '../../src/recording/machine-uptime.js'
import type { ClosedSegment } from '../../src/recording/segment.js'
import type { SegmentFile } from '../../src/recording/segment-store.js'
import { Segmenter } from '../../src/recording/segmenter.js'
import { parameterSets } from '../codec/parameter-sets.js'
import { diskFull, MemoryStore } from './support/memory-store.js'
import { readSegment } from './support/read-segment.js'
import { trackOf, UnitSource } from './support/unit-source.js'

const epochMs = Date.UTC(2026, 10, 29, 12)
const latest = [0, 120, 300, 700, 1_500, 3_000]
const earliest = [-40, -300, -700]
const borderMs = 4_000

interface Border {
  readonly fileMs?: number
  /** Milliseconds by which the clock is set ahead at `setAtMs`. */
  readonly setMs?: number
  readonly setAtMs?: number
  /** Milliseconds after which the format of the video changes. */
  readonly changeAtMs?: number
  readonly changedSets?: readonly Buffer[]
  readonly keyEvery?: number
  /** Milliseconds after which no sound follows. */
  readonly soundEndMs?: number
}

/** A camera of 8 s whose sound arrives `lateMs` later than its pictures, or earlier, and the recorder of its files. */
class Scene {
  readonly clock = new ManualClock(0, epochMs)
  readonly store = new MemoryStore()
  readonly recorder: Segmenter
  readonly closed: ClosedSegment[] = []
  /** Names of files on whose disk the end of a file has no room. */
  readonly full: string[] = []
  readonly #pictures: UnitSource
  readonly #sound: UnitSource
  readonly #lateMs: number
  readonly #border: Border

  constructor(lateMs: number, border: Border) {
    const [video, audio] = [trackOf('video', 0), trackOf('opus', 1)]
    this.#lateMs = lateMs
    this.#border = border
    this.#pictures = new UnitSource(video, epochMs, { keyEvery: border.keyEvery ?? 25 })
    this.#sound = new UnitSource(audio, epochMs)
    let files = 0
    this.recorder = new Segmenter([video, audio], {
      ...{ clock: this.clock, uptime: processUptime(this.clock, 'boot') },
      place: { recording: 'all', path: '/cam' },
      endOf: (from) => from + (border.fileMs ?? 3_600_000),
      create: (_, head) => this.#create(`${files++}.mp4`, head),
      onClosed: (segment) => this.closed.push(segment),
    })
  }

  async #create(name: string, head: Buffer): Promise<SegmentFile> {
    const file = await this.store.create('', name, head)
    const append = async (pieces: readonly Buffer[]): Promise<void> => {
      // The end of a file is one piece, and a fragment has several.
      if (pieces.length === 1 && this.full.includes(name)) throw diskFull()
      await file.append(pieces)
    }
    return { ...file, append }
  }

  async record(untilMs = 2 * borderMs): Promise<void> {
    const { setMs = 0, setAtMs, changeAtMs = Number.POSITIVE_INFINITY } = this.#border
    const { changedSets = parameterSets.otherBaseline } = this.#border
    const { soundEndMs = Number.POSITIVE_INFINITY } = this.#border
    for (;;) {
      const atMs = Math.round(this.#pictures.seconds * 1000)
      if (atMs >= untilMs) return
      if (atMs === setAtMs) this.clock.jumpWallClock(setMs)
      if (atMs >= changeAtMs) this.#pictures.sets = changedSets
      await this.recorder.push(this.#pictures.next())
      // The first frame is in time, so that the first file has a track for it.
      await this.hear(Math.min(Math.max(20, atMs + 40 - this.#lateMs), soundEndMs))
      this.clock.advance(40)
    }
  }

  /** Records the sound up to a time of the camera, in milliseconds. */
  async hear(untilMs: number): Promise<void> {
    while (Math.round(this.#sound.seconds * 1000) < untilMs)
      await this.recorder.push(this.#sound.next())
  }

  /** Times of a track (1 = video, 2 = sound) in a file: begin and end in milliseconds, and whether it has holes. */
  times(file: number, trackId: number) {
    const rate = trackId === 1 ? 90 : 48
    const { fragments } = readSegment(this.store.bytesOf(`${file}.mp4`))
    const runs = fragments.flatMap((each) => each.runs.filter((run) => run.trackId === trackId))
    const ends = runs.map(({ decodeTime, durations }) =>
      durations.reduce((sum, duration) => sum + duration, decodeTime),
    )
    const holes = runs.slice(1).filter(({ decodeTime }, index) => decodeTime !== ends[index])
    const [beginMs, endMs] = [(runs[0]?.decodeTime ?? -1) / rate, (ends.at(-1) ?? -1) / rate]
    return { beginMs, endMs, holes: holes.length }
  }
}

const borders: readonly (readonly [string, Border])[] = [
  ['by the time of a file', { fileMs: borderMs }],
  ['by the time of a file, with a key frame each 200 ms', { fileMs: borderMs, keyEvery: 5 }],
  ['by a change of the format', { changeAtMs: borderMs }],
  ['by a clock that is set ahead', { setMs: 3_600_000, setAtMs: borderMs }],
  ['by a clock that is set back', { setMs: -5_000, setAtMs: borderMs }],
]

describe.each(borders)('the border of two files %s', (_, border) => {
  it.each([...latest, ...earliest])('has whole sound on both sides, %i ms late', async (lateMs) => {
    const scene = new Scene(lateMs, border)
    await scene.record()
    await scene.recorder.finish()
    expect(scene.store.names).toHaveLength(2)
    expect(scene.store.open.size).toBe(0)
    expect(scene.times(0, 1)).toEqual({ beginMs: 0, endMs: borderMs, holes: 0 })
    expect(scene.times(0, 2)).toEqual({ beginMs: 0, endMs: borderMs, holes: 0 })
    const [{ startMs, endMs } = { startMs: 0, endMs: 0 }] = scene.closed
    expect(endMs - startMs).toBe(borderMs)
    const heardMs = borderMs - lateMs
    expect(scene.times(1, 2)).toEqual({ beginMs: 0, endMs: heardMs, holes: 0 })
  })
})

describe('open segments', () => {
  it.each([...latest, ...earliest])(
    'drop sound between a clock that is set and the next key frame, %i ms late',
    async (lateMs) => {
      const scene = new Scene(lateMs, { setMs: 3_600_000, setAtMs: borderMs - 800 })
      await scene.record()
      await scene.recorder.finish()
      expect(scene.times(0, 1)).toEqual({ beginMs: 0, endMs: borderMs - 800, holes: 0 })
      expect(scene.times(0, 2)).toEqual({ beginMs: 0, endMs: borderMs - 800, holes: 0 })
      expect(scene.times(1, 2)).toEqual({ beginMs: 0, endMs: borderMs - lateMs, holes: 0 })
    },
  )

  it('wait no longer than 5 s of pictures for sound that has ended', async () => {
    const scene = new Scene(0, { fileMs: 2_000, soundEndMs: 1_000 })
    await scene.record(6_900)
    expect([...scene.store.open]).toEqual(['0.mp4', '1.mp4', '2.mp4'])
    await scene.record(8_200)
    expect([...scene.store.open]).not.toContain('0.mp4')
    await scene.recorder.finish()
    expect(scene.store.open.size).toBe(0)
  })

  it('are all closed at the end of a recording, even if one cannot be completed', async () => {
    const scene = new Scene(0, { fileMs: 2_000, soundEndMs: 1_000 })
    await scene.record(6_900)
    expect([...scene.store.open]).toEqual(['0.mp4', '1.mp4', '2.mp4'])
    scene.full.push('0.mp4', '2.mp4')
    await expect(scene.recorder.finish()).rejects.toThrow('ENOSPC')
    expect(scene.store.open.size).toBe(0)
    expect(scene.closed.map(({ file }) => file)).toEqual(['1.mp4', '3.mp4'])
  })

  it('are all closed once late sound completes them, even if one cannot be completed', async () => {
    const scene = new Scene(0, { fileMs: 2_000, soundEndMs: 1_000 })
    await scene.record(4_400)
    expect([...scene.store.open]).toEqual(['0.mp4', '1.mp4'])
    scene.full.push('0.mp4')
    await scene.hear(4_400)
    await expect(scene.record(6_000)).rejects.toThrow('ENOSPC')
    expect(scene.closed.map(({ file }) => file)).toEqual(['1.mp4'])
    await scene.recorder.abandon()
    expect(scene.store.open.size).toBe(0)
  })

  it('create a file once the late sound of the one before is on the disk', async () => {
    const scene = new Scene(700, { fileMs: borderMs, keyEvery: 5 })
    await scene.record(borderMs + 600)
    expect(scene.store.names).toHaveLength(1)
    await scene.record(borderMs + 1_080)
    expect(scene.store.names).toHaveLength(2)
    expect(scene.times(0, 2)).toEqual({ beginMs: 0, endMs: borderMs, holes: 0 })
  })

  it('describe the format of their samples, where it changes before the first write', async () => {
    const scene = new Scene(0, { changeAtMs: 200, changedSets: parameterSets.high, keyEvery: 5 })
    await scene.record(2_000)
    await scene.recorder.finish()
    const [one, two] = scene.store.names.map((name) => scene.store.bytesOf(name).toString('latin1'))
    expect([one?.includes('avcC\x01\x42'), two?.includes('avcC\x01\x64')]).toEqual([true, true])
  })
})
