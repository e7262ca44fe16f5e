import { Client } from './client.js'
import {
  type ResolvedClientOptions,
  type RtspClientOptions,
  resolveClientOptions,
} from './client-options.js'
import { clientUrlRule, parseClientUrl } from './client-url.js'
import { credentialsOf } from './connection/credentials-of.js'
import { describeStream } from './describe.js'
import type { RtspClient } from './rtsp-client.js'

/**
 * Connects to an RTSP server and describes a stream. Follows redirects, and authenticates by Digest or Basic.
 *
 * @param url - `rtsp:` or `rtsps:` URL, with or without user and password; `ws:` or `wss:` for RTSP over WebSocket.
 * @throws {ClientError} the server cannot be reached, refuses, or has no such stream.
 * @throws {TypeError} an invalid URL or option. The message does not repeat the URL, which may have a password.
 * @throws The reason of the option `signal`, if it is aborted.
 */
export async function connect(url: string | URL, options?: RtspClientOptions): Promise<RtspClient> {
  const checked = resolveClientOptions(options)
  const place = parseClientUrl(String(url))
  if (!place) throw new TypeError(`url must be an rtsp:, rtsps:, ws: or wss: URL, ${clientUrlRule}`)
  const resolved: ResolvedClientOptions = place.isWebSocket
    ? { ...checked, transports: ['webSocket'] }
    : checked
  const credentials = credentialsOf(place, resolved)
  const stream = await describeStream(place, credentials, resolved, resolved.transports)
  return new Client(stream, resolved)
}
