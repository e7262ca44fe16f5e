import type { Socket } from 'node:net'
import type { TcpEnds } from '../../transport/tcp/tcp-ends.js'

/** An accepted connection whose protocol is not known yet. */
export interface Arrival {
  readonly socket: Socket
  /** Addresses and ports of both ends: of the socket, or as a trusted proxy has stated them. */
  readonly ends: TcpEnds
}
