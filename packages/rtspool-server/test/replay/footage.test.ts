import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { fileNameOf } from '../../src/recording/file-pattern.js'
import { processUptime } from '../../src/recording/machine-uptime.js'
import { diskStore } from '../../src/recording/segment-store.js'
import { StreamRecorder } from '../../src/recording/stream-recorder.js'
import { TimeZone } from '../../src/recording/time-zone.js'
import { openReplay } from '../../src/replay/replay-mount.js'
import { trackOf, UnitSource } from '../recording/support/unit-source.js'
import {
  newFolder,
  noonMs,
  normalManner,
  Player,
  planFor,
  StoredRecordings,
} from './support/replay-scene.js'

const utc = new TimeZone('UTC')
const backMs = 2_500

/**
 * Records 8 s of a camera whose clock is an hour behind, while this clock is set 2.5 s back after 3 s.
 *
 * @param soundLateMs - Milliseconds by which sound arrives later than its pictures.
 */
async function recordWithClockSet(folder: string, soundLateMs: number): Promise<void> {
  const [video, audio] = [trackOf('video', 0), trackOf('opus', 1)]
  const clock = new ManualClock(0, noonMs)
  let files = 0
  const recorder = new StreamRecorder([audio, video], {
    ...{ clock, uptime: processUptime(clock, 'boot') },
    ...{ place: { recording: 'all', path: '/cam' }, onClosed: () => {} },
    endOf: (from) => from + 3_600_000,
    create: (facts, head) => {
      const name = fileNameOf('{path}/{hour}-{minute}-{second}', facts, utc)
      return diskStore.create(folder, `${name}-${files++}.mp4`, head)
    },
  })
  const pictures = new UnitSource(video, noonMs - 3_600_000, { keyEvery: 5 })
  const sound = new UnitSource(audio, noonMs - 3_600_000)
  for (let atMs = 0; atMs < 8_000; atMs += 40) {
    clock.advance(40)
    if (atMs === 3_000) clock.jumpWallClock(-backMs)
    await recorder.push(pictures.next())
    while (sound.seconds * 1000 < atMs + 40 - soundLateMs) await recorder.push(sound.next())
  }
  await recorder.finish()
  expect(files).toBe(2)
}

describe('footage of two files that overlap, because the clock was set back', () => {
  it.each([0, 100, 300, 700])('goes on in RTP time, with sound %i ms late', async (lateMs) => {
    const folder = newFolder()
    await recordWithClockSet(folder, lateMs)
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
