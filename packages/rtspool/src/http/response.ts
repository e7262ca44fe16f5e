/** The answers that are given to HTTP clients. */
const reasons = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  501: 'Not Implemented',
} as const

/** Status of a refusal. */
export type HttpRefusal = keyof typeof reasons

/** A refusal with its reason as text; the connection closes after it. */
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
 * What the GET of a tunnel is answered with, and a POST that waits for it. No length: what follows a GET is RTSP until
 * the connection closes.
 *
 * @param version - Of the request.
 */
export function serializeTunnelAnswer(version: '1.0' | '1.1'): Buffer {
  return lines(
    `HTTP/${version} 200 OK`,
    'Connection: close',
    // Nobody in between may keep or change what comes.
    'Cache-Control: no-store, no-transform',
    'Pragma: no-cache',
    'Content-Type: application/x-rtsp-tunnelled',
    '',
    '',
  )
}

/** RFC 9110 section 10.1.1. */
export const httpContinue: Buffer = lines('HTTP/1.1 100 Continue', '', '')

function lines(...texts: string[]): Buffer {
  return Buffer.from(texts.join('\r\n'))
}
