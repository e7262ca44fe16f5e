/**
 * States of a source.
 *
 * - `idle`: nobody needs the media, and neither program nor connection exists.
 * - `starting` (program), `connecting` (pull): the attempt has brought no media so far.
 * - `running` (program), `playing` (pull): media arrives.
 * - `stalled` (pull): no media has arrived for `stallSeconds`, and the connection is being closed.
 * - `waiting`: the next attempt starts at `until`.
 * - `failed`: an attempt rarely helps without a change, such as of a password or a missing program.
 *
 * ```text
 *  idle ──▶ starting, connecting ──▶ running, playing ──▶ (stalled) ──▶ waiting ──▶ starting, connecting …
 *             └─────────────────────▶ failed
 * ```
 */
export const sourceStates = [
  ...(['idle', 'starting', 'running', 'connecting', 'playing', 'stalled'] as const),
  ...(['waiting', 'failed'] as const),
] as const
export type SourceState = (typeof sourceStates)[number]

/** Kinds of sources: `exec` = a program writes the media, `pull` = the server pulls a stream by RTSP. */
export const sourceKinds = ['exec', 'pull'] as const

/**
 * Reason why a program has failed.
 *
 * - `exited`: the program has ended by itself.
 * - `stalled`: no access unit has arrived in time.
 * - `wrongOutput`: the output is not in the stated format, or has no stream that can be served.
 * - `notStarted`: the program could not be started.
 */
export type ExecFailure = 'exited' | 'stalled' | 'wrongOutput' | 'notStarted'

/** Status of the source of one path. */
export interface SourceStatus {
  readonly path: string
  readonly kind: (typeof sourceKinds)[number]
  readonly state: SourceState
  /** Time at which the source entered its present state. */
  readonly since: Date
  /**
   * Time of the next attempt, in the states `waiting` and `failed`; `undefined` = with the next viewer. Of a failed pull
   * without viewers, the time from which a viewer starts the next attempt.
   */
  readonly until: Date | undefined
  /** Reason of the last failure: an {@link ExecFailure}, or a `RelayReason` of the library for a pull. */
  readonly reason: string | undefined
  /** Number of attempts (starts of the program, or connections) since media last arrived, the present one included. */
  readonly attempts: number
  /** Description of the last failure, without credentials. */
  readonly lastError: string | undefined
  /** Number of bytes that the source has sent to the server since it was added. */
  readonly bytes: number
  /** Name of the program, or the URL that is used or tried, without credentials. */
  readonly source: string
  /** URLs of a pull in the order of preference, without credentials; absent for a program. */
  readonly sources?: readonly string[] | undefined
  /** Transport of the packets of a pull; absent for a program, and without a connection. */
  readonly transport?: string | undefined
  /** Process id of the program; `undefined` for a pull, and while no program runs. */
  readonly pid: number | undefined
}
