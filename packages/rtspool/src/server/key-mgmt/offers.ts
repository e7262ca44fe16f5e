import { RequestError } from '../../errors.js'
import { parseSrtpOffer, type SrtpOffer } from '../../mikey/index.js'
import { type KeyMgmt, parseKeyMgmt, type ReadonlyRtspHeaders } from '../../rtsp/index.js'

/**
 * Reads the keys that the client offers in KeyMgmt headers for the stream that it sets up.
 *
 * @returns `undefined` without an offer.
 * @throws {RequestError} `ERR_KEY_MANAGEMENT` (463)
 */
export function offerFor(uri: string, headers: ReadonlyRtspHeaders): SrtpOffer | undefined {
  const messages = headers.getAll('KeyMgmt').flatMap(parseKeyMgmt)
  if (messages.length === 0) return undefined
  const named = messages.find((message) => message.uri === uri)
  // A single message is for the stream of the request, even if a proxy has rewritten its URI.
  const message = named ?? (messages.length === 1 ? messages[0] : undefined)
  if (message) return offerOf(message)
  throw new RequestError('ERR_KEY_MANAGEMENT', 'KeyMgmt: expected a message for the stream')
}

/**
 * Parses the keys in a key management message.
 *
 * @throws {RequestError} `ERR_KEY_MANAGEMENT` (463).
 */
export function offerOf(message: KeyMgmt): SrtpOffer {
  if (message.protocol === 'mikey') return parseSrtpOffer(message.data)
  throw new RequestError('ERR_KEY_MANAGEMENT', 'KeyMgmt: expected the protocol mikey')
}
