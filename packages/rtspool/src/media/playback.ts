import type { Clock, ClockTimer } from '../clock.js'
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
  #state: 'unsought' | 'ready' | 'playing' | 'over' = 'unsought'
  #endSeconds: number
  #seeking: Promise<unknown> = Promise.resolve()
  #pauseTimer: ClockTimer | undefined

  constructor(source: SeekableSource, clock: Clock) {
    this.#source = source
    this.#clock = clock
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
   * @throws What the source rejects with.
   */
  async seek({ startSeconds, endSeconds }: PlayRange): Promise<PlayRange> {
    this.#cancelPause()
    const sought = this.#seeking.then(() => this.#source.seek({ startSeconds, endSeconds }))
    this.#seeking = sought.catch(() => {})
    const begin = await sought
    this.#state = 'ready'
    this.#endSeconds = endSeconds
    return { startSeconds: begin, endSeconds }
  }

  resume(): void {
    if (this.#state !== 'ready') return
    this.#state = 'playing'
    this.#source.resume()
  }

  pause(): void {
    this.#cancelPause()
    if (this.#state !== 'playing') return
    this.#state = 'ready'
    this.#source.pause()
  }

  /** Pauses when `seconds` is reached, and then calls `onPaused`; replaces an earlier point. */
  pauseAt(seconds: number, onPaused: () => void): void {
    this.#cancelPause()
    const delayMs = (seconds - this.positionSeconds) * 1000
    this.#pauseTimer = this.#clock.schedule(
      () => {
        this.pause()
        onPaused()
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
