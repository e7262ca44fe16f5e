import { type ReadonlySignal, signal } from '@preact/signals'
import type { RowWindow } from '../elements/index.js'

/** Part of a list, as an operation of the API returns it. */
export interface ListPage<Row> {
  readonly rows: readonly Row[]
  /** Cursor of the next page; absent on the last one. */
  readonly cursor: string | undefined
}

/** Reads the page behind a cursor. */
export type ReadPage<Row> = (cursor: string | undefined) => Promise<ListPage<Row>>

/** A page that was read, and the cursor that leads to it. */
interface ReadPart<Row> {
  from: string | undefined
  rows: readonly Row[]
  next: string | undefined
  /** Rows that no page before it has. */
  shown: number
}

/** Rows that are read beyond those on the screen. */
const rowsAhead = 100

/**
 * A list of the server, read page by page as far as a person scrolls. A refresh reads only the pages
 * on the screen again.
 */
export class PagedList<Row> {
  readonly #keyOf: (row: Row) => string
  readonly #rows = signal<readonly Row[]>([])
  readonly #problem = signal('')
  readonly #isLoading = signal(true)
  readonly #hasMore = signal(false)
  #read: ReadPage<Row> | undefined
  #parts: ReadPart<Row>[] = []
  #window: RowWindow = { first: 0, end: 0 }
  #wantsRestart = false
  #wantsRefresh = false
  #work: Promise<void> | undefined
  #isClosed = false

  /** @param keyOf - Returns the name of a row: two rows with one name are the same. */
  constructor(keyOf: (row: Row) => string) {
    this.#keyOf = keyOf
  }

  get rows(): ReadonlySignal<readonly Row[]> {
    return this.#rows
  }

  /** Sentence about the last request; empty if it succeeded. */
  get problem(): ReadonlySignal<string> {
    return this.#problem
  }

  /** True until the first page of the list is here. */
  get isLoading(): ReadonlySignal<boolean> {
    return this.#isLoading
  }

  /** True if the server has more rows than were read. */
  get hasMore(): ReadonlySignal<boolean> {
    return this.#hasMore
  }

  /** Reads another list, such as that of another filter. The old rows stay until it is here. */
  restart(read: ReadPage<Row>): Promise<void> {
    this.#read = read
    this.#wantsRestart = true
    this.#isLoading.value = true
    return this.#start()
  }

  /** Reads the rows on the screen again. */
  refresh(): Promise<void> {
    this.#wantsRefresh = true
    return this.#start()
  }

  /** Notes the rows on the screen; reads more where they are near the end. */
  see(window: RowWindow): void {
    this.#window = window
    void this.#start()
  }

  close(): void {
    this.#isClosed = true
  }

  #start(): Promise<void> {
    if (!this.#work && this.#nextRead()) this.#work = this.#run()
    return this.#work ?? Promise.resolve()
  }

  /** Reads until nothing is wanted: one request at a time, and the latest wish counts. */
  async #run(): Promise<void> {
    try {
      for (let read = this.#nextRead(); read; read = this.#nextRead()) {
        await read()
        this.#problem.value = ''
        this.#publish()
      }
    } catch (error) {
      this.#problem.value = (error as Error).message
    } finally {
      this.#work = undefined
    }
  }

  /** @returns `undefined` if there is nothing to read. */
  #nextRead(): (() => Promise<void>) | undefined {
    const read = this.#read
    if (!read || this.#isClosed) return undefined
    const last = this.#parts.at(-1)
    if (this.#wantsRestart || !last) return () => this.#readFirst(read)
    if (this.#wantsRefresh) return () => this.#readVisible(read)
    return this.#isNearEnd(last) ? () => this.#readNext(read, last) : undefined
  }

  async #readFirst(read: ReadPage<Row>): Promise<void> {
    this.#wantsRestart = true
    const part = await readPart(read, undefined)
    if (this.#read !== read) return
    this.#wantsRestart = this.#wantsRefresh = false
    this.#isLoading.value = false
    this.#parts = [part]
  }

  async #readVisible(read: ReadPage<Row>): Promise<void> {
    this.#wantsRefresh = false
    let offset = 0
    for (const [index, part] of this.#parts.entries()) {
      const isVisible = offset <= this.#window.end && offset + part.shown >= this.#window.first
      offset += part.shown
      if (!isVisible) continue
      const fresh = await readPart(read, part.from)
      if (this.#wantsRestart) return
      this.#parts[index] = { ...fresh, shown: part.shown }
      const following = this.#parts[index + 1]
      // Another end of this page is another beginning of the next one.
      if (fresh.next === undefined) this.#parts.length = index + 1
      else if (following) following.from = fresh.next
    }
  }

  async #readNext(read: ReadPage<Row>, last: ReadPart<Row>): Promise<void> {
    const part = await readPart(read, last.next)
    if (!this.#wantsRestart) this.#parts.push(part)
  }

  #isNearEnd({ next }: ReadPart<Row>): boolean {
    return next !== undefined && this.#rows.peek().length - this.#window.end < rowsAhead
  }

  /** Joins the pages; a row that has moved between two of them is shown once. */
  #publish(): void {
    const seen = new Set<string>()
    const rows: Row[] = []
    for (const part of this.#parts) {
      const before = rows.length
      for (const row of part.rows) {
        const key = this.#keyOf(row)
        if (seen.has(key)) continue
        seen.add(key)
        rows.push(row)
      }
      part.shown = rows.length - before
    }
    this.#rows.value = rows
    this.#hasMore.value = this.#parts.at(-1)?.next !== undefined
  }
}

async function readPart<Row>(
  read: ReadPage<Row>,
  from: string | undefined,
): Promise<ReadPart<Row>> {
  const { rows, cursor } = await read(from)
  return { from, rows, next: cursor, shown: rows.length }
}
