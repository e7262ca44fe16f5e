const initialCapacity = 64

/** Numbers of a record. */
export const recordSize = 8
/** Hash of the id. */
export const hashField = 0
/** Links of the timing wheel; meaningful only while the handle is filed. */
export const wheelNextField = 1
export const wheelPreviousField = 2
/** Level and slot of the wheel + 1; 0 = not filed. */
export const wheelSlotField = 3
/** Links of the order of creation, and the serial number in two parts. */
export const chainNextField = 4
export const chainPreviousField = 5
export const serialLowField = 6
export const serialHighField = 7

/**
 * Whole numbers by handle, eight for each: what hash table, timing wheel and order of creation know of a
 * session. Together they fill half a cache line, so that to add or remove a session costs one look at
 * memory here, and not one for each structure.
 */
export class HandleRecords {
  /** The numbers; another array after {@link reserve} or {@link reset}. */
  ints = new Int32Array(initialCapacity * recordSize)

  /** Makes room for a handle, with all numbers 0. */
  reserve(handle: number): void {
    if (handle * recordSize < this.ints.length) return
    const capacity = 2 ** Math.ceil(Math.log2(handle + 2))
    const ints = new Int32Array(capacity * recordSize)
    ints.set(this.ints)
    this.ints = ints
  }

  /** Gives the memory of a crowd back once everybody has left. */
  reset(): void {
    this.ints = new Int32Array(initialCapacity * recordSize)
  }
}
