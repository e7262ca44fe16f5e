import type { Clock, ClockTimer } from '../../clock.js'
import { SourceReturn } from '../timeline/source-return.js'
import type { Track } from '../track/track.js'

/** Clip (slate) that viewers are sent while the source of their media is away. */
export interface GapSlate {
  /** Starts to send the clip to viewers, if the media has one. Idempotent. */
  start(): void
  /**
   * Ends the clip, because the source has returned or the media ends. Idempotent.
   *
   * @returns Resolves when the source of the clip is closed.
   */
  stop(): Promise<void>
}

export interface SourceGapInit {
  readonly clock: Clock
  readonly tracks: readonly Track[]
  /** Milliseconds that viewers may stay while the source is away; 0 = they leave at once. */
  readonly holdMs: number
  readonly slate: GapSlate
  /** Called when the source has been away for `holdMs`, so that viewers must leave. */
  readonly onOver: () => void
}

/**
 * Absence (gap) of a media's source, during which its viewers stay and may be sent a clip. Calls `onOver` if the source
 * does not return in time.
 */
export class SourceGap {
  readonly #clock: Clock
  readonly #tracks: readonly Track[]
  #holdMs: number
  readonly #slate: GapSlate
  readonly #onOver: () => void
  #timer: ClockTimer | undefined
  #since: Date | undefined

  constructor({ clock, tracks, holdMs, slate, onOver }: SourceGapInit) {
    this.#clock = clock
    this.#tracks = tracks
    this.#holdMs = holdMs
    this.#slate = slate
    this.#onOver = onOver
  }

  /** Time since which the source has been away; `undefined` while it is there. */
  get since(): Date | undefined {
    return this.#since
  }

  /** Notes that the source is away now. Packets of the source are dropped until {@link end}. */
  begin(): void {
    if (this.#since) return
    this.#since = new Date(this.#clock.unixTimeMs())
    for (const track of this.#tracks) track.beginGap()
    this.#hold()
    if (this.#since) this.#slate.start()
  }

  /**
   * Changes the milliseconds that viewers stay while the source is away. While the source is away already, the time
   * counts from now on.
   */
  set holdMs(holdMs: number) {
    if (holdMs === this.#holdMs) return
    this.#holdMs = holdMs
    if (!this.#since) return
    this.#timer?.cancel()
    this.#hold()
  }

  /**
   * Notes that the source has returned, and ends the clip (slate). Viewers continue at the next key frame of the
   * source.
   */
  end(): void {
    void this.cancel()
    const sourceReturn = new SourceReturn(this.#leader?.index, this.#clock.now())
    for (const track of this.#tracks) {
      track.beginGap()
      track.endGap(sourceReturn)
    }
  }

  /**
   * Stops waiting for the source, without calling `onOver`, and ends the clip (slate) that viewers are sent meanwhile.
   * Idempotent.
   *
   * @returns Resolves when the source of the clip is closed.
   */
  cancel(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#since = undefined
    return this.#slate.stop()
  }

  #hold(): void {
    if (this.#holdMs === 0) this.#onOver()
    else if (this.#holdMs < Number.POSITIVE_INFINITY) {
      this.#timer = this.#clock.schedule(this.#onOver, this.#holdMs, false)
    }
  }

  /**
   * Track whose next key frame decides when viewers continue after the return of the source; `undefined` without video.
   */
  get #leader(): Track | undefined {
    const tracks = this.#tracks
    return (
      tracks.find(({ hasKeyFrames }) => hasKeyFrames) ??
      tracks.find(({ description }) => description.kind === 'video')
    )
  }
}
