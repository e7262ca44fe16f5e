/**
 * Runs changes one after the other, in the order of the calls. Later changes run even if one fails.
 */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs a change after all earlier ones. @returns Result of the change, or its error. */
  run<Result>(change: () => Result | Promise<Result>): Promise<Result> {
    const result = this.#last.then(change)
    this.#last = result.catch(() => undefined)
    return result
  }
}
