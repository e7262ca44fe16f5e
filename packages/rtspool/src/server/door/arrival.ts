import type { Socket } from 'node:net'
import type { TcpEnds } from '../../transport/tcp/tcp-ends.js'

/** An accepted connection whose protocol is not known yet. */
export interface Arrival {
  readonly socket: Socket
  /** Ends of the socket, or those that a trusted proxy has named. */
  readonly ends: TcpEnds
}
