import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpRequestHead } from '../../http/index.js'
import { WebSocketStream } from './websocket.js'

/** ONVIF Streaming Specification: the subprotocol that RTSP is spoken in. */
export const rtspSubprotocol = 'rtsp.onvif.org'

/**
 * A message holds any number of requests and frames, and is kept until it is whole: no more than what RTSP alone may
 * keep waiting, headers of 64 KiB with a body of 128 KiB, and then some. The largest frame has 64 KiB.
 */
const maxMessageBytes = 256 * 1024

/**
 * Makes a WebSocket of a connection that has asked to be upgraded: answers with 101, or a refusal of its own.
 *
 * @param rest - What came behind the head.
 * @param onOpen - Called in the same turn, unless the request is refused.
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
 * @throws What the import throws: mostly that it is not installed.
 */
export async function loadWebSocketUpgrade(): Promise<WebSocketUpgrade> {
  const { WebSocketServer } = await import('ws')
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // Media are compressed already.
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    handleProtocols: () => rtspSubprotocol,
  })
  return (socket, { method, target, headers }, rest, onOpen) => {
    // It looks at these only.
    const request = { method, url: target, headers: Object.fromEntries(headers) }
    server.handleUpgrade(request as unknown as IncomingMessage, socket, rest, (webSocket) =>
      onOpen(new WebSocketStream(webSocket)),
    )
    socket.resume()
  }
}
