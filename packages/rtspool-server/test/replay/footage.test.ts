import { describe, expect, it } from 'vitest'
import { openReplay } from '../../src/replay/replay-mount.js'
import { recordWithClockSet } from '../recording/support/clock-set.js'
import {
  newFolder,
  normalManner,
  Player,
  planFor,
  StoredRecordings,
} from './support/replay-scene.js'

const onvif = { ...normalManner, replayCSeq: 5 }

/**
 * Plays a recorded path, and returns the ticks from packet to packet of each track, the milliseconds from picture to picture
 * as they were sent (`pauses`), and the number of gaps.
 */
async function playAll(folder: string) {
  const recordings = new StoredRecordings(planFor(folder))
  const source = await openReplay(
    { recordings, prefix: '/replay', onFailed: () => {} },
    { path: '/replay/cam', query: undefined },
  )
  const player = new Player(source)
  await source.seek({ startSeconds: 0, endSeconds: source.durationSeconds }, onvif)
  source.resume(onvif)
  await player.run()
  const sentAt = player.tracks[0]?.sent.map(({ atMs }) => atMs) ?? []
  const pauses = sentAt.slice(1).map((atMs, index) => atMs - (sentAt[index] ?? 0))
  const [pictures = [], sounds = []] = player.tracks.map(({ sent }) =>
    sent.slice(1).map(({ timestamp }, index) => (timestamp - (sent[index]?.timestamp ?? 0)) | 0),
  )
  const gaps = player.tracks[0]?.sent.filter(({ extension }) => extension?.isDiscontinuous) ?? []
  return { pictures, sounds, pauses, gaps: gaps.length }
}

/** Whether two frames of sound are 20 ms apart, give or take half a frame where two files meet. */
const isNext = (ticks: number): boolean => ticks >= 480 && ticks <= 1_440

describe('footage of two files that overlap, because the clock was set back', () => {
  it.each([0, 100, 300, 700, 1_500, -300, -700])(
    'goes on in RTP time, with sound %i ms late',
    async (lateMs) => {
      const folder = newFolder()
      expect(await recordWithClockSet(folder, lateMs)).toHaveLength(2)
      const { pictures, sounds } = await playAll(folder)
      // Parameter sets have the time of their picture.
      expect(pictures.filter((ticks) => ticks !== 0 && ticks !== 3_600)).toEqual([])
      expect(pictures.length).toBeGreaterThan(130)
      expect(sounds.filter((ticks) => !isNext(ticks))).toEqual([])
      expect(sounds.length).toBeGreaterThan(200)
    },
  )
})

describe('footage of two files, with sound that is late or early', () => {
  const lates = [0, 100, 300, 700, 1_500, 3_000, -300, -700]
  it.each([
    ...lates.map((lateMs) => ({ lateMs, setMs: 3_600_000, fileMs: 3_600_000, count: 1 })),
    ...lates.map((lateMs) => ({ lateMs, setMs: 0, fileMs: 4_000, count: 0 })),
  ])(
    'goes on in RTP time with $count gaps: sound $lateMs ms late, clock set $setMs ms ahead',
    async ({ lateMs, count, ...set }) => {
      const folder = newFolder()
      expect(await recordWithClockSet(folder, lateMs, set)).toHaveLength(2)
      const { pictures, sounds, gaps } = await playAll(folder)
      expect(pictures.filter((ticks) => ticks !== 0 && ticks !== 3_600)).toEqual([])
      expect(pictures).toHaveLength(199)
      expect(sounds.filter((ticks) => !isNext(ticks))).toEqual([])
      const heardMs = 8_000 - Math.max(0, lateMs)
      expect(sounds.length).toBeGreaterThanOrEqual(heardMs / 20 - 2)
      expect(gaps).toBe(count)
    },
  )

  it.each(lates)(
    'has no hole in the sound where the format changes, %i ms late',
    async (lateMs) => {
      const folder = newFolder()
      const set = { setMs: 0, changeAtMs: 4_000 }
      expect(await recordWithClockSet(folder, lateMs, set)).toHaveLength(2)
      const { sounds } = await playAll(folder)
      expect(sounds.filter((ticks) => !isNext(ticks))).toEqual([])
      expect(sounds.length).toBeGreaterThan(200)
    },
  )

  it('sends pictures at their time, with sound 700 ms early', async () => {
    const folder = newFolder()
    await recordWithClockSet(folder, -700, { setMs: 0, fileMs: 4_000 })
    const { pauses } = await playAll(folder)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(60)
  })
})
