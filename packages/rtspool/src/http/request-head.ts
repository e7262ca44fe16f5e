import { MalformedMessageError, quoteReceived } from '../errors.js'

/** Head of the HTTP request with which a tunnel or a WebSocket begins. */
export interface HttpRequestHead {
  readonly method: 'GET' | 'POST'
  /** Target in the request line, as received; any path is accepted. */
  readonly target: string
  readonly version: '1.0' | '1.1'
  /** Headers by name in lower case; each name appears once, values are trimmed. */
  readonly headers: ReadonlyMap<string, string>
}

/** Head of a request, and the bytes after it, from {@link HttpHeadReader.push}. */
export interface ReadHttpHead {
  readonly head: HttpRequestHead
  /** Bytes after the head; a view of the pushed bytes. */
  readonly rest: Buffer
}

/**
 * Maximum size in bytes of the head of an HTTP request; a larger one is refused. Tunnels and WebSockets send some
 * 500; Node's own server allows 16 KiB.
 */
export const maxHttpHeadBytes = 8 * 1024
const maxHeaders = 64
const CR = 0x0d
const LF = 0x0a

/** Matches a `token` of RFC 9110 section 5.6.2, such as a header name. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const requestLine = /^(GET|POST) ([\x21-\x7e]+) HTTP\/(1\.[01])$/

/**
 * Reads one request head from bytes that arrive in pieces of any size. Refuses folded lines,
 * repeated names and line ends other than CRLF or LF, which RTSP's parser accepts. So a head has
 * only one interpretation.
 *
 * @see RFC 9112 section 3 and 5
 */
export class HttpHeadReader {
  #bytes: Buffer = Buffer.alloc(0)

  /**
   * Reads the next piece of bytes from the client.
   *
   * @returns The head of the request once it is complete; `undefined` before. Nothing may be pushed after it.
   * @throws {MalformedMessageError} `ERR_HTTP_HEAD`
   */
  push(chunk: Buffer): ReadHttpHead | undefined {
    const searchFrom = Math.max(0, this.#bytes.length - 3)
    const keep = chunk.subarray(0, maxHttpHeadBytes + 1 - this.#bytes.length)
    const bytes = this.#bytes.length === 0 ? keep : Buffer.concat([this.#bytes, keep])
    const end = endOfHead(bytes, searchFrom)
    if (end === undefined) {
      if (bytes.length > maxHttpHeadBytes) refuse(`at most ${maxHttpHeadBytes} bytes`, 'more')
      this.#bytes = bytes
      return undefined
    }
    const rest = chunk.subarray(end - this.#bytes.length)
    this.#bytes = Buffer.alloc(0)
    return { head: parseHttpHead(bytes.subarray(0, end)), rest }
  }
}

/** Returns the bytes of a request head that was read, with its headers in lower case. */
export function serializeRequestHead({
  method,
  target,
  version,
  headers,
}: HttpRequestHead): Buffer {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${target} HTTP/${version}\r\n${lines.join('')}\r\n`, 'latin1')
}

/**
 * Searches for the empty line that ends the head of an HTTP message. @returns The position after it, or `undefined`.
 */
export function endOfHead(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(LF, from); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2
    if (bytes[at + 1] === CR && bytes[at + 2] === LF) return at + 3
  }
  return undefined
}

/**
 * Parses a complete head of an HTTP request.
 *
 * @param bytes - The head with its empty line.
 * @throws {MalformedMessageError} `ERR_HTTP_HEAD`
 */
export function parseHttpHead(bytes: Buffer): HttpRequestHead {
  const lines = bytes
    .toString('latin1')
    .split('\n')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  const [, method, target, version] = requestLine.exec(lines[0] ?? '') ?? []
  if (!method || !target || !version) refuse('a request line of GET or POST', lines[0])
  const headers = new Map<string, string>()
  for (const line of lines.slice(1)) {
    if (line === '') break
    if (headers.size >= maxHeaders) refuse(`at most ${maxHeaders} headers`, 'more')
    const [name, value] = parseHeaderLine(line)
    if (headers.has(name)) refuse('each header once', `${name} twice`)
    headers.set(name, value)
  }
  return {
    method: method as HttpRequestHead['method'],
    target,
    version: version as HttpRequestHead['version'],
    headers,
  }
}

function parseHeaderLine(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(colon, 0))
  if (!token.test(name)) refuse('a header name and a colon', line)
  const value = withoutSpaceAround(line.slice(colon + 1))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused.
  if (/[\0-\x08\x0a-\x1f\x7f]/.test(value)) refuse('no control character in a value', name)
  return [name.toLowerCase(), value]
}

/**
 * Removes spaces and tabs at both ends of a header's value. The function is a loop, because a pattern for trailing
 * spaces would restart at each space.
 */
function withoutSpaceAround(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && isSpace(text[start])) start++
  while (end > start && isSpace(text[end - 1])) end--
  return text.slice(start, end)
}

const isSpace = (char: string | undefined): boolean => char === ' ' || char === '\t'

/**
 * Throws the error for a broken head of an HTTP request.
 *
 * @param expected - Description of the text that was expected.
 * @param got - Received text. The value of a header, which may be a secret, is left out.
 */
function refuse(expected: string, got = ''): never {
  const quoted = quoteReceived(got.replace(/:.*/s, ':…'))
  throw new MalformedMessageError('ERR_HTTP_HEAD', `expected ${expected}, got ${quoted}`)
}
