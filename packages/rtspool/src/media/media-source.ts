import type { Clock } from '../clock.js'
import { isRecord, kindOf } from '../option-checks.js'
import type { TrackOutput } from '../public/track.js'
import type { SessionDescription } from '../sdp/index.js'

/** Interface through which a source delivers its packets. */
export interface MediaOutput {
  /** One track for each media section of the source's description, in its order. */
  readonly tracks: readonly TrackOutput[]
  readonly clock: Clock
  /**
   * Announces the end of the source: each viewer's session ends with reason `mediaEnded`.
   * Idempotent.
   */
  end(): void
  /**
   * For a {@link SeekableSource}: announces that the range has been sent to its end. The viewer
   * receives RTCP BYE, its session becomes `Ready`, and it may play again.
   */
  rangeEnded(): void
  /**
   * Announces that the source has failed: each viewer's session ends with reason `mediaFailed`. Idempotent.
   */
  fail(): void
  /**
   * Resolves when the viewers have received nearly everything that was pushed: for a source that sends as fast as the
   * transport accepts packets. Resolves at once for viewers over UDP, and after the end of the media.
   */
  drained(): Promise<void>
  /**
   * Announces that the source is away, and may return. Its viewers stay for `holdSeconds` of the
   * {@link MediaFactory}, and receive RTCP. New viewers get the same description, and wait too. After that time the
   * media ends. Packets pushed meanwhile are dropped.
   */
  sourceAway(): void
  /**
   * Announces that the source has returned. If its codecs are those of {@link MediaSource.description}, viewers
   * continue at its next key frame: SSRC, sequence numbers and timestamps go on without a gap, whatever the numbers
   * of the source are. Otherwise each viewer's session ends with reason `sourceChanged`.
   *
   * @param description - Description of the source as it is now.
   * @returns `false` if the media has ended, so that the source must be closed.
   */
  sourceBack(description: SessionDescription): boolean
  /**
   * Announces that the source has changed an attribute of a media section in its description, such
   * as `a=fmtp`. Later DESCRIBEs get the new value. Payload types and clock rates must stay.
   */
  descriptionChanged(): void
}

/**
 * The origin of a {@link Media}'s packets: a file, a camera, an application.
 *
 * It is described before anybody watches, started for the first viewer that plays, and closed once,
 * a while after the last one has left.
 */
export interface MediaSource {
  /** The session description; `a=control` and ports are replaced by the server. */
  readonly description: SessionDescription
  /**
   * True if the source calls `track.mapTime` for each track soon after its first packet, like the
   * RTCP of a publisher. Viewers are sent no time before that, for some seconds at most.
   * @default false: packets without a mapping are timed by `push`
   */
  readonly sendsReports?: boolean
  /**
   * Numeric IP address of the peer that sends the packets, if known. Diagnostics about the packets
   * contain it, so that a log can tell one noisy peer from others.
   * @default none
   */
  readonly remoteAddress?: string | undefined
  /**
   * Gives a live source its output before anybody plays, in the turn in which the media is created.
   * A source that already receives packets may push them from then on. The packets since the last
   * key frame are cached, as with {@link start}, and sent to the first viewer. Without a `gopCache`
   * they are dropped; so are packets pushed before `start` by a source without `prepare`. Not
   * called for a {@link SeekableSource}.
   *
   * If it throws, the request gets 503. If it rejects later, the media ends.
   */
  prepare?(output: MediaOutput): void
  /**
   * Starts the flow of RTP packets into `output.tracks[i].push(packet)`. Each packet is a `Buffer` or another
   * `Uint8Array`. Called at most once.
   *
   * A pushed packet belongs to the library. It is sent at the end of its frame. With a `gopCache` it is kept for new
   * viewers until the next key frame, by default for up to 10 s. So do not write again to the buffer, or to the
   * memory that it is a view of. Create a new buffer for each packet, or push a copy. Views of one larger buffer are
   * fine: if only little of it is pushed, the kept packets are copied.
   *
   * If it rejects, the PLAY that started it gets 503 and the media closes; sessions of other viewers end with reason
   * `mediaFailed`.
   */
  start(output: MediaOutput): void | Promise<void>
  /**
   * Called when a viewer joins a track with key frames while none is kept for it: the viewer waits
   * for the next one. The call must not throw.
   *
   * @param trackIndex - Position of the track in the description.
   */
  keyFrameWanted?(trackIndex: number): void
  /**
   * Stops the flow and releases everything. Called once, even if the source was never started or
   * takes too long to start. An error, or a close of more than 10 s, is published on the
   * diagnostics channel `rtspool:source-close-failed` as `{ path, error }`. Nobody waits for the
   * source after that.
   */
  close(): void | Promise<void>
}

/** A range of a stored presentation, in seconds from its beginning. */
export interface PlayRange {
  /**
   * Beginning of the playback, which is later than `endSeconds` if the range is played backwards. While the presentation
   * grows, the beginning may be later than `durationSeconds`: the source then begins with its newest packets.
   */
  readonly startSeconds: number
  /** End of the playback. `Infinity` if the presentation grows, and the viewer has asked for no end. */
  readonly endSeconds: number
}

/** Manner in which a viewer wants a stored presentation to be played. */
export interface PlayManner {
  /**
   * Rate of the presentation: 1 = normal, 4 = four times as fast, negative = backwards (RFC 2326 section 12.34). RTP
   * timestamps follow the rate, unless `rateControl` is false.
   */
  readonly scale: number
  /** Rate of the delivery, above 0; RTP timestamps do not follow it (RFC 2326 section 12.35). */
  readonly speed: number
  /**
   * False to send as fast as the transport accepts packets, with RTP timestamps of the original time (ONVIF Streaming
   * Specification, `Rate-Control: no`).
   */
  readonly rateControl: boolean
  /**
   * Pictures to send (ONVIF `Frames`): `all`, or `intra` = key frames only. `undefined` if the viewer leaves the choice
   * to the source.
   */
  readonly frames: 'all' | 'intra' | undefined
  /** Minimum milliseconds between two key frames that are sent with `intra`; 0 = every key frame is sent. */
  readonly intraIntervalMs: number
  /**
   * Lowest eight bits of the CSeq of the PLAY, for the RTP header extension of ONVIF replay. `undefined` for a viewer
   * that does not expect the extension.
   */
  readonly replayCSeq: number | undefined
}

/** Manner of a viewer that asks for no other: forwards at normal rates, with the pictures that the source chooses. */
export const normalManner: PlayManner = Object.freeze({
  scale: 1,
  speed: 1,
  rateControl: true,
  frames: undefined,
  intraIntervalMs: 0,
  replayCSeq: undefined,
})

/**
 * A source that can be played from any point, such as a file: its viewer seeks and pauses (RFC 2326
 * sections 10.5 and 10.6). It needs a factory that is not shared. A shared factory refuses it,
 * because the source would have to play as if it were live.
 *
 * `start` only prepares: nothing flows before `seek` and `resume`. Calls of `seek` never overlap.
 */
export interface SeekableSource extends MediaSource {
  readonly durationSeconds: number
  /** Position in seconds of the next packet, or of the end when all packets have been sent. */
  readonly positionSeconds: number
  /**
   * Wall clock at position 0, in milliseconds since 1970. Viewers may then request ranges of time, such as
   * `clock=20261129T100000Z-`.
   * @default ranges in `npt` only
   */
  readonly clockStartMs?: number
  /** True while the presentation still grows: its end is not known, and playback goes on behind `durationSeconds`. */
  readonly isGrowing?: boolean
  /**
   * Rates at which the source really plays since the last `seek`. The source's rates differ from those of the viewer's
   * manner if the source cannot play so.
   * @default the normal rates; the source ignores the manner
   */
  readonly rates?: Pick<PlayManner, 'scale' | 'speed'>
  /**
   * Stops the flow and prepares to play a range, which may end in the middle of the presentation.
   * Calls `startAt` for each track with the next sequence number, without a gap, and the RTP time
   * of the range's start.
   *
   * @returns The real start: a decoder must be able to begin there, so it may be earlier than
   *   requested.
   */
  seek(range: PlayRange, manner: PlayManner): Promise<number>
  /**
   * Starts the flow from the position of `seek` or `pause`. Calls `mapTime` for each track.
   *
   * @param manner - Rates and other wishes (manner) of the last `seek`, but with `replayCSeq` of the PLAY that resumes.
   */
  resume(manner: PlayManner): void
  /** Stops the flow of packets. Calls `startAt` for each track with its RTP time at the present position. */
  pause(): void
  /**
   * Calls `reached` once, when the playback reaches the position `seconds`, before it sends packets from there on. For
   * a source that skips parts without contents. Each call replaces the one before; `seek` and `pause` cancel it.
   * @default the library computes the moment from position and rates
   */
  notifyAt?(seconds: number, reached: () => void): void
}

export const isSeekable = (source: MediaSource): source is SeekableSource => 'seek' in source

/** Explains why a value cannot serve as a media source. Returns `undefined` if it can. */
export function sourceProblem(source: unknown, isShared: boolean): string | undefined {
  const needs = 'a media source needs description, start and close'
  if (!isRecord(source)) return `${needs}, got ${kindOf(source)}`
  const isSeeking = 'seek' in source
  const methods = ['start', 'close', ...(isSeeking ? ['seek', 'resume', 'pause'] : [])]
  const lacking = methods.filter((name) => typeof source[name] !== 'function')
  if (source.prepare !== undefined && typeof source.prepare !== 'function')
    lacking.push('a function prepare')
  if (source.keyFrameWanted !== undefined && typeof source.keyFrameWanted !== 'function')
    lacking.push('a function keyFrameWanted')
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
