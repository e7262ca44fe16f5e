import { RequestError } from '../../errors.js'
import { hasControlCode, quote, splitOutsideQuotes, trimLinearSpace, unquote } from '../grammar.js'

/** One key management message of a KeyMgmt header. */
export interface KeyMgmt {
  /** Name of the key management protocol in lower case, such as `mikey`. */
  readonly protocol: string
  /** URI of the stream that the keys protect, as received; `undefined` means the request URI. */
  readonly uri?: string
  /** Bytes of the key management message. They contain keys, so they are secret. */
  readonly data: Buffer
}

/**
 * Maximum number of key management messages in a KeyMgmt header; one with more is refused. A presentation needs one
 * for each stream.
 */
const maxMessages = 32
const base64 = /^[A-Za-z0-9+/]{2,}={0,2}$/

/** Throws the error for a broken KeyMgmt header, without the received value, which may be a key. */
function refuse(expected: string): never {
  throw new RequestError('ERR_KEY_MANAGEMENT', `KeyMgmt: expected ${expected}`)
}

/**
 * Parses the messages of a KeyMgmt header.
 *
 * @throws {RequestError} `ERR_KEY_MANAGEMENT` (463)
 * @see RFC 4567 section 4.2
 */
export function parseKeyMgmt(value: string): KeyMgmt[] {
  const messages =
    splitOutsideQuotes(value, ',', maxMessages) ?? refuse('an end of the quoted string')
  if (messages.length > maxMessages) refuse(`at most ${maxMessages} messages`)
  return messages.map(parseMessage)
}

function parseMessage(text: string): KeyMgmt {
  const parameters = new Map<string, string>()
  for (const piece of splitOutsideQuotes(text, ';') ?? refuse('an end of the quoted string')) {
    if (piece === '') continue
    const equals = piece.indexOf('=')
    if (equals < 0) refuse('name=value')
    const name = trimLinearSpace(piece.slice(0, equals)).toLowerCase()
    if (parameters.has(name)) refuse('each parameter once')
    parameters.set(
      name,
      unquote(trimLinearSpace(piece.slice(equals + 1))) ?? refuse('a quoted string'),
    )
  }
  const protocol = parameters.get('prot')?.toLowerCase() ?? refuse('prot=')
  const data = decodeBase64(parameters.get('data') ?? refuse('data='))
  const uri = parameters.get('uri')
  return uri === undefined ? { protocol, data } : { protocol, uri, data }
}

/**
 * Parses the message of an `a=key-mgmt:<protocol> <base64>` line of a session description.
 *
 * @throws {RequestError} `ERR_KEY_MANAGEMENT` (463)
 * @see RFC 4567 section 3.1
 */
export function parseKeyMgmtAttribute(value: string): KeyMgmt {
  const [protocol = '', data = '', ...more] = value.split(/[ \t]+/).filter((word) => word !== '')
  if (more.length > 0) refuse('a protocol and one piece of base64')
  return { protocol: protocol.toLowerCase(), data: decodeBase64(data) }
}

/** Serializes the value of an `a=key-mgmt` line. */
export const serializeKeyMgmtAttribute = ({ protocol, data }: KeyMgmt): string =>
  `${protocol} ${data.toString('base64')}`

/**
 * Serializes one key management message as an element of the `KeyMgmt` header, with quotes as GStreamer and
 * gortsplib write them.
 *
 * @throws {TypeError} when the URI has control characters.
 */
export function serializeKeyMgmt({ protocol, uri, data }: KeyMgmt): string {
  if (uri !== undefined && hasControlCode(uri, true)) {
    throw new TypeError('the URI of KeyMgmt must not have control characters')
  }
  const uriText = uri === undefined ? '' : `uri=${quote(uri)};`
  return `prot=${protocol};${uriText}data="${data.toString('base64')}"`
}

function decodeBase64(text: string): Buffer {
  return base64.test(text) ? Buffer.from(text, 'base64') : refuse('base64')
}
