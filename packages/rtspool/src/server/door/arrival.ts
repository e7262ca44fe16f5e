import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { TcpEnds } from '../../transport/tcp/tcp-ends.js'

/** An accepted connection whose protocol is not known yet. */
export interface Arrival {
  readonly socket: Socket
  /** Addresses and ports of both ends: of the socket, or as a trusted proxy has stated them. */
  readonly ends: TcpEnds
  /** True if the client has connected over TLS to another process; absent = the kind of the socket says it. */
  readonly isSecure?: boolean
}

/** Returns whether the client of an arrival has connected over TLS. */
export const isSecureArrival = ({ socket, isSecure }: Arrival): boolean =>
  isSecure ?? socket instanceof TLSSocket
