import type { AccessUnit, FileTrack } from './tracks/file-track.js'

/** An access unit with its time in a playback that may repeat the file. */
export interface TimedUnit {
  readonly unit: AccessUnit
  /** Presentation time in seconds since the playback began. */
  readonly seconds: number
  /** Time to send the unit, in milliseconds since the playback began. Never less than for the previous unit. */
  readonly sendMs: number
  /** Time at which the picture or sound frame has been shown to its end, in milliseconds since the playback began. */
  readonly endMs: number
}

export interface TimelineOptions {
  readonly loop: boolean
  /** Time on the file's timeline at which the playback begins, in seconds. */
  readonly originSeconds: number
  /** Length of one round of a loop in seconds, the same for all tracks of a file. */
  readonly roundSeconds: number
}

/**
 * Yields the access units of a track in sending order, and repeats the file if `loop` is set.
 *
 * Pictures that are decoded early but shown late, because of B-frames, stay in decoding order. Each is sent at the
 * earliest presentation time among itself and the units after it.
 *
 * ```text
 *  decoding order  I0 P3 B1 B2 P6 …      (number: presentation time)
 *  sent at          0  1  1  2  4 …
 * ```
 */
export function timeUnits(track: FileTrack, options: TimelineOptions): AsyncGenerator<TimedUnit> {
  return inOrderOfSending(rounds(track, options), track.lookAhead)
}

/** Start and end of the piece of a track that {@link timePiece} yields. */
export interface PieceOptions {
  /** Position in the file, in seconds, at which the piece starts. Pictures and sound before it are left out. */
  readonly startSeconds: number
  /**
   * Position in the file, in seconds, at which the piece ends. Later pictures are left out unless an earlier one needs
   * them for decoding.
   */
  readonly endSeconds: number
}

/**
 * Yields the access units of a piece of a track in sending order. Their times count from the start of the piece.
 *
 * @param units - Units in decoding order, of which a decoder can begin with the first.
 * @param lookAhead - Number of units to look ahead for an earlier presentation time.
 */
export function timePiece(
  units: AsyncIterable<AccessUnit>,
  lookAhead: number,
  options: PieceOptions,
): AsyncGenerator<TimedUnit> {
  return inOrderOfSending(pieceOf(units, lookAhead, options), lookAhead)
}

interface ShownUnit {
  readonly unit: AccessUnit
  readonly seconds: number
}

async function* inOrderOfSending(
  units: AsyncIterable<ShownUnit>,
  lookAhead: number,
): AsyncGenerator<TimedUnit> {
  const waiting: ShownUnit[] = []
  let sendMs = 0
  const next = (): TimedUnit | undefined => {
    const earliest = Math.min(...waiting.map(({ seconds }) => seconds))
    const first = waiting.shift()
    if (!first) return undefined
    sendMs = Math.max(sendMs, earliest * 1000)
    return { ...first, sendMs, endMs: (first.seconds + first.unit.durationSeconds) * 1000 }
  }
  let failure: { readonly error: unknown } | undefined
  try {
    for await (const entry of units) {
      waiting.push(entry)
      if (waiting.length <= lookAhead) continue
      const due = next()
      if (due) yield due
    }
  } catch (error) {
    failure = { error }
  }
  for (let due = next(); due; due = next()) yield due
  // Units before a fault in the file are sent first.
  if (failure) throw failure.error
}

async function* rounds(track: FileTrack, { loop, originSeconds, roundSeconds }: TimelineOptions) {
  let round = 0
  do {
    // A product instead of a sum of rounded values: days of looping do not drift.
    const offset = round * roundSeconds - originSeconds
    for await (const unit of track.accessUnits()) {
      yield { unit, seconds: unit.seconds + offset }
    }
    round++
  } while (loop)
}

/**
 * Maximum seconds by which a picture or sound frame may precede the start of a piece and still be sent: file times are
 * rounded.
 */
const startToleranceSeconds = 0.0005

async function* pieceOf(
  units: AsyncIterable<AccessUnit>,
  lookAhead: number,
  { startSeconds, endSeconds }: PieceOptions,
): AsyncGenerator<ShownUnit> {
  let hasBegun = false
  let beyond: ShownUnit[] = []
  for await (const unit of units) {
    hasBegun ||= unit.isKey
    // Pictures decoded after a key frame but shown before it need earlier pictures (open GOP).
    if (!hasBegun || unit.seconds < startSeconds - startToleranceSeconds) continue
    const shown = { unit, seconds: unit.seconds - startSeconds }
    if (unit.seconds >= endSeconds) {
      beyond.push(shown)
      if (beyond.length > lookAhead) return
      continue
    }
    yield* beyond
    beyond = []
    yield shown
  }
}
