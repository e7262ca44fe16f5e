import type { RtspClientTransport } from '../client/rtsp-client.js'
import type { RtspErrorCode } from '../errors.js'

/**
 * State of the connection from a relay to its source.
 *
 * - `idle`: nobody needs the stream, and there is no connection.
 * - `connecting`: a connection is being opened, or plays without a packet so far.
 * - `playing`: packets arrive.
 * - `stalled`: no video has arrived for `stallSeconds`, and the connection is being closed.
 * - `waiting`: the last attempt has failed; the next one starts at `until`.
 * - `failed`: only a change of options or source can help, such as another password. An attempt at `until` is rare.
 */
export type RelayState = 'idle' | 'connecting' | 'playing' | 'stalled' | 'waiting' | 'failed'

/**
 * Reason why a relay has no connection.
 *
 * - `unreachable`: no connection could be opened.
 * - `timeout`: the source has not responded in time.
 * - `disconnected`: the connection has ended.
 * - `stalled`: no video has arrived for `stallSeconds`.
 * - `ended`: the source has said BYE for every track.
 * - `refused`: the source has refused a request, or its response could not be used.
 * - `updated`: `update()` has closed the connection, to connect anew.
 * - `unauthorized`: the source requires other credentials.
 * - `notFound`: the source has no such stream.
 * - `unsupported`: the source offers no transport, method or track that the relay can use.
 * - `certificate`: the certificate of the source is not the pinned one.
 * - `loop`: the source is the relay itself, directly or through other relays.
 */
export type RelayReason =
  | 'unreachable'
  | 'timeout'
  | 'disconnected'
  | 'stalled'
  | 'ended'
  | 'refused'
  | 'updated'
  | 'unauthorized'
  | 'notFound'
  | 'unsupported'
  | 'certificate'
  | 'loop'

/** Last error or other end of a connection of a relay, without secrets. */
export interface RelayError {
  /** Code of the `ClientError` that ended the connection; `undefined` for any other end, such as a stall. */
  readonly code: RtspErrorCode | undefined
  /** RTSP status code of the source's response, or 0 without one. */
  readonly statusCode: number
  readonly message: string
  readonly time: Date
}

/** State of a relay at one moment. All times are wall-clock times. */
export interface RelayStatus {
  readonly state: RelayState
  /** Time at which the relay has entered its present state. */
  readonly since: Date
  /**
   * Time of the next attempt, in the states `waiting` and `failed`; `undefined` if there is none. In the state `failed`
   * without viewers, the time from which a new viewer starts the next attempt.
   */
  readonly until: Date | undefined
  /**
   * Reason why there is no connection; `undefined` in the states `idle` and `playing`, and during the first attempt.
   */
  readonly reason: RelayReason | undefined
  /** Number of attempts to connect since packets last arrived, the present one included. */
  readonly attempts: number
  /** Last error of a connection or an attempt, even if packets arrive again; `undefined` before the first. */
  readonly lastError: RelayError | undefined
  /** Bytes of RTP received since the relay was created. */
  readonly bytes: number
  /** URL of the source that is used or tried, without credentials. */
  readonly source: string
  /** URLs of all sources in the order of preference, without credentials. */
  readonly sources: readonly string[]
  /** Transport over which packets arrive from the source; `undefined` without a connection. */
  readonly transport: RtspClientTransport | undefined
}
