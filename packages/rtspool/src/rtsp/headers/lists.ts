import { splitOutsideQuotes, trimLinearSpace } from '../grammar.js'

/** Elements of a list that are read where nothing else is said; no header of RTSP has as many. */
const maxElements = 64
/** Characters of all lines together, one line as long as it may be: every one is looked at. */
const maxLength = 8 * 1024

/**
 * The elements of a comma-separated header that may come in several lines (RFC 2068 section 4.2).
 *
 * Empty elements are left out. A quoted string that does not end takes the rest of its line.
 *
 * @param max - Elements that are read; those behind them are left out, and so are lines behind 8 KiB of them, and all
 *   behind `8 * max` empty ones.
 */
export function parseList(values: readonly string[], max = maxElements): string[] {
  const elements: string[] = []
  let left = max * 8
  let length = 0
  for (const value of values) {
    length += value.length
    if (length > maxLength) break
    for (const element of splitOutsideQuotes(value, ',', left) ?? [trimLinearSpace(value)]) {
      if (elements.length === max || left-- === 0) return elements
      if (element !== '') elements.push(element)
    }
  }
  return elements
}
