import { RequestError } from '../../errors.js'
import { parseDecimal, trimLinearSpace } from '../grammar.js'

/** Parsed value of a Session header: session id and timeout. */
export interface SessionHeader {
  /** Session id as received: 1 to 128 characters, not checked further, because only the session pool knows its ids. */
  readonly id: string
  /** Timeout of the session in seconds, as on the wire; absent if the header has none. */
  readonly timeout?: number
}

/**
 * Maximum number of characters of a session id, from RFC 7826 section 4.3; a longer id is refused. RFC 2326 has no
 * limit.
 */
const maxIdLength = 128
const maxTimeout = 2 ** 31 - 1

/**
 * Parses the value of a Session header: the session id and, for values from servers, the timeout.
 *
 * Other parameters, and a timeout that is not a number, are left out, because a server does not need them.
 *
 * @throws {RequestError} `ERR_HEADER_VALUE` if the id is empty or longer than 128 characters.
 * @see RFC 2326 section 12.37
 */
export function parseSessionHeader(value: string): SessionHeader {
  const semicolon = value.indexOf(';')
  const id = trimLinearSpace(semicolon === -1 ? value : value.slice(0, semicolon))
  if (id === '' || id.length > maxIdLength) {
    throw new RequestError(
      'ERR_HEADER_VALUE',
      // Without the id: anyone who knows it may use the session.
      `Session: expected an id of 1 to ${maxIdLength} characters, got ${id.length}`,
      { context: { header: 'Session' } },
    )
  }
  const timeout = semicolon === -1 ? undefined : parseTimeout(value.slice(semicolon + 1))
  return timeout === undefined ? { id } : { id, timeout }
}

function parseTimeout(parameters: string): number | undefined {
  for (const parameter of parameters.split(';')) {
    const equals = parameter.indexOf('=')
    if (equals === -1) continue
    if (trimLinearSpace(parameter.slice(0, equals)).toLowerCase() !== 'timeout') continue
    return parseDecimal(trimLinearSpace(parameter.slice(equals + 1)), maxTimeout)
  }
  return undefined
}
