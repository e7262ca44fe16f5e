const initialCapacity = 64
const notFiled = -1

/**
 * Sessions in the order of their last sign of life, to find the one that has been silent for
 * longest.
 *
 * A sign of life does not change this structure. An entry keeps the time at which the session was
 * added, which may be too early. When the entry becomes the first, its time is corrected and the
 * entry moves down. So a sign of life costs nothing until {@link first} is called, and then at most
 * one such move.
 *
 * ```text
 *            added at 10        last sign of life now 70: moves down, and 20 becomes the first
 *           /           \
 *     added at 20    added at 30
 * ```
 */
export class SilenceOrder {
  readonly #silentSince: (handle: number) => number
  readonly #serialOf: (handle: number) => number
  /** Handles of the sessions (their numbers inside the pool), as a binary heap. */
  readonly #heap: number[] = []
  /** Position in the heap, by handle; {@link notFiled} for a handle that is not in the heap. */
  #places = new Int32Array(initialCapacity).fill(notFiled)
  #filedAt = new Float64Array(initialCapacity)

  /**
   * Creates an empty order.
   *
   * @param silentSince - Returns the last sign of life of a session. The value must not decrease
   * while the session is in this structure.
   * @param serialOf - Returns the serial number, by which sessions with equal signs of life are
   * ordered.
   */
  constructor(silentSince: (handle: number) => number, serialOf: (handle: number) => number) {
    this.#silentSince = silentSince
    this.#serialOf = serialOf
  }

  add(handle: number): void {
    if (handle >= this.#places.length) this.#grow(handle)
    this.#filedAt[handle] = this.#silentSince(handle)
    this.#heap.push(handle)
    this.#rise(handle, this.#heap.length - 1)
  }

  delete(handle: number): void {
    const place = this.#places[handle] ?? notFiled
    if (place === notFiled) return
    this.#places[handle] = notFiled
    const last = this.#heap.pop() as number
    if (last === handle) return
    this.#rise(last, place)
    this.#sink(last, this.#places[last] as number)
  }

  /** Returns the handle of the session that has been silent for longest; `undefined` if there is none. */
  first(): number | undefined {
    for (;;) {
      const handle = this.#heap[0]
      if (handle === undefined) return undefined
      const since = this.#silentSince(handle)
      if (since === this.#filedAt[handle]) return handle
      this.#filedAt[handle] = since
      this.#sink(handle, 0)
    }
  }

  #isBefore(handle: number, other: number): boolean {
    const difference = (this.#filedAt[handle] as number) - (this.#filedAt[other] as number)
    return difference < 0 || (difference === 0 && this.#serialOf(handle) < this.#serialOf(other))
  }

  #rise(handle: number, from: number): void {
    let place = from
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = this.#heap[above] as number
      if (!this.#isBefore(handle, parent)) break
      this.#put(parent, place)
      place = above
    }
    this.#put(handle, place)
  }

  #sink(handle: number, from: number): void {
    let place = from
    for (;;) {
      const left = 2 * place + 1
      const child = this.#earlier(left, left + 1)
      if (child === undefined) break
      const below = this.#heap[child] as number
      if (!this.#isBefore(below, handle)) break
      this.#put(below, place)
      place = child
    }
    this.#put(handle, place)
  }

  /**
   * Returns which of two positions in the heap holds the session that was silent first; `undefined`
   * if both are behind the end.
   */
  #earlier(left: number, right: number): number | undefined {
    const first = this.#heap[left]
    const second = this.#heap[right]
    if (first === undefined) return undefined
    return second !== undefined && this.#isBefore(second, first) ? right : left
  }

  #put(handle: number, place: number): void {
    this.#heap[place] = handle
    this.#places[handle] = place
  }

  #grow(handle: number): void {
    const capacity = 2 ** Math.ceil(Math.log2(handle + 2))
    const places = new Int32Array(capacity).fill(notFiled)
    places.set(this.#places)
    this.#places = places
    const filedAt = new Float64Array(capacity)
    filedAt.set(this.#filedAt)
    this.#filedAt = filedAt
  }
}
