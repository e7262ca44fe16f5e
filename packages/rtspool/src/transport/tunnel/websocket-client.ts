import type { IncomingMessage } from 'node:http'
import { authorityOf } from '../system/addresses.js'
import { type ClientSocket, openStream } from '../tcp/open-stream.js'
import { type HttpTunnelTarget, TunnelRefused } from './tunnel-target.js'
import { WebSocketStream } from './websocket.js'
import { rtspSubprotocol } from './websocket-upgrade.js'

/**
 * Maximum bytes of one message of a server, which is stored until it is complete. A batch of our own server may have
 * somewhat more than 1 MiB.
 */
const maxMessageBytes = 2 * 1024 * 1024

/** Error if the optional package `ws` cannot be loaded. `cause` is the error of the import. */
export class WebSocketPackageMissing extends Error {}

/**
 * Opens a WebSocket that carries RTSP, with the optional package `ws`.
 *
 * @param signal - Aborts the attempt; no effect once the promise has settled.
 * @param load - Loads the package.
 * @throws {WebSocketPackageMissing} the package is not installed.
 * @throws {TunnelRefused} the server does not respond 101 to the upgrade.
 * @throws The errors of {@link openStream}, and of the package for a handshake that breaks RFC 6455.
 * @see ONVIF Streaming Specification, RTSP over WebSocket
 */
export async function openWebSocket(
  target: HttpTunnelTarget,
  signal: AbortSignal,
  load = () => import('ws'),
): Promise<ClientSocket> {
  const { WebSocket } = await load().catch((cause: unknown) => {
    throw new WebSocketPackageMissing('the package ws cannot be loaded', { cause })
  })
  const socket = await openStream(target, signal)
  const { Host: host = authorityOf(target.host, target.port), ...headers } = target.headersOf('GET')
  const begin = () =>
    // The socket has its TLS already.
    new WebSocket(`ws://${host}${target.path}`, [rtspSubprotocol], {
      createConnection: () => socket,
      headers,
      followRedirects: false,
      perMessageDeflate: false,
      maxPayload: maxMessageBytes,
    })
  let webSocket: ReturnType<typeof begin>
  try {
    webSocket = begin()
  } catch (error) {
    socket.on('error', ignore)
    socket.destroy()
    throw error
  }
  const { remoteAddress, localAddress } = socket
  const stream = Object.assign(new WebSocketStream(webSocket), { remoteAddress, localAddress })
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown): void => {
      signal.removeEventListener('abort', aborted)
      stream.off('error', settle)
      // The first frame of the server may be invalid: its error arrives before the caller listens.
      stream.on('error', ignore)
      if (error === undefined) resolve(stream)
      else {
        stream.destroy()
        socket.destroy()
        reject(error)
      }
    }
    const aborted = (): void => settle(signal.reason)
    stream.on('error', settle)
    // gortsplib 5.2 (MediaMTX): accepts, and names no subprotocol, which the package would refuse.
    webSocket.once('upgrade', ({ headers }) => {
      headers['sec-websocket-protocol'] ??= rtspSubprotocol
    })
    webSocket.once('open', () => settle())
    webSocket.once('unexpected-response', (_, response) => settle(refusalOf(response)))
    signal.addEventListener('abort', aborted)
    if (signal.aborted) aborted()
  })
}

/** Listener that ignores an error of a stream: the stream is destroyed in any case. */
const ignore = (): void => undefined

function refusalOf({ statusCode = 0, statusMessage = '', rawHeaders }: IncomingMessage) {
  const headers: [string, string][] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    headers.push([rawHeaders[at] as string, rawHeaders[at + 1] as string])
  }
  const head = { statusCode, reason: statusMessage, headers }
  return new TunnelRefused('the server refuses the WebSocket', head)
}
