import type { MachineUptime } from '../machine-uptime.js'
import type { StoredSegment } from './segment-catalog.js'

/** Milliseconds since 1970 before which no recording was made. A clock that shows less has lost its date. */
const earliestMs = Date.UTC(2026, 0, 1)
/** Milliseconds for which the clock must have been observed before files of earlier boots can be too old. */
const observationMs = 3_600_000

/** Lowest and highest difference in milliseconds between wall clock and uptime that was seen during one boot. */
interface Offsets {
  readonly lowest: number
  readonly highest: number
}

/**
 * Judges the age of files on a machine whose clock may be wrong. A wrong clock makes files younger, never older.
 *
 * ```text
 *  file of this boot      age = uptime now - uptime of the file
 *  file of another boot   age = lowest time now - highest time of the file
 * ```
 *
 * The lowest time now follows from the lowest clock since this boot, as files and {@link observe} show it. The highest
 * time of a file follows from the highest clock of its boot. Readings before 2026 are no evidence.
 */
export class SegmentAges {
  readonly #uptime: MachineUptime
  readonly #beginMs: number
  #lowest = Number.POSITIVE_INFINITY

  constructor(uptime: MachineUptime) {
    this.#uptime = uptime
    this.#beginMs = uptime.uptimeMs()
  }

  /** Notes the present wall clock in milliseconds since 1970. Call this function at each check of the files. */
  observe(unixMs: number): void {
    if (unixMs >= earliestMs) {
      this.#lowest = Math.min(this.#lowest, unixMs - this.#uptime.uptimeMs())
    }
  }

  /**
   * Returns a function that gives the least possible age of a file in milliseconds, counted from the file's end; 0 if
   * its age is unknown.
   *
   * @param segments - All files of the recording, whose times show how the clock was set.
   */
  judge(segments: readonly StoredSegment[]): (segment: StoredSegment) => number {
    const { bootId } = this.#uptime
    const nowMs = this.#uptime.uptimeMs()
    const boots = offsetsByBoot(segments)
    const lowest = Math.min(this.#lowest, boots.get(bootId)?.lowest ?? Number.POSITIVE_INFINITY)
    const isObserved = nowMs - this.#beginMs >= observationMs
    return (segment) => {
      const lengthMs = Math.max(0, segment.endMs - segment.startMs)
      const { uptimeMs } = segment
      if (segment.bootId === bootId && uptimeMs !== undefined) return nowMs - uptimeMs - lengthMs
      if (!isObserved) return 0
      const highest = boots.get(segment.bootId ?? '')?.highest
      const startMs =
        uptimeMs === undefined || highest === undefined ? segment.startMs : highest + uptimeMs
      return startMs < earliestMs ? 0 : lowest + nowMs - startMs - lengthMs
    }
  }

  /**
   * Returns files in the order of their age, the oldest first. Files of this boot are younger than all others, whatever
   * their dates are.
   */
  sort(segments: readonly StoredSegment[]): StoredSegment[] {
    const { bootId } = this.#uptime
    const boots = offsetsByBoot(segments)
    const placeOf = ({ bootId: id, uptimeMs, startMs }: StoredSegment): readonly number[] =>
      id === bootId && uptimeMs !== undefined
        ? [1, uptimeMs]
        : [0, (boots.get(id ?? '')?.highest ?? startMs - (uptimeMs ?? 0)) + (uptimeMs ?? 0)]
    return segments
      .map((segment) => ({ segment, place: placeOf(segment) }))
      .sort((one, other) => compare(one.place, other.place))
      .map(({ segment }) => segment)
  }
}

const compare = ([one = 0, at = 0]: readonly number[], [other = 0, then = 0]: readonly number[]) =>
  one - other || at - then

/**
 * Returns the lowest and highest clock offset that the files of each boot show, by boot id. Readings before 2026 are
 * left out.
 */
function offsetsByBoot(segments: readonly StoredSegment[]): Map<string, Offsets> {
  const boots = new Map<string, Offsets>()
  for (const { bootId, uptimeMs, startMs } of segments) {
    if (bootId === undefined || uptimeMs === undefined || startMs < earliestMs) continue
    const offset = startMs - uptimeMs
    const { lowest, highest } = boots.get(bootId) ?? { lowest: offset, highest: offset }
    boots.set(bootId, { lowest: Math.min(lowest, offset), highest: Math.max(highest, offset) })
  }
  return boots
}
