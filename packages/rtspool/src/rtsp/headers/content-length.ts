import { MalformedMessageError } from '../../errors.js'
import { parseDecimal, quoteReceived } from '../grammar.js'

/**
 * Maximum Content-Length that is read as a number, and refused with 413 if the body is too large. A
 * higher value is malformed (400).
 */
const maxContentLength = 2 ** 32 - 1
/** Maximum number of digits in a Content-Length, including leading zeros; a longer value is malformed. */
const maxDigits = 20

/**
 * Returns the length of a message's body. Several Content-Length lines must have the same value, so
 * that a message has only one interpretation.
 *
 * @param values - Values of all Content-Length lines.
 * @returns Bytes; 0 without such a header (RFC 2326 section 4.4).
 * @throws {MalformedMessageError} `ERR_RTSP_CONTENT_LENGTH`
 */
export function parseContentLength(values: readonly string[]): number {
  let length: number | undefined
  for (const value of values) {
    const isShort = value.length <= maxDigits
    const parsed = isShort ? parseDecimal(value, maxContentLength) : undefined
    if (parsed === undefined) {
      throw new MalformedMessageError(
        'ERR_RTSP_CONTENT_LENGTH',
        `Content-Length: expected decimal digits up to ${maxContentLength}, got ${quoteReceived(value)}`,
        { context: { production: 'Content-Length' } },
      )
    }
    if (length !== undefined && length !== parsed) {
      throw new MalformedMessageError(
        'ERR_RTSP_CONTENT_LENGTH',
        `Content-Length: expected one value, got ${length} and ${parsed}`,
        { context: { production: 'Content-Length' } },
      )
    }
    length = parsed
  }
  return length ?? 0
}
