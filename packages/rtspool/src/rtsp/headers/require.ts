import { RequestError } from '../../errors.js'
import type { RtspHeaders } from '../message.js'
import { parseList } from './lists.js'

/** Length of all lines together; a handful of features exist. */
const maxLength = 4096

/**
 * Features that the client insists on: Require and Proxy-Require, which an origin server treats the
 * same, from all their lines, each feature once and as spelled.
 *
 * @throws {RequestError} `ERR_HEADER_VALUE` when they are longer than 4096 characters.
 * @see RFC 2326 sections 12.27 and 12.32
 */
export function parseRequire(headers: RtspHeaders): string[] {
  const values = [...headers.getAll('require'), ...headers.getAll('proxy-require')]
  const length = values.reduce((sum, value) => sum + value.length, 0)
  if (length <= maxLength) return [...new Set(parseList(values, maxLength))]
  const expected = `expected at most ${maxLength} characters, got ${length}`
  throw new RequestError('ERR_HEADER_VALUE', `Require: ${expected}`, {
    context: { header: 'Require' },
  })
}

/** Value of Unsupported: what {@link parseRequire} gave and the server does not know. */
export const serializeUnsupported = (features: Iterable<string>): string => [...features].join(', ')
