import { type Clock, type ClockTimer, scheduleAfterReads } from '../../clock.js'

/**
 * Milliseconds for a peer to send one complete message or frame. A new connection must send its
 * first byte in the same time.
 */
const maxMessageMs = 10_000

/** Position of a connection's parser in the byte stream. */
interface MessageProgress {
  /** True if the parser is between two messages or frames, and has read no part of the next one. */
  readonly isBetweenMessages: boolean
  /** Offset in the byte stream at which the present message begins; different for each message. */
  readonly messageOffset: number
}

/**
 * Closes a connection whose peer takes too long from the first byte of a message to its last, even
 * if bytes keep arriving. Has one timer, which is set again only after it has fired.
 */
export class MessageDeadline {
  readonly #progress: MessageProgress
  readonly #clock: Clock
  readonly #onExceeded: () => void
  #timer: ClockTimer | undefined
  /**
   * Time at which the present message began, in milliseconds of the clock; `undefined` between
   * messages.
   */
  #startedAt: number | undefined
  #messageOffset = -1

  constructor(progress: MessageProgress, clock: Clock, onExceeded: () => void) {
    this.#progress = progress
    this.#clock = clock
    this.#onExceeded = onExceeded
    this.#startedAt = clock.now()
    this.#arm(maxMessageMs)
  }

  /**
   * Notes how far the parser has read, and starts or stops the time for a message. The connection must call this
   * after each read.
   */
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

  /** Returns the milliseconds that remain for the present message; `Infinity` between messages. */
  #leftMs(): number {
    if (this.#startedAt === undefined) return Number.POSITIVE_INFINITY
    return this.#startedAt + maxMessageMs - this.#clock.now()
  }
}
