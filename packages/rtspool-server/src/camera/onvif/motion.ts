import type { Spell } from '../faults.js'

/** A change of the motion that a camera detects. */
export interface MotionChange {
  /** Time of the change, in milliseconds since the beginning of the event subscription. */
  readonly atMs: number
  /** True if motion begins, false if it ends. */
  readonly isMoving: boolean
}

/**
 * Returns the next change of the motion after a time. Motion follows a timetable: `atSeconds` of rest, `seconds` of
 * motion, and so on for ever.
 *
 * @param afterMs - Milliseconds since the beginning of the event subscription; a change at this very time is over.
 */
export function nextMotion({ seconds, atSeconds }: Spell, afterMs: number): MotionChange {
  const [restMs, motionMs] = [atSeconds * 1000, seconds * 1000]
  const roundMs = Math.floor(afterMs / (restMs + motionMs)) * (restMs + motionMs)
  return afterMs < roundMs + restMs
    ? { atMs: roundMs + restMs, isMoving: true }
    : { atMs: roundMs + restMs + motionMs, isMoving: false }
}
