/** Runs changes one after the other, in the order of the calls. A change that fails stops no later one. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()

  /** @returns Result of the change, or its error. */
  run<Result>(change: () => Result | Promise<Result>): Promise<Result> {
    const result = this.#last.then(change)
    this.#last = result.catch(() => undefined)
    return result
  }
}
