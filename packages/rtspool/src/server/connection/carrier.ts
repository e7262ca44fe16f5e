import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'

/** What an RTSP connection runs over: a socket, or a tunnel. Of a plain socket all three are the same. */
export interface ConnectionCarrier {
  /** Bytes from the client. */
  readonly input: Readable
  /** Bytes to the client; the connection lives as long as this. */
  readonly output: Writable
  /** The socket that bytes leave by: addresses, idle time, what the kernel has not sent. */
  readonly socket: Socket
  /**
   * Where the client may send interleaved frames as well, and nothing else: live555, and VLC with it, sends its RTCP
   * behind the GET of a tunnel.
   */
  readonly frames?: Readable
}

export function socketCarrier(socket: Socket): ConnectionCarrier {
  return { input: socket, output: socket, socket }
}
