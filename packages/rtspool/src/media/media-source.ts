import type { Clock } from '../clock.js'
import { isRecord, kindOf } from '../option-checks.js'
import type { SessionDescription } from '../sdp/index.js'
import type { Track } from './track/track.js'

/** Where a source delivers to. */
export interface MediaOutput {
  /** One track for each media section of the source's description, in its order. */
  readonly tracks: readonly Track[]
  readonly clock: Clock
  /** Says that nothing more will come: each viewer leaves with reason `mediaEnded`. Idempotent. */
  end(): void
  /**
   * Of a {@link SeekableSource}: the range that was sought has been sent to its end. The viewer hears RTCP BYE,
   * its session is `Ready`, and it may play again.
   */
  rangeEnded(): void
}

/**
 * Where the packets of a {@link Media} come from: a file, a camera, an application.
 *
 * It is described before anybody watches, started for the first viewer that plays, and closed once, a while
 * after the last one has left.
 */
export interface MediaSource {
  /** The session description; `a=control` and ports are replaced by the server. */
  readonly description: SessionDescription
  /**
   * Whether `track.mapTime` will be called for each track soon after its first packet, as RTCP of a publisher
   * does: viewers are told no time before that, for some seconds at most.
   * @default false: what is not mapped is timed by `push`
   */
  readonly sendsReports?: boolean
  /**
   * Numeric IP address of the peer that sends the packets, where it is known: diagnostics about the packets name the peer,
   * so that a log can tell one noisy peer from others.
   * @default none
   */
  readonly remoteAddress?: string | undefined
  /**
   * Tells a live source where its packets go before anybody plays, in the turn in which it is made. A source whose packets
   * come already may push them from then on: they are kept from the last key frame on as {@link start} says, and the first
   * viewer begins with them as later ones do. Without a `gopCache` they are thrown away, as are those that come before
   * `start` where a source has no `prepare`. Not called for a {@link SeekableSource}.
   *
   * What it throws answers the request with 503; when it rejects later, the media ends.
   */
  prepare?(output: MediaOutput): void
  /**
   * Starts the flow of RTP packets into `output.tracks[i].push(packet)`, each a `Buffer` or another `Uint8Array`. Called
   * at most once.
   *
   * A packet that has been pushed belongs to the library, for as long as it has a use for it: it is sent at the end of
   * its frame, and with a `gopCache` it is kept for new viewers until the next key frame, by default for up to 10 s. So
   * neither the buffer nor the memory that it is a view of may be written to again: make a new one for each packet, or
   * push a copy. Views of one larger buffer are fine: where little of it is pushed, what is kept is copied out of it.
   *
   * A rejection answers the PLAY that started it with 503 and closes the media; its viewers leave with reason
   * `mediaFailed`.
   */
  start(output: MediaOutput): void | Promise<void>
  /**
   * Stops the flow and gives everything back. Called once, also when it was never started or takes too long to
   * start. What it throws, and that it takes longer than 10 s, is published on the diagnostics channel
   * `rtspool:source-close-failed` as `{ path, error }`; nobody waits for it any longer.
   */
  close(): void | Promise<void>
}

/** A piece of a stored presentation, in seconds from its beginning. */
export interface PlayRange {
  readonly startSeconds: number
  readonly endSeconds: number
}

/**
 * A source that can be played from any point, as a file can: its viewer seeks and pauses (RFC 2326 sections 10.5
 * and 10.6). It needs a factory that is not shared; in one that is, it would have to be played as if it were live,
 * which is refused.
 *
 * `start` only prepares: nothing flows before `seek` and `resume`. Calls of `seek` never overlap.
 */
export interface SeekableSource extends MediaSource {
  readonly durationSeconds: number
  /** Where it is: that of the next packet, or the end when all has been sent. */
  readonly positionSeconds: number
  /**
   * Stops the flow and gets ready to play a range, whose end may be in the middle of the presentation. For each
   * track `startAt` is called with the next sequence number, without a gap, and the RTP time of where it begins.
   *
   * @returns Where it really begins: a decoder must be able to, so that it may be earlier than asked.
   */
  seek(range: PlayRange): Promise<number>
  /** Lets it flow, from where `seek` or `pause` has left it. Calls `mapTime` for each track. */
  resume(): void
  /** Stops the flow; calls `startAt` for each track with the RTP time of the position. */
  pause(): void
}

export const isSeekable = (source: MediaSource): source is SeekableSource => 'seek' in source

/** What keeps that which a factory was given from being a source of its media; `undefined` = nothing. */
export function sourceProblem(source: unknown, isShared: boolean): string | undefined {
  const needs = 'a media source needs description, start and close'
  if (!isRecord(source)) return `${needs}, got ${kindOf(source)}`
  const isSeeking = 'seek' in source
  const methods = ['start', 'close', ...(isSeeking ? ['seek', 'resume', 'pause'] : [])]
  const lacking = methods.filter((name) => typeof source[name] !== 'function')
  if (source.prepare !== undefined && typeof source.prepare !== 'function')
    lacking.push('a function prepare')
  if (source.remoteAddress !== undefined && typeof source.remoteAddress !== 'string')
    lacking.push('a string remoteAddress')
  if (isSeeking && !isDuration(source.durationSeconds)) lacking.push('durationSeconds')
  if (!isDescription(source.description)) lacking.unshift('description')
  if (lacking.length > 0) return `${needs}, got ${kindOf(source)} without ${lacking.join(', ')}`
  return isShared && isSeeking
    ? 'a source that seeks needs a MediaFactory with shared: false'
    : undefined
}

const isDuration = (value: unknown): boolean => typeof value === 'number' && value >= 0

const isDescription = (value: unknown): boolean =>
  isRecord(value) && isRecord(value.session) && Array.isArray(value.media)
