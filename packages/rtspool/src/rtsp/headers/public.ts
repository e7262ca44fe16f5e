import { isToken, quoteReceived } from '../grammar.js'
import type { ReadonlyRtspHeaders } from '../message.js'
import { parseList } from './lists.js'

/**
 * Parses the methods of the Public header, as spelled; empty without one (RFC 2326 section 12.28).
 */
export const parsePublic = (headers: ReadonlyRtspHeaders): string[] =>
  parseList(headers.getAll('public'))

/**
 * Serializes the methods of a Public header. Allow has the same form (RFC 2326 section 12.4).
 *
 * @throws {TypeError} when a method is not a token.
 */
export function serializePublic(methods: Iterable<string>): string {
  const list = [...methods]
  for (const method of list) {
    if (!isToken(method))
      throw new TypeError(`method must be a token, got ${quoteReceived(method)}`)
  }
  return list.join(', ')
}
