import { RequestError } from '../../errors.js'
import type { RtspHeaders } from '../../rtsp/index.js'

/** What all media play at, in the form of the Scale and Speed headers. */
const normalRate = '1.0'

/**
 * Answers to Scale and Speed: all media play at the normal rate, whatever was asked for. Without the header
 * there is none in the answer.
 *
 * @throws {RequestError} `ERR_HEADER_VALUE` when a rate is no number or 0, or a speed is negative.
 * @see RFC 2326 sections 12.34 and 12.35
 */
export function rateHeaders(headers: RtspHeaders): [name: string, value: string][] {
  const answers: [string, string][] = []
  for (const name of ['Scale', 'Speed']) {
    const value = headers.get(name)
    if (value === undefined) continue
    const rate = /^-?\d{1,9}(\.\d{0,9})?$/.test(value) ? Number(value) : 0
    if (rate === 0 || (name === 'Speed' && rate < 0)) {
      throw new RequestError('ERR_HEADER_VALUE', `${name}: expected a rate other than 0`, {
        context: { header: name },
      })
    }
    answers.push([name, normalRate])
  }
  return answers
}
