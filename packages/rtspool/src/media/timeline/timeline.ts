import type { Clock } from '../../clock.js'
import { Diagnostic } from '../../listeners.js'
import { shown } from '../../option-checks.js'
import type { TrackPlace } from './track-place.js'

/**
 * Treatment of SSRC, sequence numbers and timestamps when a source jumps, changes its SSRC or
 * returns.
 *
 * - `passThrough`: packets go on unchanged, and viewers see what the source does.
 * - `continuous`: viewers see one SSRC, sequence numbers and timestamps that continue, and real
 *   losses only.
 */
export type TimelinePolicy = 'passThrough' | 'continuous'

export const timelinePolicies: readonly TimelinePolicy[] = ['passThrough', 'continuous']

/** @throws {TypeError} If the value is not a policy. */
export function checkTimeline(name: string, value: unknown): TimelinePolicy {
  const policy = timelinePolicies.find((candidate) => candidate === value)
  if (policy !== undefined) return policy
  throw new TypeError(`${name} must be 'passThrough' or 'continuous', got ${shown(value)}`)
}

/**
 * A packet that does not continue the packets before it, as published on the diagnostics channel
 * `rtspool:timeline-break`.
 */
export interface TimelineBreak extends TrackPlace {
  /**
   * `timestamp`: RTP time has jumped by more than 2 s; `source`: another SSRC, or another
   * publisher; `sequence`: the sequence numbers have begun again.
   */
  readonly kind: 'timestamp' | 'source' | 'sequence'
  /** Policy of the track: decides if viewers see the break. */
  readonly timeline: TimelinePolicy
  /** Breaks of the track since the last message, including this one: at most one message in 10 s. */
  readonly count: number
}

const timelineBreak = new Diagnostic<TimelineBreak>(
  'rtspool:timeline-break',
  'RTSPOOL_TIMELINE_BREAK',
  ({ path, track, kind, timeline }) =>
    `${path}: the packets of track ${track} do not go on from those before (${kind}, timeline ${timeline})`,
)

/** Interval of messages about a source that jumps with each packet. */
const tellIntervalMs = 10_000

/** Publishes the breaks of one track. */
export class TimelineBreaks {
  readonly #place: TrackPlace
  readonly #clock: Clock
  #toldAt = Number.NEGATIVE_INFINITY
  #count = 0

  constructor(place: TrackPlace, clock: Clock) {
    this.#place = place
    this.#clock = clock
  }

  tell(kind: TimelineBreak['kind'], timeline: TimelinePolicy): void {
    this.#count++
    const now = this.#clock.now()
    if (now - this.#toldAt < tellIntervalMs) return
    this.#toldAt = now
    const message: TimelineBreak = { ...this.#place, kind, timeline, count: this.#count }
    this.#count = 0
    timelineBreak.publish(message)
  }
}
