import type { RtspHeaders } from '../message.js'
import { parseList } from './lists.js'

/**
 * Features that the client insists on: Require and Proxy-Require, which an origin server treats the
 * same, from all their lines, each feature once and as spelled.
 *
 * @see RFC 2326 sections 12.27 and 12.32
 */
export function parseRequire(headers: RtspHeaders): string[] {
  const values = [...headers.getAll('require'), ...headers.getAll('proxy-require')]
  return [...new Set(parseList(values))]
}

/** Value of Unsupported: what {@link parseRequire} gave and the server does not know. */
export const serializeUnsupported = (features: Iterable<string>): string => [...features].join(', ')
