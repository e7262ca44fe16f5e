import { splitOutsideQuotes, trimLinearSpace } from '../grammar.js'

/**
 * The elements of a comma-separated header that may come in several lines (RFC 2068 section 4.2).
 *
 * Empty elements are left out. A quoted string that does not end takes the rest of its line.
 */
export function parseList(values: readonly string[]): string[] {
  const elements: string[] = []
  for (const value of values) {
    for (const element of splitOutsideQuotes(value, ',') ?? [trimLinearSpace(value)]) {
      if (element !== '') elements.push(element)
    }
  }
  return elements
}
