import { TLSSocket } from 'node:tls'
import type { ConnectionSummary } from '../../public/connection.js'
import { createPublicId } from '../../public-id.js'
import type { SessionTunnel } from '../../session-pool/index.js'
import { authorityOf, plainAddress } from '../../transport/system/addresses.js'
import type { ConnectionCarrier } from './carrier.js'

/** Characters kept of a `User-Agent`. */
const maxUserAgentLength = 256

/**
 * Facts of one connection that do not change, and the `User-Agent` of its client once a request has
 * contained one.
 */
export class ConnectionFacts {
  readonly publicId = createPublicId()
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  /** `host:port` of the server's end. */
  readonly localAuthority: string
  readonly isSecure: boolean
  readonly tunnel: SessionTunnel | undefined
  readonly openedTime: Date
  userAgent: string | undefined

  constructor({ socket, tunnel }: ConnectionCarrier, unixTimeMs: number) {
    this.remoteAddress = plainAddress(socket.remoteAddress)
    this.remotePort = socket.remotePort ?? 0
    this.localAddress = plainAddress(socket.localAddress)
    this.localPort = socket.localPort ?? 0
    this.localAuthority = authorityOf(this.localAddress, this.localPort)
    this.isSecure = socket instanceof TLSSocket
    this.tunnel = tunnel
    this.openedTime = new Date(unixTimeMs)
  }

  /** @param sessions - Public ids of the connection's sessions. */
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

  /** Keeps the `User-Agent` of the first request that has one. */
  noteUserAgent(value: string | undefined): void {
    this.userAgent ??= value?.slice(0, maxUserAgentLength)
  }
}
