/**
 * Items sorted by a numeric key, as a binary heap: the item with the smallest key is known at once.
 * Adding, moving and deleting take a number of steps that grows with the logarithm of the size.
 *
 * ```text
 *          0            items[0] has the smallest key;
 *       /     \         items[n] has no larger key than
 *      1       2        items[2n + 1] and items[2n + 2]
 *     / \     / \
 *    3   4   5   6
 * ```
 */
export class KeyHeap<T extends object> {
  readonly #keyOf: (item: T) => number
  readonly #items: T[] = []
  /** Index of each item in the array of the heap. */
  readonly #places = new Map<T, number>()

  constructor(keyOf: (item: T) => number) {
    this.#keyOf = keyOf
  }

  get size(): number {
    return this.#items.length
  }

  /** Item with the smallest key; `undefined` without items. */
  get first(): T | undefined {
    return this.#items[0]
  }

  /** Smallest key; `Infinity` without items. */
  get smallestKey(): number {
    const { first } = this
    return first === undefined ? Number.POSITIVE_INFINITY : this.#keyOf(first)
  }

  /** Adds an item to the heap, or moves it to its new position after its key has changed. */
  file(item: T): void {
    const place = this.#places.get(item) ?? this.#items.length
    this.#put(item, place)
    this.#sink(item, this.#rise(item, place))
  }

  /** Removes an item from the heap. Idempotent. */
  delete(item: T): void {
    const place = this.#places.get(item)
    if (place === undefined) return
    this.#places.delete(item)
    const last = this.#items.pop() as T
    if (last === item) return
    this.#put(last, place)
    this.#sink(last, this.#rise(last, place))
  }

  /** Moves an item towards the beginning of the heap, until no parent has a larger key. @returns Its new index */
  #rise(item: T, from: number): number {
    const key = this.#keyOf(item)
    let place = from
    while (place > 0) {
      const parentPlace = (place - 1) >> 1
      const parent = this.#items[parentPlace] as T
      if (this.#keyOf(parent) <= key) break
      this.#put(parent, place)
      this.#put(item, parentPlace)
      place = parentPlace
    }
    return place
  }

  /** Moves an item towards the end of the heap, until no child has a smaller key. */
  #sink(item: T, from: number): void {
    const key = this.#keyOf(item)
    for (let place = from; ; ) {
      const childPlace = this.#smallerChild(place)
      const child = this.#items[childPlace]
      if (child === undefined || this.#keyOf(child) >= key) return
      this.#put(child, place)
      this.#put(item, childPlace)
      place = childPlace
    }
  }

  #smallerChild(place: number): number {
    const left = 2 * place + 1
    const [one, other] = [this.#items[left], this.#items[left + 1]]
    const isLeft =
      one === undefined || other === undefined || this.#keyOf(one) <= this.#keyOf(other)
    return isLeft ? left : left + 1
  }

  #put(item: T, place: number): void {
    this.#items[place] = item
    this.#places.set(item, place)
  }
}
