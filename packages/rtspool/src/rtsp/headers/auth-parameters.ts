import { RequestError } from '../../errors.js'
import {
  hasControlCode,
  isToken,
  splitOutsideQuotes,
  trimLinearSpace,
  unquote,
} from '../grammar.js'

/** Maximum number of parameters in an authentication header; one with more is refused. No scheme has as many. */
const maxParameters = 32

/**
 * Refuses an authentication header: throws `ERR_HEADER_VALUE` with the expected form, without the received value, a
 * possible secret.
 */
export function refuseAuth(header: string, expected: string): never {
  throw new RequestError('ERR_HEADER_VALUE', `${header}: expected ${expected}`, {
    context: { header },
  })
}

/** Splits the value of an authentication header into its scheme, in lower case, and the text of its parameters. */
export function splitScheme(value: string): { readonly scheme: string; readonly rest: string } {
  const text = trimLinearSpace(value)
  const end = text.search(/[ \t]/)
  if (end < 0) return { scheme: text.toLowerCase(), rest: '' }
  return { scheme: text.slice(0, end).toLowerCase(), rest: trimLinearSpace(text.slice(end)) }
}

/**
 * Parses the parameters of an authentication scheme: names in lower case, values without quotes.
 *
 * @param header - Name of the header, for the message.
 * @param text - Text after the scheme.
 * @throws {RequestError} `ERR_HEADER_VALUE` if one is not `name=value`, is repeated, or its quotes do not end.
 * @see RFC 7235 section 2.1
 */
export function parseAuthParameters(header: string, text: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  const pieces =
    splitOutsideQuotes(text, ',', maxParameters) ?? refuseAuth(header, 'quotes that end')
  for (const piece of pieces) {
    if (piece === '') continue
    const equals = piece.indexOf('=')
    const name = trimLinearSpace(piece.slice(0, Math.max(equals, 0))).toLowerCase()
    const value = unquote(trimLinearSpace(piece.slice(equals + 1)))
    if (!isToken(name) || value === undefined) refuseAuth(header, 'name=value')
    if (parameters.has(name)) refuseAuth(header, `one ${name}`)
    if (parameters.size === maxParameters) refuseAuth(header, `at most ${maxParameters} parameters`)
    parameters.set(name, value)
  }
  return parameters
}

/**
 * Returns the text unchanged if it may be written as a quoted string in a header line.
 *
 * @param name - Name of the text, for the message.
 * @throws {TypeError} when the text has a control character.
 */
export function checkAuthText(name: string, text: string): string {
  if (hasControlCode(text, false)) throw new TypeError(`${name} must not have control characters`)
  return text
}
