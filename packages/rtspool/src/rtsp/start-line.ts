import { isDigits, isToken, parseDecimal } from './grammar.js'

/** Parts of the first line of a message: a request line or a status line. */
export type StartLine =
  | {
      readonly kind: 'request'
      readonly method: string
      readonly uri: string
      readonly version: string
    }
  | {
      readonly kind: 'response'
      readonly version: string
      readonly statusCode: number
      readonly reason: string
    }

/** Text before the version number, in request lines and in status lines of RTSP. */
const protocol = 'RTSP/'

/**
 * Returns the version `1.0` of `RTSP/1.0`: digits, a point and digits. `undefined` for any other
 * text.
 */
function parseVersion(text: string): string | undefined {
  if (!text.startsWith(protocol)) return undefined
  const version = text.slice(protocol.length)
  const dot = version.indexOf('.')
  if (dot === -1) return undefined
  return isDigits(version.slice(0, dot)) && isDigits(version.slice(dot + 1)) ? version : undefined
}

function parseStatusLine(line: string): StartLine | undefined {
  const space = line.indexOf(' ')
  if (space === -1) return undefined
  const version = parseVersion(line.slice(0, space))
  const statusText = line.slice(space + 1, space + 4)
  const statusCode = statusText.length === 3 ? parseDecimal(statusText, 999) : undefined
  if (version === undefined || statusCode === undefined || statusCode < 100) return undefined
  // Some servers leave out the reason, and some also the space before it.
  const rest = line.slice(space + 4)
  if (rest !== '' && rest[0] !== ' ') return undefined
  return { kind: 'response', version, statusCode, reason: rest.slice(1) }
}

function parseRequestLine(line: string): StartLine | undefined {
  const first = line.indexOf(' ')
  const second = line.indexOf(' ', first + 1)
  if (first === -1 || second === -1) return undefined
  const method = line.slice(0, first)
  const uri = line.slice(first + 1, second)
  const version = parseVersion(line.slice(second + 1))
  if (uri === '' || version === undefined || !isToken(method)) return undefined
  return { kind: 'request', method, uri, version }
}

/**
 * Splits a start line into its parts, which exactly one space must separate.
 *
 * A line that begins with `RTSP/` is a status line, because a method cannot contain `/`.
 *
 * @param line - Line without line end and without control characters.
 * @returns `undefined` if the line is neither a request line nor a status line.
 * @see RFC 2326 sections 6.1 and 7.1
 */
export function parseStartLine(line: string): StartLine | undefined {
  return line.startsWith(protocol) ? parseStatusLine(line) : parseRequestLine(line)
}

/**
 * Returns the length in bytes of the request URI in a start line that may have been cut off.
 *
 * @returns 0 for a status line, and if there is no URI yet.
 */
export function requestUriBytes(line: Buffer): number {
  const first = line.indexOf(0x20)
  if (first === -1 || line.subarray(0, protocol.length).toString('latin1') === protocol) return 0
  const second = line.indexOf(0x20, first + 1)
  return (second === -1 ? line.length : second) - (first + 1)
}
