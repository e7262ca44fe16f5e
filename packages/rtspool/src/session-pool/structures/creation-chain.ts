import {
  chainNextField,
  chainPreviousField,
  HandleRecords,
  recordSize,
  serialHighField,
  serialLowField,
} from './handle-records.js'

const none = -1
const two32 = 2 ** 32
/**
 * Number of serial numbers that share one mark: a pointer into the list of sessions in order of creation. Marks limit
 * the steps to find a serial number in the list.
 */
const serialsPerMark = 1024

/**
 * Handles (numbers of sessions in a pool) in the order in which they were added, each with a serial
 * number.
 *
 * A doubly linked list in a typed array, so that adding and deleting cost a few writes. One mark
 * for every 1024 serial numbers points to the first remaining handle among them. So a list that is
 * read page by page continues at the right place, even if the last session of a page has been
 * removed.
 */
export class CreationChain {
  readonly #records: HandleRecords
  #first = none
  #last = none
  #serial = 0
  /**
   * Marks (pointers into the list): the first remaining handle, or `none`, for each 1024 serial numbers. The first
   * entry belongs to the mark with number `#firstMark`.
   */
  #marks: number[] = []
  #firstMark = 0

  /**
   * Creates an empty list of handles.
   *
   * @param records - Storage for the links, which the structures of one pool share.
   */
  constructor(records = new HandleRecords()) {
    this.#records = records
  }

  /** Serial number of the handle that was added last. */
  get serial(): number {
    return this.#serial
  }

  /** Appends a handle (number of a session) to the list. @returns its serial number */
  append(handle: number): number {
    this.#records.reserve(handle)
    const { ints } = this.#records
    const base = handle * recordSize
    const serial = ++this.#serial
    ints[base + serialLowField] = serial | 0
    ints[base + serialHighField] = Math.floor(serial / two32)
    ints[base + chainPreviousField] = this.#last
    ints[base + chainNextField] = none
    if (this.#last === none) this.#first = handle
    else ints[this.#last * recordSize + chainNextField] = handle
    this.#last = handle
    this.#markAppended(serial, handle)
    return serial
  }

  delete(handle: number): void {
    const { ints } = this.#records
    const base = handle * recordSize
    const next = ints[base + chainNextField] as number
    const previous = ints[base + chainPreviousField] as number
    if (next === none) this.#last = previous
    else ints[next * recordSize + chainPreviousField] = previous
    if (previous === none) this.#first = next
    else ints[previous * recordSize + chainNextField] = next
    this.#markDeleted(handle, next)
    ints[base + serialLowField] = 0
    ints[base + serialHighField] = 0
  }

  /** Returns the serial number that a handle got when it was appended; 0 if the list does not contain the handle. */
  serialOf(handle: number): number {
    const { ints } = this.#records
    const base = handle * recordSize
    const high = ints[base + serialHighField] ?? 0
    return high * two32 + ((ints[base + serialLowField] ?? 0) >>> 0)
  }

  /** Returns the first handle whose serial number is higher than `serial`; `undefined` if there is none. */
  firstAfter(serial: number): number | undefined {
    let handle = this.#markedAt(serial)
    while (handle !== none && this.serialOf(handle) <= serial) handle = this.#nextOf(handle)
    return handle === none ? undefined : handle
  }

  /**
   * Returns the handle that follows `handle` in the list; `undefined` at the end. `handle` had the serial number
   * `serial`, and may have been deleted since.
   */
  nextOf(handle: number, serial: number): number | undefined {
    if (this.serialOf(handle) !== serial) return this.firstAfter(serial)
    const next = this.#nextOf(handle)
    return next === none ? undefined : next
  }

  /** Removes all marks (pointers into the list of handles). Called when the list is empty. */
  reset(): void {
    this.#marks = []
    this.#firstMark = markOf(this.#serial + 1)
  }

  /**
   * Returns a handle from which to search for `serial`. Serial numbers are grouped in blocks of 1024. The handle is the
   * oldest one that is left in the block of `serial`, so its own number may be lower. Without one, it is the oldest of
   * the next block that has any; {@link none} if no block has.
   */
  #markedAt(serial: number): number {
    const from = markOf(serial) - this.#firstMark
    if (from <= 0) return this.#first
    for (let index = from; index < this.#marks.length; index++) {
      const handle = this.#marks[index] as number
      if (handle !== none) return handle
    }
    return none
  }

  #markAppended(serial: number, handle: number): void {
    const index = markOf(serial) - this.#firstMark
    if (index < this.#marks.length) {
      if (this.#marks[index] === none) this.#marks[index] = handle
      return
    }
    this.#dropLeadingMarks()
    this.#marks.push(handle)
  }

  #markDeleted(handle: number, next: number): void {
    const mark = markOf(this.serialOf(handle))
    const index = mark - this.#firstMark
    if (this.#marks[index] !== handle) return
    const isSameMark = next !== none && markOf(this.serialOf(next)) === mark
    this.#marks[index] = isSameMark ? next : none
  }

  /** Removes the first marks (pointers into the list) as long as all 1024 handles of the mark have been deleted. */
  #dropLeadingMarks(): void {
    let count = 0
    while (this.#marks[count] === none) count++
    if (count === 0 || count * 2 < this.#marks.length) return
    this.#marks.splice(0, count)
    this.#firstMark += count
  }

  #nextOf(handle: number): number {
    return this.#records.ints[handle * recordSize + chainNextField] as number
  }
}

function markOf(serial: number): number {
  return Math.floor(serial / serialsPerMark)
}
