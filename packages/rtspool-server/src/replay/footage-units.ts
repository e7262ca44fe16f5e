import { roundingMs } from './footage-clips.js'
import type { ReadFragment } from './footage-fragments.js'
import type { StoredSample } from './stored-samples.js'

/** One picture or frame of sound of the footage. Times are on the clock of this machine. */
export interface FootageUnit {
  /** Index of the track in the session description, from 0. */
  readonly lane: number
  /** Time of presentation of the unit, in milliseconds since 1970. */
  readonly unixMs: number
  /**
   * Time to send the unit in milliseconds since 1970: its decoding time, which is earlier for pictures that others
   * refer to.
   */
  readonly sendMs: number
  readonly durationMs: number
  readonly isSync: boolean
  /** NAL units of a picture, or one frame of sound. */
  readonly parts: readonly Buffer[]
  /** True for the first unit of its track after a gap, or after a jump backwards. */
  readonly isDiscontinuous: boolean
  /** True for the last unit of its track in front of a gap or of the end, in the direction of playback. */
  readonly isEnd: boolean
  /** True for the last unit of its track in the direction of playback: no footage follows. */
  readonly isTerminal: boolean
  /**
   * Milliseconds of all gaps between the start of the playback and the unit, which the playback skips. Overlaps of two files
   * count as negative.
   */
  readonly skippedMs: number
}

/** Returns the key frame among the units of a fragment, or the first frame of sound if there is no picture. */
export function keyOf(
  { lanes }: ReadFragment,
  units: readonly FootageUnit[],
): FootageUnit | undefined {
  const video = [...lanes.values()].find(({ track }) => track.kind === 'video')
  return video ? units.find(({ lane, isSync }) => lane === video.lane && isSync) : units[0]
}

/**
 * Returns the time of the first unit to send in milliseconds since 1970: the first picture, or the sound at the wanted
 * time. Sound of that time is sent even if the first picture is later, at the beginning of footage.
 */
export function startOf(
  { lanes }: ReadFragment,
  units: readonly FootageUnit[],
  fromMs: number,
): number | undefined {
  const video = [...lanes.values()].find(({ track }) => track.kind === 'video')
  const picture = units.find(({ lane }) => lane === video?.lane)
  const sound = units.find(
    ({ lane, unixMs, durationMs }) =>
      lane !== video?.lane && unixMs + durationMs > fromMs + roundingMs,
  )
  if (!picture) return sound?.unixMs
  return picture.unixMs > fromMs && sound ? Math.min(picture.unixMs, sound.unixMs) : picture.unixMs
}

/**
 * Returns the units (pictures and frames of sound) of a fragment in the order of sending.
 *
 * @param beginnings - Indexes (`lane`) of the tracks whose next unit follows a gap or a jump. The function removes
 * those of the units that it returns.
 */
export function unitsOf(
  read: ReadFragment,
  samples: readonly StoredSample[],
  beginnings: Set<number>,
): FootageUnit[] {
  const { clip, lanes, isBeforeGap, isLast, skippedMs, toMs = Number.POSITIVE_INFINITY } = read
  const units: FootageUnit[] = []
  const lastOf = new Map<number, number>()
  for (const sample of samples) {
    const found = lanes.get(sample.trackId)
    if (!found) continue
    const { lane, track } = found
    const ms = (ticks: number): number => (ticks / track.clockRate) * 1000
    const unixMs = clip.startMs + ms(sample.time)
    if (unixMs < toMs) lastOf.set(lane, units.length)
    units.push({
      lane,
      unixMs,
      sendMs: clip.startMs + ms(sample.decodeTime),
      durationMs: ms(sample.duration),
      isSync: sample.isSync,
      parts: track.partsOf(sample),
      isDiscontinuous: beginnings.delete(lane),
      isEnd: false,
      isTerminal: false,
      skippedMs,
    })
  }
  if (isBeforeGap) {
    for (const index of lastOf.values()) {
      const unit = units[index]
      if (unit) units[index] = { ...unit, isEnd: true, isTerminal: isLast }
    }
  }
  return units.sort((one, other) => one.sendMs - other.sendMs)
}
