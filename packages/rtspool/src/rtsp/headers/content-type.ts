import { trimLinearSpace } from '../grammar.js'

/**
 * Returns type and subtype of a Content-Type in lower case, without parameters.
 *
 * @returns For example `application/sdp`; `undefined` if the header is missing or empty.
 */
export function parseContentType(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const semicolon = value.indexOf(';')
  const type = trimLinearSpace(semicolon === -1 ? value : value.slice(0, semicolon))
  return type === '' ? undefined : type.toLowerCase()
}
