import type { MediaState } from '../public/media.js'

/** State of a media, from `idle` to `ended`, and the listeners of its start and its end. */
export class MediaLife {
  #state: MediaState = 'idle'
  #startedTime: Date | undefined = undefined
  #reason: 'mediaEnded' | 'mediaFailed' | 'sourceChanged' = 'mediaEnded'
  /** Promise that resolves when the source is closed; `undefined` until the media has ended. */
  closing: Promise<void> | undefined
  readonly #startListeners: (() => void)[] = []
  readonly #endListeners: (() => void)[] = []

  get state(): MediaState {
    return this.#state
  }

  get hasEnded(): boolean {
    return this.#state === 'ended'
  }

  /** Time at which the media's source has started; `undefined` before. */
  get startedTime(): Date | undefined {
    return this.#startedTime
  }

  /**
   * Reason with which the sessions of the media's viewers end: the source has ended, failed, or returned with other
   * codecs.
   */
  get endReason(): 'mediaEnded' | 'mediaFailed' | 'sourceChanged' {
    return this.#reason
  }

  /** Calls `listener` once: when the source starts, or at once if it has started already. */
  onStarted(listener: () => void): void {
    if (this.#startedTime) listener()
    else this.#startListeners.push(listener)
  }

  /** Calls `listener` once when the media has ended. */
  onEnded(listener: () => void): void {
    this.#endListeners.push(listener)
  }

  noteStarting(): void {
    this.#state = 'starting'
  }

  /** Notes that the source has started, and calls the listeners of {@link onStarted}. */
  noteStarted(time: Date): void {
    this.#state = 'playing'
    this.#startedTime = time
    for (const listener of this.#startListeners) listener()
  }

  /** Notes that the source has failed, unless the media has ended before. */
  noteFailed(): void {
    if (!this.hasEnded) this.#reason = 'mediaFailed'
  }

  /** Notes that the source has returned with other codecs, unless the media has ended before. */
  noteChanged(): void {
    if (!this.hasEnded) this.#reason = 'sourceChanged'
  }

  /**
   * Notes that the media has ended. The media then releases everything, and calls {@link
   * tellEnded}.
   */
  noteEnded(): void {
    this.#state = 'ended'
  }

  tellEnded(): void {
    for (const listener of this.#endListeners) listener()
  }
}
