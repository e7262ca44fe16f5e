import type { Clock, ClockTimer } from '../clock.js'
import { catchLater } from '../listeners.js'
import { shown } from '../option-checks.js'
import type { PlayRange, SeekableSource } from './media-source.js'

/**
 * Where the one viewer of a stored presentation is in it: what PLAY, PAUSE and the end of the range do.
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
  #seeking: Promise<unknown> = Promise.resolve()
  #pauseTimer: ClockTimer | undefined

  /** @param onFailed - Told what the source rejects with, or throws when no request waits. */
  constructor(
    source: SeekableSource,
    clock: Clock,
    onFailed: (method: 'resume' | 'pause', error: unknown) => void,
  ) {
    this.#source = source
    this.#clock = clock
    this.#onFailed = onFailed
    this.#endSeconds = source.durationSeconds
  }

  get durationSeconds(): number {
    return this.#source.durationSeconds
  }

  get isPlaying(): boolean {
    return this.#state === 'playing'
  }

  /** Whether it can go on where it is without seeking: it was paused. */
  get isPaused(): boolean {
    return this.#state === 'ready'
  }

  /** From where it is to where it will end. */
  get range(): PlayRange {
    return { startSeconds: this.positionSeconds, endSeconds: this.#endSeconds }
  }

  get positionSeconds(): number {
    return this.#state === 'unsought' ? 0 : this.#source.positionSeconds
  }

  /**
   * Stops, and gets ready to play from about `startSeconds`. One seek waits for the one before.
   *
   * @returns What will really be played.
   * @throws What the source rejects with; a TypeError when it answers no number.
   */
  async seek({ startSeconds, endSeconds }: PlayRange): Promise<PlayRange> {
    this.#cancelPause()
    const sought = this.#seeking.then(() => this.#source.seek({ startSeconds, endSeconds }))
    this.#seeking = sought.catch(() => {})
    const begin: unknown = await sought
    if (typeof begin !== 'number' || !(begin >= 0)) {
      throw new TypeError(`seek of a source must answer where it begins, got ${shown(begin)}`)
    }
    this.#state = 'ready'
    this.#endSeconds = endSeconds
    return { startSeconds: begin, endSeconds }
  }

  resume(): void {
    if (this.#state !== 'ready') return
    this.#state = 'playing'
    const resumed: unknown = this.#source.resume()
    catchLater(resumed, (error) => this.#onFailed('resume', error))
  }

  pause(): void {
    this.#cancelPause()
    if (this.#state !== 'playing') return
    this.#state = 'ready'
    const paused: unknown = this.#source.pause()
    catchLater(paused, (error) => this.#onFailed('pause', error))
  }

  /** Pauses when `seconds` is reached, and then calls `onPaused`; replaces an earlier point. */
  pauseAt(seconds: number, onPaused: () => void): void {
    this.#cancelPause()
    const delayMs = (seconds - this.positionSeconds) * 1000
    this.#pauseTimer = this.#clock.schedule(
      () => {
        try {
          this.pause()
          onPaused()
        } catch (error) {
          this.#onFailed('pause', error)
        }
      },
      delayMs,
      false,
    )
  }

  /** The source has sent the range to its end. */
  rangeEnded(): void {
    this.#cancelPause()
    this.#state = 'over'
  }

  /** Holds nothing any more. Idempotent. */
  close(): void {
    this.#cancelPause()
    this.#state = 'over'
  }

  #cancelPause(): void {
    this.#pauseTimer?.cancel()
    this.#pauseTimer = undefined
  }
}
