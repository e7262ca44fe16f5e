/**
 * Queue that runs functions, such as changes of a file, one at a time in the order of the calls. The next one runs even
 * if one fails.
 */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs a function after all earlier ones. @returns Result of the function; rejects with its error. */
  run<Result>(change: () => Result | Promise<Result>): Promise<Result> {
    const result = this.#last.then(change)
    this.#last = result.catch(() => undefined)
    return result
  }
}
