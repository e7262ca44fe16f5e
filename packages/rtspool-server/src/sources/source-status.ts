/**
 * State of a source.
 *
 * ```text
 *  idle ──▶ starting ──▶ running ──▶ waiting ──▶ starting …
 *             └──────────▶ failed: the program cannot be started
 * ```
 */
export type SourceState = 'idle' | 'starting' | 'running' | 'waiting' | 'failed'

/** Reason why a program has ended or could not be started. */
export type SourceFailure = 'exited' | 'stalled' | 'wrongOutput' | 'notStarted'

/** Status of the source of one path. */
export interface SourceStatus {
  readonly path: string
  readonly kind: 'exec'
  readonly state: SourceState
  /** Time at which the state began. */
  readonly since: Date
  /** Time of the next attempt, in the states `waiting` and `failed`; `undefined` = with the next viewer. */
  readonly until: Date | undefined
  /** Reason of the last failure since the source last ran well. */
  readonly reason: SourceFailure | undefined
  /** Starts since the source last ran well. */
  readonly attempts: number
  /** Description of the last failure, without credentials; kept until the source becomes idle. */
  readonly lastError: string | undefined
  /** Bytes of all runs. */
  readonly bytes: number
  /** Name of the program. Its arguments may contain passwords. */
  readonly source: string
  readonly pid: number | undefined
}
