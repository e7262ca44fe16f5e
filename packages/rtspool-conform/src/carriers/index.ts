import type { Carrier, CarrierSink, CarrierTarget } from './carrier.js'
import { openHttp } from './http.js'
import { openPlain } from './socket.js'
import { openWebSocket } from './websocket.js'

/**
 * Opens a connection to a server through the carrier (TCP, TLS or a tunnel) of the target.
 *
 * @param sink - Receives the bytes and the end of the connection.
 * @param limitMs - Time limit in milliseconds for the opening.
 * @throws {CannotRun} Gives the reason if the connection fails or takes too long.
 */
export function openCarrier(
  target: CarrierTarget,
  sink: CarrierSink,
  limitMs: number,
): Promise<Carrier> {
  switch (target.name) {
    case 'tcp':
    case 'tls':
      return openPlain(target, sink, limitMs)
    case 'http':
    case 'https':
      return openHttp(target, sink, limitMs)
    case 'ws':
    case 'wss':
      return openWebSocket(target, sink, limitMs)
  }
}
