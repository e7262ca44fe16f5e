import { splitOutsideQuotes, trimLinearSpace } from '../grammar.js'

/**
 * Default maximum number of elements in a comma-separated header; further ones are left out. No header of RTSP has as
 * many.
 */
const maxElements = 64
/**
 * Maximum number of characters in all lines of a comma-separated header together: as many as one line may have by
 * default. Further lines are left out.
 */
const maxLength = 8 * 1024

/**
 * Parses the elements of a comma-separated header, which may have several lines (RFC 2068 section
 * 4.2).
 *
 * Empty elements are left out. An unterminated quoted string extends to the end of its line.
 *
 * @param max - Maximum number of elements; later ones are left out. So are lines beyond 8 KiB, and
 *   everything after `8 * max` empty elements.
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
