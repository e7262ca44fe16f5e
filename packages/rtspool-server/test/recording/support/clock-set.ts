import { ManualClock } from 'rtspool/testing'
import { fileNameOf } from '../../../src/recording/file-pattern.js'
import { processUptime } from '../../../src/recording/machine-uptime.js'
import type { ClosedSegment } from '../../../src/recording/segment.js'
import { diskStore } from '../../../src/recording/segment-store.js'
import { Segmenter } from '../../../src/recording/segmenter.js'
import { TimeZone } from '../../../src/recording/time-zone.js'
import { parameterSets } from '../../codec/parameter-sets.js'
import { trackOf, UnitSource } from './unit-source.js'

const startMs = Date.UTC(2026, 10, 29, 12)
const utc = new TimeZone('UTC')

/**
 * Records 8 s of a camera whose clock is an hour behind, while this clock is set after 3 s.
 *
 * @param soundLateMs - Milliseconds by which sound arrives later than its pictures; negative = earlier.
 * @param options - Milliseconds by which the clock is set ahead, negative to set it back (`setMs`), of the longest
 *   file (`fileMs`), and from the beginning to a change of the video's format (`changeAtMs`).
 */
export async function recordWithClockSet(
  folder: string,
  soundLateMs: number,
  { setMs = -2_500, fileMs = 3_600_000, changeAtMs = Number.POSITIVE_INFINITY } = {},
): Promise<readonly ClosedSegment[]> {
  const [video, audio] = [trackOf('video', 0), trackOf('opus', 1)]
  const clock = new ManualClock(0, startMs)
  const closed: ClosedSegment[] = []
  let files = 0
  const recorder = new Segmenter([audio, video], {
    ...{ clock, uptime: processUptime(clock, 'boot') },
    ...{ place: { recording: 'all', path: '/cam' }, onClosed: (segment) => closed.push(segment) },
    endOf: (from) => from + fileMs,
    create: (facts, head) => {
      const name = fileNameOf('{path}/{hour}-{minute}-{second}', facts, utc)
      return diskStore.create(folder, `${name}-${files++}.mp4`, head)
    },
  })
  const pictures = new UnitSource(video, startMs - 3_600_000, { keyEvery: 5 })
  const sound = new UnitSource(audio, startMs - 3_600_000)
  for (let atMs = 0; atMs < 8_000; atMs += 40) {
    clock.advance(40)
    if (atMs === 3_000) clock.jumpWallClock(setMs)
    if (atMs >= changeAtMs) pictures.sets = parameterSets.otherBaseline
    await recorder.push(pictures.next())
    // The first frame is in time, so that the first file has a track for it.
    while (sound.seconds * 1000 < Math.max(20, atMs + 40 - soundLateMs))
      await recorder.push(sound.next())
  }
  await recorder.finish()
  return closed
}
