const itemsPerPage = 64

/** A run of items in ascending order of their serial numbers. */
interface Page<T> {
  first: number
  readonly items: T[]
}

/**
 * Items in ascending order of a number, so that a list can be read page by page while items come and
 * go: where a page ended is found again although the item that stood there is gone.
 *
 * Two levels, as in a B-tree: appending and deleting move at most 64 items; finding a place is a
 * binary search.
 */
export class CreationOrder<T extends object> {
  readonly #serialOf: (item: T) => number
  #pages: Page<T>[] = []
  #emptyPages = 0

  constructor(serialOf: (item: T) => number) {
    this.#serialOf = serialOf
  }

  /**
   * Adds an item whose serial number is higher than all before.
   *
   * @returns The page, to be given to {@link deleteFrom}.
   */
  append(serial: number, item: T): object {
    let page = this.#pages.at(-1)
    if (page === undefined || page.items.length >= itemsPerPage) {
      page = { first: serial, items: [] }
      this.#pages.push(page)
    }
    page.items.push(item)
    return page
  }

  /** Removes an item from the page that {@link append} answered. */
  deleteFrom(page: object, item: T): void {
    const { items } = page as Page<T>
    const index = items.indexOf(item)
    if (index < 0) return
    items.copyWithin(index, index + 1)
    items.pop()
    if (items.length > 0) return
    this.#emptyPages++
    if (this.#emptyPages * 2 > this.#pages.length) this.#dropEmptyPages()
  }

  /** The items behind a serial number, in order. The order must not change while it is read. */
  *after(serial: number): Generator<T, void> {
    for (let index = this.#pageBefore(serial); index < this.#pages.length; index++) {
      for (const item of this.#pages[index]?.items ?? []) {
        if (this.#serialOf(item) > serial) yield item
      }
    }
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

  #dropEmptyPages(): void {
    this.#pages = this.#pages.filter((page) => page.items.length > 0)
    this.#emptyPages = 0
  }
}
