import type { Logger } from 'pino'

/** Switches the level of the log between the configured level and `debug`. */
export class LevelSwitch {
  readonly #log: Logger
  #usual: string

  constructor(log: Logger) {
    this.#log = log
    this.#usual = log.level
  }

  /**
   * Changes the configured level. A log that was switched to debug stays there until {@link
   * toggle}.
   */
  setLevel(level: string): void {
    const isUsual = this.#log.level === this.#usual
    this.#usual = level
    if (isUsual) this.#log.level = level
  }

  /** Switches to debug, or back to the configured level. */
  toggle(): void {
    const level = this.#log.level === this.#usual ? 'debug' : this.#usual
    // Logs the change at any level.
    this.#log.level = 'info'
    this.#log.info({ logLevel: level }, 'level of the log changed')
    this.#log.level = level
  }
}
