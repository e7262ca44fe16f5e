import { MalformedMessageError } from '../../errors.js'
import { parseDecimal, quoteReceived } from '../grammar.js'

/** Larger values are nonsense rather than too much: 400 instead of 413. */
const maxContentLength = 2 ** 32 - 1
/** Zeros in front among them. */
const maxDigits = 20

/**
 * How long the body of a message is.
 *
 * A message has one interpretation or none: the header given twice must say the same twice.
 *
 * @param values - Values of all Content-Length lines.
 * @returns Bytes; 0 when there is no such header (RFC 2326 section 4.4).
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
