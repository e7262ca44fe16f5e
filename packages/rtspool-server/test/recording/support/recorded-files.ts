import { ManualClock } from 'rtspool/testing'
import { fileNameOf } from '../../../src/recording/file-pattern.js'
import { processUptime } from '../../../src/recording/machine-uptime.js'
import { diskStore } from '../../../src/recording/segment-store.js'
import { Segmenter } from '../../../src/recording/segmenter.js'
import { nextBoundary, TimeZone } from '../../../src/recording/time-zone.js'
import { trackOf, UnitSource } from './unit-source.js'

const utc = new TimeZone('UTC')

/** Seconds that are recorded, and what was recorded. */
export interface RecordedFiles {
  /** Slices of the recorded pictures, in order. */
  readonly pictures: readonly Buffer[]
}

/**
 * Records made-up pictures and sound to files of 10 s on the disk.
 *
 * @param isCut - Leaves the last file as the end of the process would.
 */
export async function recordFiles(
  folder: string,
  {
    path = '/cam',
    recording = 'all',
    startMs = Date.UTC(2026, 10, 29, 12),
    seconds = 25,
    isCut = false,
    uptimeMs = 0,
    bootId = '',
    /** Pictures that the recorder misses because it starts later. */
    lateSeconds = 0,
    sliceBytes = 100,
  } = {},
): Promise<RecordedFiles> {
  const [video, audio] = [trackOf('video', 0), trackOf('opus', 1)]
  const clock = new ManualClock(uptimeMs, startMs)
  const recorder = new Segmenter([audio, video], {
    ...{ clock, uptime: processUptime(clock, bootId || `boot at ${startMs}`) },
    ...{ place: { recording, path }, onClosed: () => {} },
    endOf: (from) => nextBoundary(from, 10_000, utc),
    create: (facts, head) => {
      const name = fileNameOf('{path}/{day}/{hour}-{minute}-{second}.mp4', facts, utc)
      return diskStore.create(folder, name, head)
    },
  })
  const [pictures, sound] = [
    new UnitSource(video, startMs, { sliceBytes }),
    new UnitSource(audio, startMs),
  ]
  const slices: Buffer[] = []
  for (; pictures.seconds < seconds; clock.advance(40)) {
    const unit = pictures.next()
    const slice = unit.parts.at(-1)
    if (slice) slices.push(slice)
    const isSeen = unit.timestamp >= lateSeconds * 90_000
    if (isSeen) await recorder.push(unit)
    while (sound.seconds < pictures.seconds) {
      const next = sound.next()
      if (isSeen) await recorder.push(next)
    }
  }
  await (isCut ? recorder.abandon() : recorder.finish())
  return { pictures: slices }
}
