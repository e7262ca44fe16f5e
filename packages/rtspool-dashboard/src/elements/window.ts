/** Rows of a table that a person can see, with some above and below them. */
export interface RowWindow {
  /** Index of the first row to draw. */
  readonly first: number
  /** Index after the last row to draw. */
  readonly end: number
}

/** Number of rows to draw above and below the visible ones, so that a short scroll shows no gap. */
const spareRows = 5

/**
 * Returns the rows to draw.
 *
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
