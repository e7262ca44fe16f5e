/** Limits the number of files that clients read at the same time. */
export class ExportSlots {
  readonly #max: number
  #count = 0

  constructor(max: number) {
    this.#max = max
  }

  get count(): number {
    return this.#count
  }

  /**
   * Takes a place.
   *
   * @returns A function that gives the place back, idempotent; `undefined` if no place is free.
   */
  take(): (() => void) | undefined {
    if (this.#count >= this.#max) return undefined
    this.#count++
    let isTaken = true
    return () => {
      if (isTaken) this.#count--
      isTaken = false
    }
  }
}
