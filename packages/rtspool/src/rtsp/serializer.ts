import { hasControlCode, isToken, quoteReceived } from './grammar.js'
import { type ReadonlyRtspHeaders, RtspHeaders } from './message.js'
import { reasonPhrase } from './status.js'

/** An RTSP request to send. */
export interface RtspRequestInit {
  readonly method: string
  readonly uri: string
  /** RTSP version in the start line. @default '1.0' */
  readonly version?: string
  /** Header lines of the message. @default no headers */
  readonly headers?: ReadonlyRtspHeaders
  /** Body of the message; a string is sent as UTF-8. @default no body */
  readonly body?: Buffer | string
}

/** An RTSP response to send. */
export interface RtspResponseInit {
  /** Status code of the response, 100 to 999. */
  readonly statusCode: number
  /** Reason phrase in the status line. @default the standard phrase of the status code */
  readonly reason?: string
  /** RTSP version in the start line. @default '1.0' */
  readonly version?: string
  /** Header lines of the message. @default no headers */
  readonly headers?: ReadonlyRtspHeaders
  /** Body of the message; a string is sent as UTF-8. @default no body */
  readonly body?: Buffer | string
}

const noHeaders = new RtspHeaders()

function headerLine(name: string, value: string): string {
  if (!isToken(name)) throw new TypeError(`header name must be a token, got ${quoteReceived(name)}`)
  if (hasControlCode(value, true)) {
    throw new TypeError(`value of ${name} must not have control characters`)
  }
  return `${name}: ${value}\r\n`
}

function serialize(startLine: string, headers: ReadonlyRtspHeaders, body: Buffer | string): Buffer {
  const bodyBytes = Buffer.byteLength(body)
  let head = `${startLine}\r\n`
  headers.forEach((value, name) => {
    const key = name.toLowerCase()
    if (key === 'transfer-encoding') throw new TypeError('RTSP does not have Transfer-Encoding')
    // The only Content-Length is the computed one.
    if (key !== 'content-length') head += headerLine(name, value)
  })
  head += bodyBytes > 0 ? `Content-Length: ${bodyBytes}\r\n\r\n` : '\r\n'
  const headBytes = Buffer.byteLength(head)
  const message = Buffer.allocUnsafe(headBytes + bodyBytes)
  message.write(head, 'utf8')
  if (typeof body === 'string') message.write(body, headBytes, 'utf8')
  else message.set(body, headBytes)
  return message
}

function checkVersion(version: string): void {
  if (!isToken(version))
    throw new TypeError(`version must be a token, got ${quoteReceived(version)}`)
}

/**
 * Serializes a request. Content-Length is computed from the body; one in `headers` is left out.
 *
 * @throws {TypeError} when a part would break the message, such as a control character, a name that
 *   is no token, or a space in the URI.
 */
export function serializeRequest(request: RtspRequestInit): Buffer {
  const { method, uri, version = '1.0', headers = noHeaders, body = '' } = request
  checkVersion(version)
  if (!isToken(method)) throw new TypeError(`method must be a token, got ${quoteReceived(method)}`)
  if (uri === '' || uri.includes(' ') || hasControlCode(uri, false)) {
    throw new TypeError('uri must not be empty or have spaces or control characters')
  }
  return serialize(`${method} ${uri} RTSP/${version}`, headers, body)
}

/**
 * Serializes a response. Content-Length is computed from the body; one in `headers` is left out.
 *
 * @throws {TypeError} when a part would break the message, such as a control character or a name
 *   that is no token.
 * @throws {RangeError} when the status code is not a whole number from 100 to 999.
 */
export function serializeResponse(response: RtspResponseInit): Buffer {
  const { statusCode, version = '1.0', headers = noHeaders, body = '' } = response
  const reason = response.reason ?? reasonPhrase(statusCode)
  checkVersion(version)
  if (!Number.isInteger(statusCode) || statusCode < 100 || statusCode > 999) {
    throw new RangeError(`statusCode must be from 100 to 999, got ${statusCode}`)
  }
  if (hasControlCode(reason, false)) throw new TypeError('reason must not have control characters')
  return serialize(`RTSP/${version} ${statusCode} ${reason}`, headers, body)
}
