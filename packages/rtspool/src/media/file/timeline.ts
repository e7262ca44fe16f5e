import type { AccessUnit, FileTrack } from './file-track.js'

/** An access unit with its place in a playing that may go round and round. */
export interface TimedUnit {
  readonly unit: AccessUnit
  /** Presentation time in seconds since the playing began. */
  readonly seconds: number
  /** When to send it, in milliseconds since the playing began: never less than for the unit before. */
  readonly sendMs: number
}

export interface TimelineOptions {
  readonly loop: boolean
  /** Time in the file at which the playing begins. */
  readonly originSeconds: number
  /** How long one round takes, the same for all tracks of a file. */
  readonly roundSeconds: number
}

/**
 * The access units of a track in the order of sending, round after round.
 *
 * Pictures that are decoded early but shown late (B-frames make that happen) keep the order of decoding:
 * each is sent when the first of it and the units after it is to be shown.
 *
 * ```text
 *  decoding order  I0 P3 B1 B2 P6 …      (number: presentation time)
 *  sent at          0  1  1  2  4 …
 * ```
 */
export async function* timeUnits(
  track: FileTrack,
  options: TimelineOptions,
): AsyncGenerator<TimedUnit> {
  const waiting: { unit: AccessUnit; seconds: number }[] = []
  let sendMs = 0
  const next = (): TimedUnit | undefined => {
    const earliest = Math.min(...waiting.map(({ seconds }) => seconds))
    const first = waiting.shift()
    if (!first) return undefined
    sendMs = Math.max(sendMs, earliest * 1000)
    return { ...first, sendMs }
  }
  for await (const entry of rounds(track, options)) {
    waiting.push(entry)
    if (waiting.length <= track.lookAhead) continue
    const due = next()
    if (due) yield due
  }
  for (let due = next(); due; due = next()) yield due
}

async function* rounds(track: FileTrack, { loop, originSeconds, roundSeconds }: TimelineOptions) {
  let round = 0
  do {
    // A product, not a sum of roundings: days of looping do not drift.
    const offset = round * roundSeconds - originSeconds
    for await (const unit of track.accessUnits()) {
      if (!isPreroll(unit)) yield { unit, seconds: unit.seconds + offset }
    }
    round++
  } while (loop)
}

/** Whether a unit lies before the beginning: what an AAC encoder puts there is never heard. */
export function isPreroll(unit: AccessUnit): boolean {
  return unit.seconds + unit.durationSeconds <= 0
}
