/** Range of the rows of a table that are rendered: the visible ones, with some above and below. */
export interface RowWindow {
  /** Index of the first rendered row in the list of all rows, from 0. */
  readonly first: number
  /** Index after the last rendered row in the list of all rows. */
  readonly end: number
}

/**
 * Number of rows to render above and below the visible ones, so that a short scroll shows no gap.
 */
const spareRows = 5

/**
 * Returns the range of rows of a table to render: the visible rows, and some above and below.
 *
 * @param count - Number of all rows.
 * @param rowHeight - Height of a row in pixels.
 * @param scrollTop - Number of pixels above the visible part.
 * @param height - Number of visible pixels.
 */
export function windowOf(
  count: number,
  rowHeight: number,
  { scrollTop, height }: { readonly scrollTop: number; readonly height: number },
): RowWindow {
  const visible = Math.ceil(height / rowHeight)
  const top = Math.min(Math.floor(Math.max(0, scrollTop) / rowHeight), Math.max(0, count - visible))
  return { first: Math.max(0, top - spareRows), end: Math.min(count, top + visible + spareRows) }
}
