import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import type { SessionTunnel } from '../../session-pool/index.js'
import type { TcpEnds } from '../../transport/tcp/tcp-ends.js'

/**
 * Streams that an RTSP connection runs over: those of a socket, or of a tunnel. With a plain socket
 * all three are the same object.
 */
export interface ConnectionCarrier {
  /** Bytes from the client. */
  readonly input: Readable
  /** Bytes to the client. The connection lives as long as this stream. */
  readonly output: Writable
  /** The socket below `output`: its idle time and unsent bytes. */
  readonly socket: Socket
  /** Ends of the socket, or those that a trusted proxy has named. */
  readonly ends: TcpEnds
  /**
   * Second stream on which the client may send interleaved frames only: live555, and VLC with it,
   * sends its RTCP behind the GET of a tunnel.
   */
  readonly frames?: Readable
  /** Tunnel that the bytes arrive in; absent where there is none. */
  readonly tunnel?: SessionTunnel
}

export function socketCarrier(socket: Socket, ends: TcpEnds): ConnectionCarrier {
  return { input: socket, output: socket, socket, ends }
}
