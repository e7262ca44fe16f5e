import type { Socket } from 'node:net'
import { plainAddress } from '../system/addresses.js'

/**
 * Addresses and ports of both ends of a TCP connection. IPv4 addresses are in dotted form, never in
 * IPv6 notation.
 */
export interface TcpEnds {
  readonly localAddress: string
  readonly localPort: number
  readonly remoteAddress: string
  readonly remotePort: number
}

/**
 * Returns the addresses and ports of both ends of a socket; empty addresses if it is not connected.
 */
export function endsOf(socket: Socket): TcpEnds {
  return {
    localAddress: plainAddress(socket.localAddress),
    localPort: socket.localPort ?? 0,
    remoteAddress: plainAddress(socket.remoteAddress),
    remotePort: socket.remotePort ?? 0,
  }
}
