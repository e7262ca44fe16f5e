import type { MediaLease } from '../../media/media-lease.js'
import type { Publication } from '../../media/streams/publication.js'
import type { Session, SessionTunnel } from '../../session-pool/index.js'
import type { InterleavedCarrier } from '../../transport/tcp/channel-table.js'

/** Parts of a connection that handlers use. */
export interface ConnectionContext {
  /** Sends interleaved media through the connection. */
  readonly carrier: InterleavedCarrier
  /** Numeric address of the client, IPv4 never in IPv6 notation. */
  readonly remoteAddress: string
  /** Numeric address of the server on this connection; IPv4 never in IPv6 notation. */
  readonly localAddress: string
  /** Address and port of the server on this connection as `host:port`, for Content-Base. */
  readonly localAuthority: string
  /** True if the connection uses TLS, so that others cannot read it. */
  readonly isSecure: boolean
  /**
   * True if the connection runs through HTTP or a WebSocket: media are then sent interleaved or not
   * at all.
   */
  readonly isTunnelled: boolean
  readonly publicId: string
  readonly tunnel: SessionTunnel | undefined
  readonly userAgent: string | undefined
  /** Sessions interleaved in this connection, and others whose last request arrived on it. */
  readonly sessions: Set<Session>
  readonly isClosed: boolean
  /** Closes the connection after the responses to the requests received so far. Idempotent. */
  close(): void
  /** Signal that aborts when the connection closes. */
  readonly closeSignal: AbortSignal
  /** Publication that the client has announced on this connection, and has not set up yet; `undefined` = none. */
  publication: Publication | undefined
  /**
   * Lease that keeps a media alive between DESCRIBE and SETUP on this connection. It is released
   * when another one replaces it.
   */
  described: MediaLease | undefined
  /** Called when another connection now uses a session that this connection used before. */
  sessionLeft(session: Session): void
  /**
   * Called when a session of this connection has ended.
   *
   * @param farewellMs - Milliseconds after which the connection is closed, unless it has another
   *   session or a new request by then; `undefined` = it stays.
   */
  sessionRemoved(session: Session, farewellMs: number | undefined): void
}
