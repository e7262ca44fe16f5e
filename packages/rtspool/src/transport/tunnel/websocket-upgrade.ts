import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpRequestHead } from '../../http/index.js'
import { WebSocketStream } from './websocket.js'

/** Subprotocol name for RTSP over WebSocket (ONVIF Streaming Specification). */
export const rtspSubprotocol = 'rtsp.onvif.org'

/**
 * Maximum bytes of one WebSocket message, which is stored until it is complete. Above the limit,
 * `ws` closes the connection. Plain RTSP has lower limits: headers of 64 KiB with a body of 128
 * KiB, and frames of 64 KiB.
 */
const maxMessageBytes = 256 * 1024

/**
 * Upgrades a connection to WebSocket: responds with 101, or refuses the request.
 *
 * @param rest - Bytes that arrived after the header of the request.
 * @param onOpen - Called in the same turn of the event loop, unless the request is refused.
 */
export type WebSocketUpgrade = (
  socket: Socket,
  head: HttpRequestHead,
  rest: Buffer,
  onOpen: (stream: WebSocketStream) => void,
) => void

/**
 * Loads the optional package `ws`.
 *
 * @throws The error of the import, usually because the package is not installed.
 */
export async function loadWebSocketUpgrade(): Promise<WebSocketUpgrade> {
  const { WebSocketServer } = await import('ws')
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // Media are already compressed.
    perMessageDeflate: false,
    // The connection does, in order with its media.
    autoPong: false,
    maxPayload: maxMessageBytes,
    handleProtocols: () => rtspSubprotocol,
  })
  return (socket, { method, target, headers }, rest, onOpen) => {
    // `ws` reads these properties only.
    const request = { method, url: target, headers: Object.fromEntries(headers) }
    server.handleUpgrade(request as unknown as IncomingMessage, socket, rest, (webSocket) =>
      onOpen(new WebSocketStream(webSocket)),
    )
    socket.resume()
  }
}
