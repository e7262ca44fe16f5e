import { SnapshotError } from './snapshot-error.js'

/** Maximum number of conversions of pictures to JPEG that wait for their turn. */
const maxWaiting = 12

interface Waiting {
  readonly path: string
  start(): void
}

/** Runs conversions of pictures to JPEG: one at a time for each path, and few in all. Further ones wait in order. */
export class ConversionQueue {
  readonly #maxRunning: () => number
  readonly #running = new Set<string>()
  readonly #waiting: Waiting[] = []

  /**
   * @param maxRunning - Returns the maximum number of conversions at a time. Called before each start of a conversion.
   */
  constructor(maxRunning: () => number) {
    this.#maxRunning = maxRunning
  }

  /**
   * Runs `convert` once no other conversion of the path runs and the maximum allows one more.
   *
   * @throws {SnapshotError} `busy` if too many wait already; otherwise the error of `convert`.
   */
  async run<Result>(path: string, convert: () => Promise<Result>): Promise<Result> {
    if (this.#waiting.length >= maxWaiting) {
      throw new SnapshotError('busy', `${maxWaiting} snapshots wait already; try again later`)
    }
    await new Promise<void>((resolve) => {
      this.#waiting.push({ path, start: resolve })
      this.#next()
    })
    try {
      return await convert()
    } finally {
      this.#running.delete(path)
      this.#next()
    }
  }

  #next(): void {
    while (this.#running.size < this.#maxRunning()) {
      const at = this.#waiting.findIndex(({ path }) => !this.#running.has(path))
      const [next] = at < 0 ? [] : this.#waiting.splice(at, 1)
      if (!next) return
      this.#running.add(next.path)
      next.start()
    }
  }
}
