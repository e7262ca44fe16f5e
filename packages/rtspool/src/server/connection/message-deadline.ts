import { type Clock, type ClockTimer, scheduleAfterReads } from '../../clock.js'

/** Time for a peer to send one whole message or frame, and to begin the first. */
const maxMessageMs = 10_000

/** Progress of a watched parser. */
interface MessageProgress {
  /** True if no message has begun without having ended. */
  readonly isBetweenMessages: boolean
  /** Different for each message. */
  readonly messageOffset: number
}

/**
 * Closes a connection whose peer takes too long from the first byte of a message to its last, even
 * if bytes keep arriving. It has one timer, which is moved only when it fires.
 */
export class MessageDeadline {
  readonly #progress: MessageProgress
  readonly #clock: Clock
  readonly #onExceeded: () => void
  #timer: ClockTimer | undefined
  /** Start of the current message, in milliseconds of the clock. */
  #startedAt: number | undefined
  #messageOffset = -1

  constructor(progress: MessageProgress, clock: Clock, onExceeded: () => void) {
    this.#progress = progress
    this.#clock = clock
    this.#onExceeded = onExceeded
    this.#startedAt = clock.now()
    this.#arm(maxMessageMs)
  }

  /** Call after each read. */
  update(): void {
    const { isBetweenMessages, messageOffset } = this.#progress
    if (isBetweenMessages) {
      this.#startedAt = undefined
    } else if (messageOffset !== this.#messageOffset) {
      this.#messageOffset = messageOffset
      this.#startedAt = this.#clock.now()
      if (!this.#timer) this.#arm(maxMessageMs)
    }
  }

  cancel(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #arm(delayMs: number): void {
    const mustWait = (): boolean => this.#leftMs() <= 0
    this.#timer = scheduleAfterReads(this.#clock, () => this.#look(), delayMs, { mustWait })
  }

  #look(): void {
    this.#timer = undefined
    const leftMs = this.#leftMs()
    if (leftMs === Number.POSITIVE_INFINITY) return
    if (leftMs > 0) this.#arm(leftMs)
    else this.#onExceeded()
  }

  /** Milliseconds that the peer still has; infinite while nothing has begun. */
  #leftMs(): number {
    if (this.#startedAt === undefined) return Number.POSITIVE_INFINITY
    return this.#startedAt + maxMessageMs - this.#clock.now()
  }
}
