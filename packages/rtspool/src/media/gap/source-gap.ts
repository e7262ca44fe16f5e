import type { Clock, ClockTimer } from '../../clock.js'
import { SourceReturn } from '../timeline/source-return.js'
import type { Track } from '../track/track.js'

/** Clip that viewers are sent during a gap. */
export interface GapSlate {
  /** Begins the clip, if there is one. Idempotent. */
  start(): void
  /**
   * Ends the clip. Idempotent.
   *
   * @returns Resolves when its source is closed.
   */
  stop(): Promise<void>
}

export interface SourceGapInit {
  readonly clock: Clock
  readonly tracks: readonly Track[]
  /** Milliseconds that viewers stay; 0 = they leave at once. */
  readonly holdMs: number
  readonly slate: GapSlate
  /** Called when the time that viewers stay has passed. */
  readonly onOver: () => void
}

/** Absence of a media's source, during which its viewers stay. */
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

  /** Begins the gap. Packets of the source are dropped until {@link end}. */
  begin(): void {
    if (this.#since) return
    this.#since = new Date(this.#clock.unixTimeMs())
    for (const track of this.#tracks) track.beginGap()
    this.#hold()
    if (this.#since) this.#slate.start()
  }

  /** Changes the milliseconds that viewers stay while the source is away. In a gap, the time counts from now on. */
  set holdMs(holdMs: number) {
    if (holdMs === this.#holdMs) return
    this.#holdMs = holdMs
    if (!this.#since) return
    this.#timer?.cancel()
    this.#hold()
  }

  /** Ends the gap: the source has returned. Viewers continue at its next key frame. */
  end(): void {
    void this.cancel()
    const sourceReturn = new SourceReturn(this.#leader?.index, this.#clock.now())
    for (const track of this.#tracks) {
      track.beginGap()
      track.endGap(sourceReturn)
    }
  }

  /**
   * Stops waiting for the source, without calling `onOver`, and ends the slate. Idempotent.
   *
   * @returns Resolves when the source of the slate is closed.
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

  /** Track whose key frames decide where viewers continue; `undefined` without video. */
  get #leader(): Track | undefined {
    const tracks = this.#tracks
    return (
      tracks.find(({ hasKeyFrames }) => hasKeyFrames) ??
      tracks.find(({ description }) => description.kind === 'video')
    )
  }
}
