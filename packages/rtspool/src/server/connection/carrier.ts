import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { SessionTunnel } from '../../session-pool/index.js'
import type { MessageOutput } from '../../transport/tcp/message-header.js'
import type { TcpEnds } from '../../transport/tcp/tcp-ends.js'

/**
 * Streams over which an RTSP connection runs: those of a socket, or of a tunnel. With a plain
 * socket, `input`, `output` and `socket` are the same object.
 */
export interface ConnectionCarrier {
  /** Stream of bytes that the client sends. */
  readonly input: Readable
  /** Socket or WebSocket to the client. The connection lives as long as this stream. */
  readonly output: MessageOutput
  /** Socket to which all bytes are written, and on which idle time and unsent bytes are measured. */
  readonly socket: Socket
  /** Addresses and ports of both ends: of the socket, or as a trusted proxy has stated them. */
  readonly ends: TcpEnds
  /**
   * Second stream on which the client may send interleaved frames only: live555 (VLC) sends its
   * RTCP after the GET request of a tunnel.
   */
  readonly frames?: Readable
  /** Tunnel in which the bytes arrive; absent for a plain socket. */
  readonly tunnel?: SessionTunnel
  /** True if the client has connected over TLS to another process; absent = the kind of `socket` says it. */
  readonly isSecure?: boolean
}

export function socketCarrier(socket: Socket, ends: TcpEnds): ConnectionCarrier {
  return { input: socket, output: socket, socket, ends }
}
