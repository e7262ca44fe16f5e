import type { Clock } from '../../clock.js'
import type { Arrival } from './arrival-line.js'
import { CommonJump } from './common-jump.js'
import {
  ContinuousTimeline,
  type SourcePosition,
  type TimelinePlace,
} from './continuous-timeline.js'
import { PromisedSsrc } from './promised-ssrc.js'
import { TimelineBreaks, type TimelinePolicy } from './timeline.js'
import type { TrackPlace } from './track-place.js'
import type { TrackTime } from './track-time.js'

/**
 * Applies the timeline policy of one track: passes its packets through, or rewrites them as one continuous stream.
 */
export class TrackTimeline {
  readonly #clock: Clock
  readonly #time: TrackTime
  readonly #clockRate: number
  readonly #jump: CommonJump
  readonly #breaks: TimelineBreaks
  readonly #isSeekable: boolean
  /** Rewrites the packets as one continuous stream; `undefined` while packets pass through unchanged. */
  #line: ContinuousTimeline | undefined
  #promised: PromisedSsrc | undefined

  constructor(init: {
    readonly place: TrackPlace
    readonly clock: Clock
    readonly time: TrackTime
    readonly clockRate: number
    /**
     * State shared by the tracks of a media, so that all of them follow a jump of RTP time by the
     * same amount.
     */
    readonly jump?: CommonJump | undefined
    /** Treatment of SSRC, sequence numbers and timestamps when the source jumps or changes. @default 'passThrough' */
    readonly policy: TimelinePolicy | undefined
    /** True if the source may jump in RTP time, because its viewer seeks. @default false */
    readonly isSeekable?: boolean | undefined
  }) {
    this.#clock = init.clock
    this.#time = init.time
    this.#clockRate = init.clockRate
    this.#jump = init.jump ?? new CommonJump()
    this.#isSeekable = init.isSeekable ?? false
    this.#breaks = new TimelineBreaks(init.place, init.clock)
    if (init.policy === 'continuous') this.#line = this.#createLine()
  }

  /** True if another source has been announced and has not sent a packet yet. */
  get awaitsSource(): boolean {
    return this.#line?.awaitsSource ?? false
  }

  /**
   * Announces that the next packet comes from another source. The timeline is continuous from now on.
   *
   * @param last - Position of the last packet that was sent; `undefined` before the first.
   */
  expectNewSource(last: SourcePosition | undefined): void {
    this.#line ??= this.#createLine(last)
    this.#line.expectNewSource()
  }

  /**
   * Returns the SSRC that viewers will see of the first source, drawn at random by the first call. Only for a track
   * without a packet or position so far.
   */
  promiseSsrc(): number {
    this.#promised ??= new PromisedSsrc()
    return this.#promised.ssrc
  }

  /**
   * Rewrites the header of a packet in place, if the timeline is continuous or its SSRC was promised. The packet must
   * be valid RTP.
   */
  rewrite(packet: Buffer): void {
    this.#promised?.rewrite(packet)
    this.#line?.rewrite(packet)
  }

  /** Earliest timestamp with which another source may continue; `undefined` if any is possible. */
  get nextTimestamp(): number | undefined {
    return this.#line?.nextTimestamp
  }

  /** Returns the RTP timestamp that viewers see at `clockMs` of the monotonic clock; `undefined` if it is unknown. */
  presentAt(clockMs: number): number | undefined {
    return this.#line?.presentAt(clockMs)
  }

  /**
   * Converts SSRC, sequence number and timestamp of the source to those that viewers see; see
   * {@link ContinuousTimeline.place}.
   */
  place<Position extends SourcePosition>(position: Position, at?: TimelinePlace): SourcePosition {
    const placed = this.#promised?.place(position) ?? position
    return this.#line?.place(placed, at) ?? placed
  }

  /** Timestamp that the last packet would have had without a catch-up; `undefined` if it has this one. */
  get ownTimestamp(): number | undefined {
    return this.#line?.ownTimestamp
  }

  /** Converts a timestamp of the present source to the one that viewers see. */
  timestampOf(timestamp: number): number {
    return this.#line?.timestampOnLine(timestamp) ?? timestamp
  }

  /**
   * Publishes a {@link TimelineBreak} if the RTP time of a packet jumps ahead or back. Does so only for a `passThrough`
   * timeline, and not for a source that seeks.
   */
  noteArrival(arrival: Arrival): void {
    if (this.#line || this.#isSeekable || (arrival !== 'ahead' && arrival !== 'back')) return
    this.#breaks.tell('timestamp', 'passThrough')
  }

  /** Publishes a change of SSRC, which viewers see, as a {@link TimelineBreak}. */
  noteSource(): void {
    this.#breaks.tell('source', 'passThrough')
  }

  #createLine(last?: SourcePosition): ContinuousTimeline {
    return new ContinuousTimeline({
      clock: this.#clock,
      time: this.#time,
      clockRate: this.#clockRate,
      jump: this.#jump,
      onBreak: (kind) => this.#breaks.tell(kind, 'continuous'),
      last,
    })
  }
}
