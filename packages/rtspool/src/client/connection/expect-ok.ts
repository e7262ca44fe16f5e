import { ClientError, quoteReceived } from '../../errors.js'
import type { RtspResponse } from '../../rtsp/index.js'

/** Returns a response with a status 2xx. @throws {ClientError} `ERR_CLIENT_REFUSED` for any other status. */
export function expectOk(method: string, response: RtspResponse): RtspResponse {
  const { statusCode, reason } = response
  if (statusCode >= 200 && statusCode < 300) return response
  const answer = `${statusCode} ${quoteReceived(reason)}`
  throw new ClientError('ERR_CLIENT_REFUSED', `the server has refused ${method}: ${answer}`, {
    statusCode,
    context: { method, reason },
  })
}
