import { RequestError } from '../../errors.js'
import type { PlayManner } from '../../media/media-source.js'
import type { ReadonlyRtspHeaders } from '../../rtsp/index.js'

const normalRates: Pick<PlayManner, 'scale' | 'speed'> = Object.freeze({ scale: 1, speed: 1 })

/**
 * Parses the header Scale or Speed. A rate is a decimal number, 1 = normal; only Scale may be negative.
 *
 * @returns `undefined` without the header.
 * @throws {RequestError} `ERR_HEADER_VALUE` if the rate is not a number or is 0, or a speed is negative.
 * @see RFC 2326 sections 12.34 and 12.35
 */
export function parseRate(
  headers: ReadonlyRtspHeaders,
  name: 'Scale' | 'Speed',
): number | undefined {
  const value = headers.get(name)
  if (value === undefined) return undefined
  const rate = /^-?\d{1,9}(\.\d{0,20})?$/.test(value) ? Number(value) : 0
  if (rate !== 0 && (name === 'Scale' || rate > 0)) return rate
  throw new RequestError('ERR_HEADER_VALUE', `${name}: expected a rate other than 0`, {
    context: { header: name },
  })
}

/**
 * Returns the headers Scale and Speed of a response: each of the two that the request has.
 *
 * @param headers - Headers of the request.
 * @param rates - Rates at which the media plays. @default the normal ones, at which live media always play
 * @throws {RequestError} As {@link parseRate}.
 */
export function rateHeaders(
  headers: ReadonlyRtspHeaders,
  { scale, speed } = normalRates,
): [name: string, value: string][] {
  const answers: [string, string][] = []
  if (parseRate(headers, 'Scale') !== undefined) answers.push(['Scale', rateText(scale)])
  if (parseRate(headers, 'Speed') !== undefined) answers.push(['Speed', rateText(speed)])
  return answers
}

const rateText = (rate: number): string => (Number.isInteger(rate) ? rate.toFixed(1) : `${rate}`)
