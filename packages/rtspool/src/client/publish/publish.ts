import type { ResolvedClientOptions } from '../client-options.js'
import {
  type ClientCredentials,
  type ClientUrl,
  clientUrlRule,
  parseClientUrl,
} from '../client-url.js'
import { credentialsOf } from '../connection/credentials-of.js'
import { isTransportRefusal } from '../connection/expect-ok.js'
import {
  type ResolvedPublishOptions,
  type RtspPublishOptions,
  resolvePublishOptions,
} from './publish-options.js'
import { Publisher } from './publisher.js'
import { openRecordSession } from './record-session.js'
import type { RtspPublisher } from './rtsp-publisher.js'

/**
 * Publishes a stream to an RTSP server: ANNOUNCE, SETUP of each track, RECORD. Authenticates by Digest or Basic. If the
 * server refuses a transport (461), connects and announces anew with the next of `transports`.
 *
 * @param url - `rtsp:` or `rtsps:` URL, with or without user and password; `ws:` or `wss:` for RTSP over WebSocket. If
 *   ANNOUNCE is answered with a redirect, the client announces at the new place.
 * @throws {ClientError} the server cannot be reached, or refuses.
 * @throws {TypeError} an invalid URL or option. The message does not repeat the URL, which may have a password.
 * @throws The reason of the option `signal`, if it is aborted.
 */
export async function publish(
  url: string | URL,
  options: RtspPublishOptions,
): Promise<RtspPublisher> {
  return openPublisher(url, options)
}

/** Publishes like {@link publish}, but returns an object of the class, which can be ended with an error. */
export async function openPublisher(
  url: string | URL,
  options: RtspPublishOptions,
): Promise<Publisher> {
  const resolved = resolvePublishOptions(options)
  const place = parseClientUrl(String(url))
  if (!place) throw new TypeError(`url must be an rtsp:, rtsps:, ws: or wss: URL, ${clientUrlRule}`)
  if (resolved.srtp && !place.isSecure) {
    throw new TypeError(
      'srtp expects an rtsps: or wss: URL: without TLS, others could read the keys',
    )
  }
  const connection: ResolvedClientOptions = place.isWebSocket
    ? { ...resolved.connection, transports: ['webSocket'] }
    : resolved.connection
  return startOverFirst(place, credentialsOf(place, connection), { ...resolved, connection })
}

async function startOverFirst(
  url: ClientUrl,
  credentials: ClientCredentials | undefined,
  options: ResolvedPublishOptions,
): Promise<Publisher> {
  const { transports } = options.connection
  for (let at = 0; ; at++) {
    const transport = transports[at] ?? 'tcp'
    try {
      const record = await openRecordSession(url, credentials, options, transport)
      const publisher = new Publisher(record.url.uri, record, options)
      await publisher.start()
      return publisher
    } catch (error) {
      if (!isTransportRefusal(error) || at + 1 >= transports.length) throw error
    }
  }
}
