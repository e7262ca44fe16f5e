import { ClientError, quoteReceived } from '../../errors.js'
import type { RtspResponse } from '../../rtsp/index.js'
import { parseParameters } from './parameters.js'

/** Status of a response that lists the parameters which the server does not understand (RFC 2326 section 11.3.2). */
const parameterNotUnderstood = 451

/**
 * Returns the response if its status is 2xx.
 *
 * @param method - Method of the request, for the message.
 * @throws {ClientError} `ERR_CLIENT_REFUSED` for any other status. The context has `method`, `reason` (the reason
 *   phrase), and for 451 `parameters`: the names that the server does not understand.
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

/** Returns whether an error has the status 461, so that another transport may work. */
export const isTransportRefusal = (error: unknown): boolean =>
  error instanceof ClientError && error.statusCode === 461
