import type { Clock } from '../../clock.js'
import type { Arrival } from './arrival-line.js'
import { CommonJump } from './common-jump.js'
import { ContinuousTimeline, type SourcePosition } from './continuous-timeline.js'
import { TimelineBreaks, type TimelinePolicy } from './timeline.js'
import type { TrackPlace } from './track-place.js'
import type { TrackTime } from './track-time.js'

/** The timeline of one track, by its policy: passed through, or written as one line. */
export class TrackTimeline {
  readonly #clock: Clock
  readonly #time: TrackTime
  readonly #clockRate: number
  readonly #jump: CommonJump
  readonly #breaks: TimelineBreaks
  /** Where the policy is `continuous`. */
  #line: ContinuousTimeline | undefined

  constructor(init: {
    readonly place: TrackPlace
    readonly clock: Clock
    readonly time: TrackTime
    readonly clockRate: number
    /** Shared by the tracks of a media. */
    readonly jump?: CommonJump | undefined
    /** @default 'passThrough' */
    readonly policy: TimelinePolicy | undefined
  }) {
    this.#clock = init.clock
    this.#time = init.time
    this.#clockRate = init.clockRate
    this.#jump = init.jump ?? new CommonJump()
    this.#breaks = new TimelineBreaks(init.place, init.clock)
    if (init.policy === 'continuous') this.#line = this.#createLine()
  }

  /** Whether another source has been announced, and nothing of it has come. */
  get awaitsSource(): boolean {
    return this.#line?.awaitsSource ?? false
  }

  /**
   * The next packet comes from another source, and the policy is `continuous` from now on.
   *
   * @param last - Where the last packet was.
   */
  expectNewSource(last: SourcePosition | undefined): void {
    this.#line ??= this.#createLine(last)
    this.#line.expectNewSource()
  }

  /** Writes the place of a packet on the line into its header, where there is one. Valid RTP only. */
  rewrite(packet: Buffer): void {
    this.#line?.rewrite(packet)
  }

  /** A position of the source as viewers see it. */
  place<Position extends SourcePosition>(position: Position): SourcePosition {
    return this.#line?.place(position) ?? position
  }

  /** A timestamp of the present source as viewers see it. */
  timestampOf(timestamp: number): number {
    return this.#line?.timestampOnLine(timestamp) ?? timestamp
  }

  /** Viewers see how a packet lies beside those before it. */
  noteArrival(arrival: Arrival): void {
    if (this.#line || (arrival !== 'ahead' && arrival !== 'back')) return
    this.#breaks.tell('timestamp', 'passThrough')
  }

  /** Viewers see another SSRC. */
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
