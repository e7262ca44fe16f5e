import { splitOutsideQuotes, trimLinearSpace } from '../grammar.js'
import type { ReadonlyRtspHeaders } from '../message.js'
import { parseList } from './lists.js'

/**
 * Media ranges of an Accept header that include SDP, from the most general to the most specific.
 */
const sdpRanges = ['*/*', 'application/*', 'application/sdp']

/** Maximum number of parameters of a media range that are read; further ones are ignored. */
const maxParameters = 16

/**
 * Returns whether the parameters of a media range in an Accept header contain a quality of zero, by which the client
 * refuses the type.
 */
function isRefused(parameters: readonly string[]): boolean {
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=')
    if (equals === -1 || trimLinearSpace(parameter.slice(0, equals)).toLowerCase() !== 'q') continue
    return Number(trimLinearSpace(parameter.slice(equals + 1))) === 0
  }
  return false
}

/**
 * Returns whether the client accepts `application/sdp`. Without an Accept header it does; otherwise
 * the most specific media range decides.
 *
 * @see RFC 2326 section 12.1, RFC 2068 section 14.1
 */
export function acceptsSdp(headers: ReadonlyRtspHeaders): boolean {
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
