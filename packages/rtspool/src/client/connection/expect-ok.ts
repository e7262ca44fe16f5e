import { ClientError, quoteReceived } from '../../errors.js'
import type { RtspResponse } from '../../rtsp/index.js'
import { parseParameters } from './parameters.js'

/** Status of a response whose body names the parameters that the server does not understand (RFC 2326 section 11.3.2). */
const parameterNotUnderstood = 451

/**
 * Returns a response with a status 2xx.
 *
 * @throws {ClientError} `ERR_CLIENT_REFUSED` for any other status. The context has the method, the reason, and for 451
 *   the parameters.
 */
export function expectOk(method: string, response: RtspResponse): RtspResponse {
  const { statusCode, reason } = response
  if (statusCode >= 200 && statusCode < 300) return response
  const answer = `${statusCode} ${quoteReceived(reason)}`
  throw new ClientError('ERR_CLIENT_REFUSED', `the server has refused ${method}: ${answer}`, {
    statusCode,
    context: {
      method,
      reason,
      ...(statusCode === parameterNotUnderstood
        ? { parameters: [...parseParameters(response.body).keys()] }
        : {}),
    },
  })
}

/** Returns whether another transport may work where an error has occurred. */
export const isTransportRefusal = (error: unknown): boolean =>
  error instanceof ClientError && error.statusCode === 461
