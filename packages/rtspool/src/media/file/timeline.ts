import type { AccessUnit, FileTrack } from './tracks/file-track.js'

/** An access unit with its place in a playing that may go round and round. */
export interface TimedUnit {
  readonly unit: AccessUnit
  /** Presentation time in seconds since the playing began. */
  readonly seconds: number
  /** When to send it, in milliseconds since the playing began: never less than for the unit before. */
  readonly sendMs: number
  /** When it has been shown, in milliseconds since the playing began. */
  readonly endMs: number
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
export function timeUnits(track: FileTrack, options: TimelineOptions): AsyncGenerator<TimedUnit> {
  return inOrderOfSending(rounds(track, options), track.lookAhead)
}

/** What {@link timePiece} is to give. */
export interface PieceOptions {
  /** In time of the file; what is shown before is left out. */
  readonly startSeconds: number
  /** What is shown from here on is left out, unless a picture before needs it. */
  readonly endSeconds: number
}

/**
 * The access units of a piece of a track, in the order of sending; position 0 is the start of the piece.
 *
 * @param units - In decoding order, from a unit on that a decoder can start with.
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
  // The units before a fault in the file are sent first.
  if (failure) throw failure.error
}

async function* rounds(track: FileTrack, { loop, originSeconds, roundSeconds }: TimelineOptions) {
  let round = 0
  do {
    // A product, not a sum of roundings: days of looping do not drift.
    const offset = round * roundSeconds - originSeconds
    for await (const unit of track.accessUnits()) {
      yield { unit, seconds: unit.seconds + offset }
    }
    round++
  } while (loop)
}

/** Times in a file are rounded; a unit that belongs to the start must not be missed for that. */
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
    // Pictures that are decoded after a key frame and shown before it need what was before (open GOP).
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
