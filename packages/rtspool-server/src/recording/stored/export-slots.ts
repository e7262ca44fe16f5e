/** Limits the number of reads of recordings by clients, such as exports, that run at the same time. */
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
   * Reserves one of the limited places for a read of recordings.
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
