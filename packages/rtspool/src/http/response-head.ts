import { MalformedMessageError, quoteReceived } from '../errors.js'
import { endOfHead } from './request-head.js'

/** Head of the HTTP response with which a server opens or refuses a tunnel. */
export interface HttpResponseHead {
  /** Status code, 100 to 599. */
  readonly statusCode: number
  /** Reason phrase as received; may be empty. */
  readonly reason: string
  /** Headers in the order of arrival; names as received, values trimmed. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** Head of a response, and the bytes after it, from {@link HttpResponseHeadReader.push}. */
export interface ReadHttpResponseHead {
  readonly head: HttpResponseHead
  /** Bytes after the head; a view of the pushed bytes. */
  readonly rest: Buffer
}

/** Maximum size of a response head in bytes, as Node's own client allows; a larger one is refused. */
export const maxResponseHeadBytes = 16 * 1024
const maxHeaders = 128

const statusLine = /^HTTP\/1\.[01] ([1-5]\d\d)(?: (.*))?$/

/**
 * Reads one response head from bytes that arrive in pieces of any size. Header lines without a colon are left out, because
 * cameras send such lines.
 *
 * @see RFC 9112 section 4 and 5
 */
export class HttpResponseHeadReader {
  #bytes: Buffer = Buffer.alloc(0)

  /**
   * Reads the next piece of bytes from the server.
   *
   * @returns The head of the response once it is complete; `undefined` before. Nothing may be pushed after it.
   * @throws {MalformedMessageError} `ERR_HTTP_HEAD` for anything but HTTP, and for a head over 16 KiB.
   */
  push(chunk: Buffer): ReadHttpResponseHead | undefined {
    const before = this.#bytes.length
    const keep = chunk.subarray(0, maxResponseHeadBytes + 1 - before)
    const bytes = before === 0 ? keep : Buffer.concat([this.#bytes, keep])
    const end = endOfHead(bytes, Math.max(0, before - 3))
    if (end !== undefined) {
      this.#bytes = Buffer.alloc(0)
      return {
        head: parseHttpResponseHead(bytes.subarray(0, end)),
        rest: chunk.subarray(end - before),
      }
    }
    if (!isBeginning(bytes)) refuse('HTTP/1.0 or HTTP/1.1', bytes.toString('latin1', 0, 80))
    if (bytes.length > maxResponseHeadBytes) refuse(`at most ${maxResponseHeadBytes} bytes`, 'more')
    this.#bytes = bytes
    return undefined
  }
}

const protocol = Buffer.from('HTTP/1.')

/**
 * Returns whether the bytes received so far can be the beginning of an HTTP response, so that anything else is
 * refused at once.
 */
function isBeginning(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, protocol.length)
  return bytes.subarray(0, length).equals(protocol.subarray(0, length))
}

/**
 * Parses a complete head of an HTTP response.
 *
 * @param bytes - The head with its empty line.
 * @throws {MalformedMessageError} `ERR_HTTP_HEAD`
 */
export function parseHttpResponseHead(bytes: Buffer): HttpResponseHead {
  const [first = '', ...lines] = bytes.toString('latin1').split(/\r?\n/)
  const [, statusCode, reason = ''] = statusLine.exec(first) ?? []
  if (statusCode === undefined) refuse('a status line of HTTP', first)
  const headers: (readonly [string, string])[] = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon)).trim()
    if (name === '') continue
    if (headers.length === maxHeaders) refuse(`at most ${maxHeaders} headers`, 'more')
    headers.push([name, line.slice(colon + 1).trim()])
  }
  return { statusCode: Number(statusCode), reason: reason.trim(), headers }
}

function refuse(expected: string, got: string): never {
  throw new MalformedMessageError(
    'ERR_HTTP_HEAD',
    `expected ${expected}, got ${quoteReceived(got)}`,
  )
}
