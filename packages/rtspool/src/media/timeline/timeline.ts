import type { Clock } from '../../clock.js'
import { Diagnostic, TellSometimes } from '../../listeners.js'
import { shown } from '../../option-checks.js'
import type { TrackPlace } from './track-place.js'

/**
 * Treatment of SSRC, sequence numbers and timestamps when a source jumps, changes its SSRC or returns.
 *
 * - `passThrough`: packets are sent unchanged, and viewers see the source's own numbers.
 * - `continuous`: viewers see one SSRC, sequence numbers and timestamps that continue, and real losses only.
 */
export type TimelinePolicy = 'passThrough' | 'continuous'

export const timelinePolicies: readonly TimelinePolicy[] = ['passThrough', 'continuous']

/**
 * Checks the option `name`, and returns it. @throws {TypeError} If the value is not a timeline
 * policy.
 */
export function checkTimeline(name: string, value: unknown): TimelinePolicy {
  const policy = timelinePolicies.find((candidate) => candidate === value)
  if (policy !== undefined) return policy
  throw new TypeError(`${name} must be 'passThrough' or 'continuous', got ${shown(value)}`)
}

/**
 * Describes a break: a packet whose SSRC, sequence number or timestamp does not continue the
 * packets before. Published on the diagnostics channel `rtspool:timeline-break`. No break are the first packets of a
 * source that was announced: of another publisher, or of a source that returns after a gap.
 */
export interface TimelineBreak extends TrackPlace {
  /**
   * `timestamp`: RTP time has jumped by more than 2 s; `source`: another SSRC; `sequence`: the sequence numbers have
   * begun again.
   */
  readonly kind: 'timestamp' | 'source' | 'sequence'
  /** Timeline policy of the track. Viewers see the break only with `passThrough`. */
  readonly timeline: TimelinePolicy
  /**
   * Number of breaks of the track since the last message, this one included. A track publishes at
   * most one message in 10 s.
   */
  readonly count: number
}

const timelineBreak = new Diagnostic<TimelineBreak>(
  'rtspool:timeline-break',
  'RTSPOOL_TIMELINE_BREAK',
  ({ path, track, kind, timeline }) =>
    `${path}: the packets of track ${track} do not go on from those before (${kind}, timeline ${timeline})`,
)

/** Publishes the breaks of one track, at most one message in 10 s. */
export class TimelineBreaks {
  readonly #place: TrackPlace
  readonly #clock: Clock
  readonly #sometimes = new TellSometimes()

  constructor(place: TrackPlace, clock: Clock) {
    this.#place = place
    this.#clock = clock
  }

  tell(kind: TimelineBreak['kind'], timeline: TimelinePolicy): void {
    const count = this.#sometimes.note(this.#clock.now())
    if (count > 0) timelineBreak.publish({ ...this.#place, kind, timeline, count })
  }
}
