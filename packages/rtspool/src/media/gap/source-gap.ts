import type { Clock, ClockTimer } from '../../clock.js'
import { SourceReturn } from '../track/return-gate.js'
import type { Track } from '../track/track.js'

/** Absence of a media's source, during which its viewers stay. */
export class SourceGap {
  readonly #clock: Clock
  readonly #tracks: readonly Track[]
  #holdMs: number
  readonly #onOver: () => void
  #timer: ClockTimer | undefined
  #since: Date | undefined

  /**
   * @param holdMs - Milliseconds that viewers stay; 0 = they leave at once.
   * @param onOver - Called when that time has passed.
   */
  constructor(clock: Clock, tracks: readonly Track[], holdMs: number, onOver: () => void) {
    this.#clock = clock
    this.#tracks = tracks
    this.#holdMs = holdMs
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
    this.cancel()
    const sourceReturn = new SourceReturn(this.#leader?.index, this.#clock.now())
    for (const track of this.#tracks) {
      track.beginGap()
      track.endGap(sourceReturn)
    }
  }

  /** Stops waiting for the source, without calling `onOver`. Idempotent. */
  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#since = undefined
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
