import { WebSocket } from 'ws'
import { CannotRun } from '../mismatch.js'
import type { Carrier, CarrierSink, CarrierTarget } from './carrier.js'

/** The subprotocol of RTSP over WebSocket (ONVIF Streaming Specification, section 5.1.1.5). */
export const webSocketProtocol = 'rtsp.onvif.org'

/**
 * Opens a WebSocket that carries RTSP. Each write becomes one binary message. The boundaries of received messages are
 * ignored.
 *
 * @throws {CannotRun} If the server does not upgrade the connection.
 */
export function openWebSocket(
  target: CarrierTarget,
  sink: CarrierSink,
  limitMs: number,
): Promise<Carrier> {
  const { name, port, path, isInsecure, localAddress } = target
  const host = target.host.includes(':') ? `[${target.host}]` : target.host
  const socket = new WebSocket(`${name}://${host}:${port}${path}`, webSocketProtocol, {
    handshakeTimeout: limitMs,
    perMessageDeflate: false,
    rejectUnauthorized: !isInsecure,
    ...(localAddress === undefined ? {} : { localAddress }),
  })
  socket.binaryType = 'nodebuffer'
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      socket.on('message', (chunk, isBinary) => {
        if (isBinary && Buffer.isBuffer(chunk)) sink.bytes(chunk)
        else sink.bytes(Buffer.from('\0a text message'))
      })
      socket.on('close', (code) => sink.closed(`the server closed the WebSocket with ${code}`))
      resolve({
        write: (bytes) => {
          if (socket.readyState === WebSocket.OPEN) socket.send(bytes)
        },
        destroy: () => socket.terminate(),
      })
    })
    socket.on('error', (error) => reject(new CannotRun(`no WebSocket: ${error.message}`)))
  })
}
