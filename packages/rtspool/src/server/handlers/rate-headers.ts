import { RequestError } from '../../errors.js'
import type { ReadonlyRtspHeaders } from '../../rtsp/index.js'

/** Value of Scale and Speed in responses: all media play at the normal rate. */
const normalRate = '1.0'

/**
 * Returns the headers Scale and Speed for a response, as far as the request has them. All media
 * play at the normal rate, whatever the client requests.
 *
 * @throws {RequestError} `ERR_HEADER_VALUE` if a rate is not a number or is 0, or a speed is
 *   negative.
 * @see RFC 2326 sections 12.34 and 12.35
 */
export function rateHeaders(headers: ReadonlyRtspHeaders): [name: string, value: string][] {
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
