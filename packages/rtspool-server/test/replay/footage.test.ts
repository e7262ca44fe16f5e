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

/** Plays a recorded path, and returns the ticks from packet to packet of each track, and the number of gaps. */
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
  const [pictures = [], sounds = []] = player.tracks.map(({ sent }) =>
    sent.slice(1).map(({ timestamp }, index) => (timestamp - (sent[index]?.timestamp ?? 0)) | 0),
  )
  const gaps = player.tracks[0]?.sent.filter(({ extension }) => extension?.isDiscontinuous) ?? []
  return { pictures, sounds, gaps: gaps.length }
}

describe('footage of two files that overlap, because the clock was set back', () => {
  it.each([0, 100, 300, 700])('goes on in RTP time, with sound %i ms late', async (lateMs) => {
    const folder = newFolder()
    expect(await recordWithClockSet(folder, lateMs)).toHaveLength(2)
    const { pictures, sounds } = await playAll(folder)
    // Parameter sets have the time of their picture.
    expect(pictures.filter((ticks) => ticks !== 0 && ticks !== 3_600)).toEqual([])
    expect(pictures.length).toBeGreaterThan(130)
    expect(sounds.filter((ticks) => ticks < 900)).toEqual([])
    expect(sounds.length).toBeGreaterThan(200)
  })
})

describe('footage of two files, of which the first ends with late sound', () => {
  it.each([
    ...[0, 300, 700].map((lateMs) => ({ lateMs, setMs: 3_600_000, fileMs: 3_600_000, count: 1 })),
    ...[0, 300, 700].map((lateMs) => ({ lateMs, setMs: 0, fileMs: 4_000, count: 0 })),
  ])(
    'goes on in RTP time with $count gaps: sound $lateMs ms late, clock set $setMs ms ahead',
    async ({ lateMs, count, ...set }) => {
      const folder = newFolder()
      expect(await recordWithClockSet(folder, lateMs, set)).toHaveLength(2)
      const { pictures, sounds, gaps } = await playAll(folder)
      expect(pictures.filter((ticks) => ticks !== 0 && ticks !== 3_600)).toEqual([])
      expect(pictures).toHaveLength(199)
      expect(sounds.filter((ticks) => ticks < 900)).toEqual([])
      expect(gaps).toBe(count)
    },
  )
})
