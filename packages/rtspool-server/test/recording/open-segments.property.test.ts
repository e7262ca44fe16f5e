import * as fc from 'fast-check'
import { ManualClock } from 'rtspool/testing'
import { expect, it } from 'vitest'
import { fuzzRuns, fuzzSeed, fuzzTimeoutMs } from '../../../rtspool/test/support/fuzz-runs.js'
import { processUptime } from '../../src/recording/machine-uptime.js'
import { Segmenter } from '../../src/recording/segmenter.js'
import { parameterSets } from '../codec/parameter-sets.js'
import { MemoryStore } from './support/memory-store.js'
import { readSegment } from './support/read-segment.js'
import { trackOf, UnitSource } from './support/unit-source.js'

const epochMs = Date.UTC(2026, 10, 29, 12)
const lengthMs = 16_000
const sets = [parameterSets.baseline, parameterSets.otherBaseline] as const

/** Event of a camera or of this machine: `value` = milliseconds that the sound is late, or by which the clock is set. */
interface Happening {
  readonly atMs: number
  readonly kind: 'late' | 'clock' | 'format'
  readonly value: number
}

interface History {
  readonly fileMs: number
  readonly keyEvery: number
  readonly lateMs: number
  readonly happenings: readonly Happening[]
}

const late = fc.integer({ min: -35, max: 50 }).map((frames) => frames * 20)
const at = fc.integer({ min: 60, max: 330 }).map((pictures) => pictures * 40)
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ atMs: at, kind: fc.constant('late' as const), value: late }),
  fc.record({
    ...{ atMs: at, kind: fc.constant('clock' as const) },
    value: fc.constantFrom(3_600_000, -5_000),
  }),
  fc.record({ atMs: at, kind: fc.constant('format' as const), value: fc.constant(0) }),
)
const history: fc.Arbitrary<History> = fc.record({
  fileMs: fc.constantFrom(2_000, 3_000, 5_000, 3_600_000),
  keyEvery: fc.constantFrom(5, 12, 25, 50),
  lateMs: late,
  happenings: fc.array(happening, { maxLength: 3 }),
})

async function record({ fileMs, keyEvery, lateMs, happenings }: History): Promise<MemoryStore> {
  const [video, audio] = [trackOf('video', 0), trackOf('opus', 1)]
  const clock = new ManualClock(0, epochMs)
  const store = new MemoryStore()
  let files = 0
  const recorder = new Segmenter([video, audio], {
    ...{ clock, uptime: processUptime(clock, 'boot') },
    ...{ place: { recording: 'all', path: '/cam' }, onClosed: () => {} },
    endOf: (from) => from + fileMs,
    create: (_, head) => store.create('', `${files++}.mp4`, head),
  })
  const pictures = new UnitSource(video, epochMs, { keyEvery })
  const sound = new UnitSource(audio, epochMs)
  let [currentMs, changes] = [lateMs, 0]
  for (let atMs = 0; atMs < lengthMs; atMs += 40) {
    for (const { kind, value } of happenings.filter((each) => each.atMs === atMs)) {
      if (kind === 'late') currentMs = value
      else if (kind === 'clock') clock.jumpWallClock(value)
      else changes++
    }
    pictures.sets = sets[changes % 2] ?? sets[0]
    await recorder.push(pictures.next())
    // The first frame is in time, so that the first file has a track for it.
    const heardMs = Math.max(20, atMs + 40 - currentMs)
    while (Math.round(sound.seconds * 1000) < heardMs) await recorder.push(sound.next())
    clock.advance(40)
  }
  await recorder.finish()
  expect(store.open.size).toBe(0)
  return store
}

/** Returns the beginning and end of a track in a file, in milliseconds, and the number of its holes. */
function spanOf(store: MemoryStore, name: string, trackId: number) {
  const rate = trackId === 1 ? 90 : 48
  const { fragments } = readSegment(store.bytesOf(name))
  const runs = fragments.flatMap((each) => each.runs.filter((run) => run.trackId === trackId))
  let [endTicks, holes] = [runs[0]?.decodeTime ?? 0, 0]
  for (const { decodeTime, durations } of runs) {
    if (decodeTime !== endTicks) holes++
    endTicks = durations.reduce((sum, duration) => sum + duration, decodeTime)
  }
  return { beginMs: (runs[0]?.decodeTime ?? -1) / rate, endMs: endTicks / rate, holes }
}

it(
  'each file of a recording has the whole sound of its pictures, whenever the sound arrives',
  async () => {
    await fc.assert(
      fc.asyncProperty(history, async (each) => {
        const store = await record(each)
        // The sound of the last 1 s has not arrived.
        for (const name of store.names.slice(0, -2)) {
          const picture = spanOf(store, name, 1)
          expect(picture).toMatchObject({ beginMs: 0, holes: 0 })
          expect(spanOf(store, name, 2), name).toEqual(picture)
        }
      }),
      { numRuns: fuzzRuns(60), seed: fuzzSeed },
    )
  },
  fuzzTimeoutMs(),
)
