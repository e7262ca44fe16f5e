/** Runs a limited number of tasks at a time; the others wait in the order of their arrival. */
export class ConcurrencyLimit {
  readonly #limit: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  /** @param limit - Maximum number of tasks at a time, at least 1. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get waiting(): number {
    return this.#waiting.length
  }

  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#limit) {
      await new Promise<void>((start) => this.#waiting.push(start))
    } else this.#running++
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      // The next task takes the place of the finished one, so the count stays.
      if (next) next()
      else this.#running--
    }
  }
}
