const itemsPerPage = 64
const noPage = { items: [] as never[] }

/** Part of an ordered list: up to 64 items in ascending order of their serial numbers. */
interface Page<T> {
  readonly first: number
  readonly items: T[]
}

/**
 * Items in ascending order of their serial numbers. The list can be read page by page while items
 * are added and deleted, even if the last item of a page has been deleted.
 *
 * The items are stored in pages of at most 64, as in a B-tree. Adding and deleting move the items
 * of one page; finding a position is a binary search.
 */
export class CreationOrder<T extends object> {
  readonly #serialOf: (item: T) => number
  #pages: Page<T>[] = []
  #emptyPages = 0
  #size = 0

  constructor(serialOf: (item: T) => number) {
    this.#serialOf = serialOf
  }

  get size(): number {
    return this.#size
  }

  /** Adds an item to the end of the list. Its serial number must be higher than all others. */
  #append(serial: number, item: T): void {
    let page = this.#pages[this.#pages.length - 1]
    if (page === undefined || page.items.length >= itemsPerPage) {
      page = { first: serial, items: [] }
      this.#pages.push(page)
    } else if (page.items.length === 0) {
      this.#emptyPages--
    }
    page.items.push(item)
    this.#size++
  }

  /** Inserts an item into the list, in front of the first item with a higher serial number. */
  insert(item: T): void {
    const serial = this.#serialOf(item)
    const index = this.#pageBefore(serial)
    const page = this.#pages[index]
    if (page === undefined || (index === this.#pages.length - 1 && this.#isBehind(page, serial))) {
      this.#append(serial, item)
      return
    }
    if (page.items.length === 0) this.#emptyPages--
    const place = page.items.findIndex((other) => this.#serialOf(other) > serial)
    page.items.splice(place < 0 ? page.items.length : place, 0, item)
    this.#size++
    if (page.items.length > itemsPerPage) this.#split(index, page)
  }

  /** Removes an item from the list, if the list contains it. */
  delete(item: T): void {
    const { items }: { readonly items: T[] } =
      this.#pages[this.#pageBefore(this.#serialOf(item))] ?? noPage
    const index = items.indexOf(item)
    if (index < 0) return
    // A loop, because `splice` allocates an array of removed items and `copyWithin` is ten times
    // slower.
    const last = items.length - 1
    for (let to = index; to < last; to++) items[to] = items[to + 1] as T
    items.pop()
    this.#size--
    if (last > 0) return
    this.#emptyPages++
    if (this.#emptyPages * 2 > this.#pages.length) this.#dropEmptyPages()
  }

  /**
   * Returns the items whose serial number is higher than `serial`, in order. Items added or deleted meanwhile may or
   * may not be included. The serial number of a deleted item may change meanwhile.
   */
  *after(serial: number): Generator<T, void> {
    let last = serial
    for (let batch = this.#batchAfter(last); batch.length > 0; batch = this.#batchAfter(last)) {
      last = this.#serialOf(batch[batch.length - 1] as T)
      yield* batch
    }
  }

  /** Returns the next few items whose serial number is higher than `serial`; empty at the end of the list. */
  #batchAfter(serial: number): T[] {
    for (let index = this.#pageBefore(serial); index < this.#pages.length; index++) {
      const { items }: { readonly items: T[] } = this.#pages[index] as Page<T>
      const first = items.findIndex((item) => this.#serialOf(item) > serial)
      if (first >= 0) return items.slice(first)
    }
    return []
  }

  #isBehind(page: Page<T>, serial: number): boolean {
    const last = page.items[page.items.length - 1]
    return last === undefined || this.#serialOf(last) < serial
  }

  /** Returns the index of the last page of items whose first serial number is not above `serial`, or 0. */
  #pageBefore(serial: number): number {
    let low = 0
    let high = this.#pages.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#pages[middle] as Page<T>).first <= serial) low = middle
      else high = middle - 1
    }
    return low
  }

  #split(index: number, page: Page<T>): void {
    const items = page.items.splice(itemsPerPage / 2)
    this.#pages.splice(index + 1, 0, { first: this.#serialOf(items[0] as T), items })
  }

  #dropEmptyPages(): void {
    this.#pages = this.#pages.filter((page) => page.items.length > 0)
    this.#emptyPages = 0
  }
}
