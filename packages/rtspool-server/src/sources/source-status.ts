/**
 * States of a source. `starting` and `running` are those of a program, `connecting`, `playing` and `stalled` those of a
 * pull.
 *
 * ```text
 *  idle ──▶ starting, connecting ──▶ running, playing ──▶ (stalled) ──▶ waiting ──▶ starting, connecting …
 *             └─────────────────────▶ failed: repeating alone rarely helps
 * ```
 */
export const sourceStates = [
  ...(['idle', 'starting', 'running', 'connecting', 'playing', 'stalled'] as const),
  ...(['waiting', 'failed'] as const),
] as const
export type SourceState = (typeof sourceStates)[number]

/** Kinds of sources: a program, and a stream that is pulled by RTSP. */
export const sourceKinds = ['exec', 'pull'] as const

/** Reason why a program has ended or could not be started. */
export type ExecFailure = 'exited' | 'stalled' | 'wrongOutput' | 'notStarted'

/** Status of the source of one path. */
export interface SourceStatus {
  readonly path: string
  readonly kind: (typeof sourceKinds)[number]
  readonly state: SourceState
  /** Time at which the state began. */
  readonly since: Date
  /** Time of the next attempt, in the states `waiting` and `failed`; `undefined` = with the next viewer. */
  readonly until: Date | undefined
  /** Reason of the last failure: an {@link ExecFailure}, or a `RelayReason` of the library. */
  readonly reason: string | undefined
  /** Attempts since the source last ran. */
  readonly attempts: number
  /** Description of the last failure, without credentials. */
  readonly lastError: string | undefined
  /** Bytes that the source has sent since it was added. */
  readonly bytes: number
  /** Name of the program, or the URL without credentials. */
  readonly source: string
  /** Transport of the packets of a pull. */
  readonly transport?: string | undefined
  /** Process of the program. */
  readonly pid: number | undefined
}
