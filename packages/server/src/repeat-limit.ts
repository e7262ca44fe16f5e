import type { Logger } from 'pino'
import { type Clock, type ClockTimer, systemClock } from 'rtspool'

/** Lines of one kind that are written in a window. */
const maxLines = 10
const windowMs = 10_000

type Level = 'debug' | 'warn' | 'error'

/** Lines of one kind in the window that is open. */
interface Repeats {
  readonly level: Level
  readonly message: string
  readonly reason: string
  readonly end: ClockTimer
  count: number
}

/**
 * Logs what peers can cause as often as they like: ten lines of a kind in ten seconds, and then how many more there were.
 */
export class RepeatLimit {
  readonly #log: Logger
  readonly #clock: Clock
  readonly #kinds = new Map<string, Repeats>()

  constructor(log: Logger, clock: Clock = systemClock) {
    this.#log = log
    this.#clock = clock
  }

  /** @param reason - Of a fixed set: with the message it makes the kind. */
  write(level: Level, message: string, reason: string, facts: object): void {
    if (!this.#log.isLevelEnabled(level)) return
    const repeats = this.#repeatsOf(level, message, reason)
    if (++repeats.count <= maxLines) this.#log[level](facts, message)
  }

  /** Tells at once what there was more. */
  close(): void {
    for (const [kind, repeats] of this.#kinds) this.#end(kind, repeats)
  }

  #repeatsOf(level: Level, message: string, reason: string): Repeats {
    const kind = `${level} ${message} ${reason}`
    const known = this.#kinds.get(kind)
    if (known) return known
    const end = this.#clock.schedule(() => this.#end(kind, repeats), windowMs, false)
    const repeats: Repeats = { level, message, reason, end, count: 0 }
    this.#kinds.set(kind, repeats)
    return repeats
  }

  #end(kind: string, { level, message, reason, end, count }: Repeats): void {
    end.cancel()
    this.#kinds.delete(kind)
    const suppressed = count - maxLines
    if (suppressed > 0) {
      this.#log[level]({ reason, suppressed }, `${message}: suppressed ${suppressed} more`)
    }
  }
}
