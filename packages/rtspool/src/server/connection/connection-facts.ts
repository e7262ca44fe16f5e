import { TLSSocket } from 'node:tls'
import type { ConnectionSummary } from '../../public/connection.js'
import { createPublicId } from '../../public-id.js'
import type { SessionTunnel } from '../../session-pool/index.js'
import { authorityOf } from '../../transport/system/addresses.js'
import { endsOf, type TcpEnds } from '../../transport/tcp/tcp-ends.js'
import type { ConnectionCarrier } from './carrier.js'

/** Maximum number of characters of a `User-Agent` that are stored; the rest is cut off. */
const maxUserAgentLength = 256

/**
 * Facts of one connection that do not change, and the `User-Agent` of its client once a request has
 * contained one.
 */
export class ConnectionFacts {
  readonly publicId = createPublicId()
  /** Addresses and ports of the connection's socket. Behind a proxy, the remote ones are the proxy's. */
  readonly socketEnds: TcpEnds
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  /** Address and port of the server on this connection, as `host:port`. */
  readonly localAuthority: string
  readonly isSecure: boolean
  readonly tunnel: SessionTunnel | undefined
  readonly openedTime: Date
  userAgent: string | undefined

  constructor({ socket, ends, tunnel, isSecure }: ConnectionCarrier, unixTimeMs: number) {
    this.socketEnds = endsOf(socket)
    this.remoteAddress = ends.remoteAddress
    this.remotePort = ends.remotePort
    this.localAddress = ends.localAddress
    this.localPort = ends.localPort
    this.localAuthority = authorityOf(this.localAddress, this.localPort)
    this.isSecure = isSecure ?? socket instanceof TLSSocket
    this.tunnel = tunnel
    this.openedTime = new Date(unixTimeMs)
  }

  /**
   * Returns the facts about the connection that a log or an API may show.
   *
   * @param sessions - Public ids of the connection's sessions.
   */
  summary(sessions: readonly string[]): ConnectionSummary {
    return {
      publicId: this.publicId,
      remoteAddress: this.remoteAddress,
      remotePort: this.remotePort,
      localAddress: this.localAddress,
      localPort: this.localPort,
      isSecure: this.isSecure,
      tunnel: this.tunnel,
      userAgent: this.userAgent,
      openedTime: this.openedTime,
      sessions,
    }
  }

  /** Stores the `User-Agent` of a request, unless an earlier request had one. */
  noteUserAgent(value: string | undefined): void {
    this.userAgent ??= value?.slice(0, maxUserAgentLength)
  }
}
