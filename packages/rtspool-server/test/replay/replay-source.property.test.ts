import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fuzzRuns, fuzzSeed, fuzzTimeoutMs } from '../../../rtspool/test/support/fuzz-runs.js'
import { openReplay } from '../../src/replay/replay-mount.js'
import { recordFiles } from '../recording/support/recorded-files.js'
import {
  noonMs,
  normalManner,
  Player,
  planFor,
  type SentPacket,
  StoredRecordings,
} from './support/replay-scene.js'

const folder = mkdtempSync(join(tmpdir(), 'rtspool-replay-'))
const parts = [
  { fromMs: 0, toMs: 25_000 },
  { fromMs: 60_000, toMs: 66_000 },
] as const
const endMs = 66_000

beforeAll(async () => {
  for (const { fromMs, toMs } of parts) {
    await recordFiles(folder, { startMs: noonMs + fromMs, seconds: (toMs - fromMs) / 1000 })
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Returns the times of all units of a track that the files hold. */
const timesEvery = (stepMs: number): number[] =>
  parts.flatMap(({ fromMs, toMs }) =>
    Array.from({ length: (toMs - fromMs) / stepMs }, (_, index) => fromMs + index * stepMs),
  )
const [pictures, keys] = [timesEvery(40), timesEvery(1000)]

const kinds = ['normal', 'fast', 'unpaced', 'intra', 'back', 'backIntra', 'backWhole'] as const

interface Play {
  readonly kind: (typeof kinds)[number]
  readonly atMs: number
  readonly lengthMs: number
  readonly intervalMs: number
}

const play: fc.Arbitrary<Play> = fc.record({
  kind: fc.constantFrom(...kinds),
  atMs: fc.integer({ min: 0, max: endMs - 100 }),
  lengthMs: fc.integer({ min: 100, max: 12_000 }),
  intervalMs: fc.constantFrom(0, 0, 1500, 4000),
})

/** Keeps the times that are at least an interval apart. */
function apart(times: readonly number[], intervalMs: number): number[] {
  const kept: number[] = []
  for (const time of times) {
    const last = kept.at(-1)
    if (last === undefined || Math.abs(time - last) >= intervalMs) kept.push(time)
  }
  return kept
}

/** Returns the times of the pictures that a play must send, and whether each is sent backwards. */
function expected({ kind, atMs, lengthMs, intervalMs }: Play): number[] {
  const toMs = Math.min(endMs, atMs + lengthMs)
  const isIn = parts.some((part) => part.fromMs <= atMs && atMs < part.toMs)
  const start = isIn
    ? (keys.findLast((key) => key <= atMs) ?? 0)
    : (keys.find((key) => key >= atMs) ?? endMs)
  const downTo = Math.max(0, atMs - lengthMs)
  const back = keys.filter((key) => key <= atMs && key >= downTo).reverse()
  switch (kind) {
    case 'intra':
      return apart(
        keys.filter((key) => key >= start && key < toMs),
        intervalMs,
      )
    case 'back':
    case 'backIntra':
      return apart(back, intervalMs)
    case 'backWhole':
      return back.flatMap((key) =>
        pictures.filter((time) => time >= key && time < key + 1000 && time <= atMs),
      )
    default:
      return pictures.filter((time) => time >= start && time < toMs)
  }
}

function mannerOf({ kind, intervalMs: intraIntervalMs }: Play) {
  const scale = kind.startsWith('back') ? -1 : kind === 'fast' ? 3 : 1
  const rateControl = kind === 'normal' || kind === 'fast' || kind === 'back'
  const frames = kind === 'intra' || kind === 'backIntra' ? ('intra' as const) : undefined
  return { ...normalManner, scale, rateControl, frames, intraIntervalMs, replayCSeq: 1 }
}

const timesOf = (sent: readonly SentPacket[]): number[] =>
  sent.flatMap(({ extension }) => (extension ? [Math.round(extension.unixMs - noonMs)] : []))

/** Returns the differences of neighbours, as the signed numbers of 32 bits that RTP timestamps are. */
const stepsOf = (sent: readonly SentPacket[]): number[] =>
  sent.slice(1).map(({ timestamp }, index) => (timestamp - (sent[index]?.timestamp ?? 0)) | 0)

it(
  'any sequence of seeks and rates sends exactly the pictures of the files in each range',
  async () => {
    const recordings = new StoredRecordings(planFor(folder))
    await fc.assert(
      fc.asyncProperty(fc.array(play, { minLength: 1, maxLength: 4 }), async (plays) => {
        const options = { recordings, prefix: '/replay', onFailed: () => {} }
        const source = await openReplay(options, { path: '/replay/cam', query: undefined })
        const player = new Player(source)
        const [video, sound] = player.tracks
        for (const each of plays) {
          const before = video?.sent.length ?? 0
          const soundBefore = sound?.sent.length ?? 0
          const manner = mannerOf(each)
          const startSeconds = each.atMs / 1000
          const end = manner.scale < 0 ? each.atMs - each.lengthMs : each.atMs + each.lengthMs
          const endSeconds = Math.min(Math.max(end, 0), endMs) / 1000
          await source.seek({ startSeconds, endSeconds }, manner)
          source.resume(manner)
          await player.run()
          const sent = video?.sent.slice(before) ?? []
          expect(timesOf(sent)).toEqual(expected(each))
          if (manner.rateControl) expect(stepsOf(sent).every((step) => step > 0)).toBe(true)
          if (each.kind === 'normal' || each.kind === 'unpaced') {
            const times = timesOf(sound?.sent.slice(soundBefore) ?? [])
            const [from, to] = [expected(each)[0] ?? endMs, each.atMs + each.lengthMs]
            expect(times).toEqual(timesEvery(20).filter((time) => time >= from && time < to))
          }
        }
        const numbers = video?.sent.map(({ packet }) => packet.readUInt16BE(2)) ?? []
        const [first = 0] = numbers
        expect(numbers).toEqual(numbers.map((_, index) => (first + index) % 65_536))
        source.close()
      }),
      { numRuns: fuzzRuns(40), seed: fuzzSeed },
    )
  },
  fuzzTimeoutMs(120_000),
)
