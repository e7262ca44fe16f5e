/** Reason phrases of responses to HTTP clients. */
const reasons = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  501: 'Not Implemented',
} as const

/** Status code with which the server refuses a request of HTTP. */
export type HttpRefusal = keyof typeof reasons

/**
 * Serializes an HTTP response that refuses a request, with the reason as its body. The server must close the
 * connection after it.
 */
export function serializeHttpRefusal(statusCode: HttpRefusal, reason: string): Buffer {
  const body = `${reason}\n`
  return lines(
    `HTTP/1.1 ${statusCode} ${reasons[statusCode]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  )
}

/**
 * Serializes the HTTP response that opens a tunnel for RTSP: to its GET, or to a POST whose client waits for a
 * response. The response has no length, because RTSP follows until the connection closes.
 *
 * @param version - Version of the request.
 */
export function serializeTunnelAnswer(version: '1.0' | '1.1'): Buffer {
  return lines(
    `HTTP/${version} 200 OK`,
    'Connection: close',
    // Proxies must neither store nor change the stream.
    'Cache-Control: no-store, no-transform',
    'Pragma: no-cache',
    'Content-Type: application/x-rtsp-tunnelled',
    '',
    '',
  )
}

/**
 * Response `100 Continue`, for a client that waits for it before it sends its body (RFC 9110
 * section 10.1.1).
 */
export const httpContinue: Buffer = lines('HTTP/1.1 100 Continue', '', '')

function lines(...texts: string[]): Buffer {
  return Buffer.from(texts.join('\r\n'))
}
