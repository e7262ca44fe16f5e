import { RequestError } from '../../errors.js'
import type { ReadonlyRtspHeaders } from '../message.js'
import { parseList } from './lists.js'

/**
 * Maximum number of characters in all lines of Require and Proxy-Require together; more are refused. Only a handful
 * of features exist.
 */
const maxLength = 4096

/**
 * Parses the features that the client requires. Reads Require and Proxy-Require, which mean the
 * same to an origin server. Each feature is returned once, as spelled.
 *
 * @throws {RequestError} `ERR_HEADER_VALUE` if the lines are longer than 4096 characters.
 * @see RFC 2326 sections 12.27 and 12.32
 */
export function parseRequire(headers: ReadonlyRtspHeaders): string[] {
  if (!headers.has('require') && !headers.has('proxy-require')) return []
  const values = [...headers.getAll('require'), ...headers.getAll('proxy-require')]
  const length = values.reduce((sum, value) => sum + value.length, 0)
  if (length <= maxLength) return [...new Set(parseList(values, maxLength))]
  const expected = `expected at most ${maxLength} characters, got ${length}`
  throw new RequestError('ERR_HEADER_VALUE', `Require: ${expected}`, {
    context: { header: 'Require' },
  })
}

/**
 * Serializes the value of an Unsupported header: features from {@link parseRequire} that the server
 * does not know.
 */
export const serializeUnsupported = (features: Iterable<string>): string => [...features].join(', ')
