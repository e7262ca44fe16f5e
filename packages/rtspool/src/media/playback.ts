import type { Clock } from '../clock.js'
import { catchLater } from '../listeners.js'
import { shown } from '../option-checks.js'
import {
  normalManner,
  type PlayManner,
  type PlayRange,
  type SeekableSource,
} from './media-source.js'

/**
 * Position and state of the one viewer of a stored presentation. PLAY, PAUSE and the end of the
 * range change them.
 *
 * ```text
 *  unsought ──seek──▶ ready ──resume──▶ playing ──end of range──▶ over
 *                       ▲  ◀──pause────────┘                       │
 *                       └──────────────────seek────────────────────┘
 * ```
 */
export class Playback {
  readonly #source: SeekableSource
  readonly #clock: Clock
  readonly #onFailed: (method: 'resume' | 'pause', error: unknown) => void
  #state: 'unsought' | 'ready' | 'playing' | 'over' = 'unsought'
  #endSeconds: number
  #manner = normalManner
  #seeking: Promise<unknown> = Promise.resolve()
  #scheduledPause: { cancel(): void } | undefined

  /**
   * Creates the playback of one viewer, before its first seek.
   *
   * @param onFailed - Called with an error of the source that belongs to no request.
   */
  constructor(
    source: SeekableSource,
    clock: Clock,
    onFailed: (method: 'resume' | 'pause', error: unknown) => void,
  ) {
    this.#source = source
    this.#clock = clock
    this.#onFailed = onFailed
    this.#endSeconds = this.lengthSeconds
  }

  get durationSeconds(): number {
    return this.#source.durationSeconds
  }

  /** Wall clock at the beginning of the presentation, in milliseconds since 1970; `undefined` if it is not known. */
  get clockStartMs(): number | undefined {
    return this.#source.clockStartMs
  }

  /** True while the presentation grows, so that its end is not known. */
  get isGrowing(): boolean {
    return this.#source.isGrowing ?? false
  }

  /** Position in seconds at which the presentation ends; `Infinity` while the presentation grows. */
  get lengthSeconds(): number {
    return this.isGrowing ? Number.POSITIVE_INFINITY : this.durationSeconds
  }

  /**
   * True if the source can play otherwise than forwards at normal rates, for example backwards or with key frames only.
   */
  get hasManners(): boolean {
    return this.#source.rates !== undefined
  }

  /** Rates and choice of pictures (manner) that the last seek requested; {@link normalManner} before the first. */
  get manner(): PlayManner {
    return this.#manner
  }

  /** Rates at which the source really plays, which may differ from the requested ones. */
  get rates(): Pick<PlayManner, 'scale' | 'speed'> {
    return this.#source.rates ?? normalManner
  }

  get isPlaying(): boolean {
    return this.#state === 'playing'
  }

  /** True after a seek or a pause: {@link resume} can continue without another seek. */
  get isPaused(): boolean {
    return this.#state === 'ready'
  }

  /** Range that is still to be played: from the present position to the end of the requested range, in seconds. */
  get range(): PlayRange {
    return { startSeconds: this.positionSeconds, endSeconds: this.#endSeconds }
  }

  get positionSeconds(): number {
    return this.#state === 'unsought' ? 0 : this.#source.positionSeconds
  }

  /**
   * Stops, and prepares to play a range, from about `startSeconds` on. Each seek waits for the previous one.
   *
   * @returns The range that will really be played.
   * @throws The rejection of the source, or a TypeError if the source does not return a number.
   */
  async seek(
    { startSeconds, endSeconds }: PlayRange,
    manner: PlayManner = normalManner,
  ): Promise<PlayRange> {
    this.#cancelPause()
    const sought = this.#seeking.then(() => this.#source.seek({ startSeconds, endSeconds }, manner))
    this.#seeking = sought.catch(() => {})
    const begin: unknown = await sought
    if (typeof begin !== 'number' || !(begin >= 0)) {
      throw new TypeError(
        `seek of a source must return the time at which it begins, got ${shown(begin)}`,
      )
    }
    this.#state = 'ready'
    this.#endSeconds = endSeconds
    this.#manner = manner
    return { startSeconds: begin, endSeconds }
  }

  /**
   * Starts the flow after a seek or a pause; does nothing in other states.
   *
   * @param manner - Rates and choice of pictures. @default those of the last seek
   */
  resume(manner = this.#manner): void {
    if (this.#state !== 'ready') return
    this.#state = 'playing'
    const resumed: unknown = this.#source.resume(manner)
    catchLater(resumed, (error) => this.#onFailed('resume', error))
  }

  pause(): void {
    this.#cancelPause()
    if (this.#state !== 'playing') return
    this.#state = 'ready'
    const paused: unknown = this.#source.pause()
    catchLater(paused, (error) => this.#onFailed('pause', error))
  }

  /**
   * Schedules a pause at the position `seconds`, counted from the beginning of the presentation, and calls `onPaused`
   * after it. Replaces an earlier schedule.
   */
  pauseAt(seconds: number, onPaused: () => void): void {
    this.#cancelPause()
    const pause = (): void => {
      try {
        this.pause()
        onPaused()
      } catch (error) {
        this.#onFailed('pause', error)
      }
    }
    if (this.#source.notifyAt) this.#scheduledPause = this.#pauseBySource(seconds, pause)
    else {
      const { scale, speed } = this.rates
      const delayMs = ((seconds - this.positionSeconds) * 1000) / (scale * speed)
      this.#scheduledPause = this.#clock.schedule(pause, delayMs, false)
    }
  }

  /** Notes that the source has sent the requested range to its end, so that the next PLAY needs a seek. */
  rangeEnded(): void {
    this.#cancelPause()
    this.#state = 'over'
  }

  /** Cancels a scheduled pause, and makes the playback end for good. Idempotent. */
  close(): void {
    this.#cancelPause()
    this.#state = 'over'
  }

  #pauseBySource(seconds: number, pause: () => void): { cancel(): void } {
    let isCancelled = false
    this.#source.notifyAt?.(seconds, () => {
      if (!isCancelled) pause()
    })
    return {
      cancel: () => {
        isCancelled = true
      },
    }
  }

  #cancelPause(): void {
    this.#scheduledPause?.cancel()
    this.#scheduledPause = undefined
  }
}
