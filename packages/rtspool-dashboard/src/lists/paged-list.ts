import { type ReadonlySignal, signal } from '@preact/signals'
import { ApiError } from '../api/api-client.js'
import type { RowWindow } from '../elements/index.js'
import { joinParts, type ReadPage, type ReadPart, readPart } from './list-page.js'

/** Number of rows that are read in advance, beyond the last visible row. */
const rowsAhead = 100
/** Milliseconds between a request that has failed and the next attempt. */
const retryMs = 5_000

/**
 * A list of the server, read page by page as far as the user scrolls. A refresh reads the visible
 * pages again. While the top is not visible, new rows there are only counted, so that the visible
 * rows do not move.
 */
export class PagedList<Row> {
  readonly #keyOf: (row: Row) => string
  readonly #rows = signal<readonly Row[]>([])
  readonly #problem = signal('')
  readonly #isLoading = signal(true)
  readonly #hasMore = signal(false)
  readonly #newer = signal(0)
  readonly #isRefused = signal(false)
  #read: ReadPage<Row> | undefined
  #parts: ReadPart<Row>[] = []
  #window: RowWindow = { first: 0, end: 0 }
  #wantsRestart = false
  #wantsRefresh = false
  #work: Promise<void> | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  /**
   * Creates an empty list.
   *
   * @param keyOf - Returns the key of a row. Rows with the same key are the same row.
   */
  constructor(keyOf: (row: Row) => string) {
    this.#keyOf = keyOf
  }

  get rows(): ReadonlySignal<readonly Row[]> {
    return this.#rows
  }

  /** Sentence for the user about a failed request; empty if the last one succeeded. */
  get problem(): ReadonlySignal<string> {
    return this.#problem
  }

  /**
   * True if the server does not accept the filter of the list. No page is read before {@link restart} gives another
   * filter.
   */
  get isRefused(): ReadonlySignal<boolean> {
    return this.#isRefused
  }

  /** True until the first page of the list has arrived, or the request for it has failed. */
  get isLoading(): ReadonlySignal<boolean> {
    return this.#isLoading
  }

  /** True if the server has more rows than were read. */
  get hasMore(): ReadonlySignal<boolean> {
    return this.#hasMore
  }

  /** Number of new rows on the first page since it was last visible; at most one page. */
  get newer(): ReadonlySignal<number> {
    return this.#newer
  }

  /**
   * Reads another list, such as that of another filter. The old rows stay until the first page has arrived.
   *
   * @param read - Function that reads one page of the list.
   */
  restart(read: ReadPage<Row>): Promise<void> {
    this.#read = read
    this.#wantsRestart = true
    this.#isLoading.value = true
    this.#isRefused.value = false
    return this.#start()
  }

  /**
   * Reads the visible pages of the list again.
   *
   * @returns A promise that resolves after the present requests, even if one fails.
   */
  refresh(): Promise<void> {
    this.#wantsRefresh = true
    return this.#start()
  }

  /**
   * Receives the range of visible rows at each change. Reads more rows near the end of the list, and new rows at its
   * top.
   */
  see(window: RowWindow): void {
    this.#window = window
    if (this.#newer.peek() > 0 && this.#isVisible(0, this.#parts[0])) this.#wantsRefresh = true
    // A person who scrolls does not call a server that fails more often.
    if (this.#retry === undefined) void this.#start()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#retry)
  }

  #start(): Promise<void> {
    if (!this.#work && this.#nextRead()) {
      clearTimeout(this.#retry)
      this.#retry = undefined
      this.#work = this.#run()
    }
    return this.#work ?? Promise.resolve()
  }

  /**
   * Reads pages one at a time while a restart, a refresh or a further page is due. A failed request
   * is repeated after {@link retryMs}.
   */
  async #run(): Promise<void> {
    const list = this.#read
    try {
      for (let read = this.#nextRead(); read; read = this.#nextRead()) {
        await read()
        this.#problem.value = ''
        this.#publish()
      }
      this.#work = undefined
    } catch (error) {
      this.#work = undefined
      // Nobody waits for the earlier list any longer.
      if (this.#read !== list) return this.#start()
      this.#fail(error as Error)
    }
  }

  #fail(error: Error): void {
    this.#problem.value = error.message
    this.#isLoading.value = false
    this.#wantsRefresh = true
    const isFinal = error instanceof ApiError && error.isFinal
    if (isFinal && this.#wantsRestart) this.#refuse()
    // The cursor of another page may belong to a server that has started again since.
    if (isFinal) this.#wantsRestart = true
    if (this.#isClosed || this.#isRefused.peek()) return
    this.#retry = setTimeout(() => void this.#start(), retryMs)
  }

  /** Removes all rows of the earlier filter, after the server has rejected the present one. */
  #refuse(): void {
    this.#isRefused.value = true
    this.#parts = []
    this.#newer.value = 0
    this.#publish()
  }

  /**
   * Returns a function that sends the most urgent request: first page, visible pages or next page.
   *
   * @returns `undefined` if there is nothing to read.
   */
  #nextRead(): (() => Promise<void>) | undefined {
    const read = this.#read
    if (!read || this.#isClosed || this.#isRefused.peek()) return undefined
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
    this.#newer.value = 0
    this.#parts = [part]
  }

  async #readVisible(read: ReadPage<Row>): Promise<void> {
    this.#wantsRefresh = false
    let offset = 0
    for (const [index, part] of this.#parts.entries()) {
      const isVisible = this.#isVisible(offset, part)
      offset += part.shown
      if (!isVisible && index > 0) continue
      const fresh = await readPart(read, part.from)
      if (this.#wantsRestart) return
      if (index === 0) this.#newer.value = isVisible ? 0 : this.#countUnknown(fresh)
      if (isVisible) this.#replace(index, part, fresh)
    }
  }

  #isVisible(offset: number, part: ReadPart<Row> | undefined): boolean {
    const { first, end } = this.#window
    return part !== undefined && offset <= end && offset + part.shown >= first
  }

  #countUnknown({ rows }: ReadPart<Row>): number {
    const known = new Set(this.#rows.peek().map(this.#keyOf))
    return rows.filter((row) => !known.has(this.#keyOf(row))).length
  }

  #replace(index: number, { shown }: ReadPart<Row>, fresh: ReadPart<Row>): void {
    this.#parts[index] = { ...fresh, shown }
    const following = this.#parts[index + 1]
    // Another end of this page is another beginning of the next one.
    if (fresh.next === undefined) this.#parts.length = index + 1
    else if (following) following.from = fresh.next
  }

  async #readNext(read: ReadPage<Row>, last: ReadPart<Row>): Promise<void> {
    const part = await readPart(read, last.next)
    if (!this.#wantsRestart) this.#parts.push(part)
  }

  #isNearEnd({ next }: ReadPart<Row>): boolean {
    return next !== undefined && this.#rows.peek().length - this.#window.end < rowsAhead
  }

  #publish(): void {
    this.#rows.value = joinParts(this.#parts, this.#keyOf)
    this.#hasMore.value = this.#parts.at(-1)?.next !== undefined
  }
}
