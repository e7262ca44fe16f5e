import type { Socket } from 'node:net'

/** HTTP request that begins or completes a tunnel: the GET or the POST of a client. */
export interface TunnelRequest {
  /** Connection of the request. A hook that takes the request over begins to read in the same turn. */
  readonly socket: Socket
  /** Text by which the client connects its GET and its POST: the header `x-sessioncookie`. */
  readonly cookie: string
  /** Bytes of the request, and those that came after it, for `RtspServer.accept` of another process. */
  readonly first: Buffer
  /** True for a request over TLS. */
  readonly isSecure: boolean
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
}

/**
 * Hook that may take over a request of an HTTP tunnel, whose two requests may reach two processes. Called for each request of
 * a tunnel, before the server refuses or accepts it.
 *
 * @returns True if the hook owns the socket from now on; false to let the server handle the request.
 */
export type TunnelHook = (request: TunnelRequest) => boolean
