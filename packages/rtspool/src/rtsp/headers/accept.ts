import { splitOutsideQuotes, trimLinearSpace } from '../grammar.js'
import type { RtspHeaders } from '../message.js'
import { parseList } from './lists.js'

/** Media ranges that cover an SDP, the most specific last. */
const sdpRanges = ['*/*', 'application/*', 'application/sdp']

/** Of one media range that are looked at. */
const maxParameters = 16

/** True when the parameters of a media range have a quality of zero. */
function isRefused(parameters: readonly string[]): boolean {
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=')
    if (equals === -1 || trimLinearSpace(parameter.slice(0, equals)).toLowerCase() !== 'q') continue
    return Number(trimLinearSpace(parameter.slice(equals + 1))) === 0
  }
  return false
}

/**
 * Whether the client takes `application/sdp`: it does when it does not say, and the most specific
 * media range decides.
 *
 * @see RFC 2326 section 12.1, RFC 2068 section 14.1
 */
export function acceptsSdp(headers: RtspHeaders): boolean {
  const elements = parseList(headers.getAll('accept'))
  let specificity = -1
  let isAccepted = elements.length === 0
  for (const element of elements) {
    const [range = '', ...parameters] = splitOutsideQuotes(element, ';', maxParameters) ?? []
    const rank = sdpRanges.indexOf(range.toLowerCase())
    if (rank <= specificity) continue
    specificity = rank
    isAccepted = !isRefused(parameters)
  }
  return isAccepted
}
