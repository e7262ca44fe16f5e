const itemsPerPage = 64
const noPage = { items: [] as never[] }

/** A run of items in ascending order of their serial numbers. */
interface Page<T> {
  readonly first: number
  readonly items: T[]
}

/**
 * Items in ascending order of a number, so that a list can be read page by page while items come and
 * go: where a page ended is found again although the item that stood there is gone.
 *
 * Two levels, as in a B-tree: adding and deleting move at most 64 items; finding a place is a binary
 * search.
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

  /** Adds an item whose serial number is higher than all before. */
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

  /** Adds an item at its place. */
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

  /** Removes an item, if it is here. */
  delete(item: T): void {
    const { items }: { readonly items: T[] } =
      this.#pages[this.#pageBefore(this.#serialOf(item))] ?? noPage
    const index = items.indexOf(item)
    if (index < 0) return
    // By hand: `splice` makes an array of what it removes, and `copyWithin` is ten times slower.
    const last = items.length - 1
    for (let to = index; to < last; to++) items[to] = items[to + 1] as T
    items.pop()
    this.#size--
    if (last > 0) return
    this.#emptyPages++
    if (this.#emptyPages * 2 > this.#pages.length) this.#dropEmptyPages()
  }

  /** The items behind a serial number, in order. Those that come or go meanwhile are seen or not. */
  *after(serial: number): Generator<T, void> {
    let last = serial
    for (let batch = this.#batchAfter(last); batch.length > 0; batch = this.#batchAfter(last)) {
      for (const item of batch) {
        last = this.#serialOf(item)
        yield item
      }
    }
  }

  /** Some items behind a serial number; none when there are none. */
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

  /** Index of the last page that begins at or before a serial number, or 0. */
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
