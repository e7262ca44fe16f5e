import { RequestError } from '../../errors.js'
import { parseDecimal, quoteReceived } from '../grammar.js'

/** Highest accepted value of the CSeq header: 32 bits. */
export const maxCSeq: number = 2 ** 32 - 1

/**
 * Parses the value of a CSeq header. Responses contain the parsed number, never the received bytes.
 *
 * @param value - Value of the CSeq header, `undefined` if it is missing.
 * @returns 0 to 4294967295.
 * @throws {RequestError} `ERR_CSEQ_MISSING`, or `ERR_HEADER_VALUE` if it is not plain digits.
 * @see RFC 2326 section 12.17
 */
export function parseCSeq(value: string | undefined): number {
  if (value === undefined) {
    throw new RequestError('ERR_CSEQ_MISSING', 'CSeq: expected in every request, got none')
  }
  const cSeq = parseDecimal(value, maxCSeq)
  if (cSeq === undefined) {
    throw new RequestError(
      'ERR_HEADER_VALUE',
      `CSeq: expected a number from 0 to ${maxCSeq}, got ${quoteReceived(value)}`,
      { context: { header: 'CSeq' } },
    )
  }
  return cSeq
}
