import type { Socket } from 'node:net'
import { endsOf } from '../../transport/tcp/tcp-ends.js'
import type { Arrival } from './arrival.js'

/** Facts of a connection that the application has accepted, for `RtspServer.accept`. */
export interface AcceptedConnection {
  /** Bytes of the client that the application has read already. @defaultValue none */
  readonly first?: Buffer | undefined
  /** True if the client has connected to another process over TLS. @defaultValue as the socket is */
  readonly isSecure?: boolean | undefined
  /** Address of the client. @defaultValue that of the socket */
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
  /** Address to which the client has connected. @defaultValue that of the socket */
  readonly localAddress?: string | undefined
  readonly localPort?: number | undefined
}

/** Returns the arrival of a connection, with the addresses of the socket where none are given. */
export function arrivalOf(socket: Socket, connection: AcceptedConnection): Arrival {
  const ends = endsOf(socket)
  const {
    localAddress = ends.localAddress,
    localPort = ends.localPort,
    remoteAddress = ends.remoteAddress,
    remotePort = ends.remotePort,
    isSecure,
  } = connection
  return {
    socket,
    ends: { localAddress, localPort, remoteAddress, remotePort },
    ...(isSecure !== undefined && { isSecure }),
  }
}
