const initialCapacity = 64

/** Number of integers in a record, the data about one session for all structures of a pool. */
export const recordSize = 8
/** Index, in the record of a session, of the hash of the session's id. */
export const hashField = 0
/**
 * Index, in the record of a session, of the first of two links of the timing wheel. Both are valid only while the
 * session's handle is in the wheel.
 */
export const wheelNextField = 1
export const wheelPreviousField = 2
/**
 * Index, in the record of a session, of the session's slot in the timing wheel. Stored is the slot + 1; 0 = the
 * session is not in the wheel.
 */
export const wheelSlotField = 3
/**
 * Index, in the record of a session, of the link to the next session in order of creation. The link to the previous
 * session and two halves of the serial number follow.
 */
export const chainNextField = 4
export const chainPreviousField = 5
export const serialLowField = 6
export const serialHighField = 7

/**
 * Eight integers for each handle: data of a session for the hash table, the timing wheel and the
 * order of creation. A record fills half a cache line, so adding or removing a session reads memory
 * once and not once per structure.
 */
export class HandleRecords {
  // TypeScript 5.6 cannot read the type that the compiler infers, which has an argument.
  /**
   * Integers of all records, one record after the other by handle. {@link reserve} and {@link reset} replace the
   * array.
   */
  ints: Int32Array = new Int32Array(initialCapacity * recordSize)

  /**
   * Makes room for the record of a handle (the number of a session). A new record contains only 0; an existing one
   * stays.
   */
  reserve(handle: number): void {
    if (handle * recordSize < this.ints.length) return
    const capacity = 2 ** Math.ceil(Math.log2(handle + 2))
    const ints = new Int32Array(capacity * recordSize)
    ints.set(this.ints)
    this.ints = ints
  }

  /** Frees memory of the records that earlier, more numerous sessions needed. Called when the pool is empty. */
  reset(): void {
    this.ints = new Int32Array(initialCapacity * recordSize)
  }
}
