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

describe('footage of two files that overlap, because the clock was set back', () => {
  it.each([0, 100, 300, 700])('goes on in RTP time, with sound %i ms late', async (lateMs) => {
    const folder = newFolder()
    expect(await recordWithClockSet(folder, lateMs)).toHaveLength(2)
    const recordings = new StoredRecordings(planFor(folder))
    const source = await openReplay(
      { recordings, prefix: '/replay', onFailed: () => {} },
      { path: '/replay/cam', query: undefined },
    )
    const player = new Player(source)
    await source.seek({ startSeconds: 0, endSeconds: source.durationSeconds }, normalManner)
    source.resume(normalManner)
    await player.run()
    const [pictures = [], sounds = []] = player.tracks.map(({ sent }) =>
      sent.slice(1).map(({ timestamp }, index) => (timestamp - (sent[index]?.timestamp ?? 0)) | 0),
    )
    // Parameter sets have the time of their picture.
    expect(pictures.filter((ticks) => ticks !== 0 && ticks !== 3_600)).toEqual([])
    expect(pictures.length).toBeGreaterThan(130)
    expect(sounds.filter((ticks) => ticks < 900)).toEqual([])
    expect(sounds.length).toBeGreaterThan(200)
  })
})
