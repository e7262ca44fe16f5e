import type { Session, SessionData, SessionTunnel } from '../session-pool/index.js'

/** One RTSP connection; its properties are read at the time of access. */
export interface ConnectionInfo<Data extends object = SessionData> {
  /** Public id of the connection for logs, events and APIs: 22 characters. */
  readonly publicId: string
  /** Numeric address of the client. An IPv4 address is never in IPv6 notation. */
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  /** `true` if the connection uses TLS. */
  readonly isSecure: boolean
  /** Kind of tunnel that carries the connection; `undefined` = none, the connection is a plain socket. */
  readonly tunnel: SessionTunnel | undefined
  /** `User-Agent` of the first request that had one; at most 256 characters. */
  readonly userAgent: string | undefined
  readonly openedTime: Date
  readonly isClosed: boolean
  /** Sessions whose last request arrived on this connection. */
  readonly sessions: ReadonlySet<Session<Data>>
  /**
   * Closes the connection within a second, after the response to the current request and all queued
   * bytes. Idempotent.
   */
  close(): void
  /** Closes the connection at once; queued bytes are lost. Idempotent. */
  destroy(): void
  toJSON(): ConnectionSummary
}

/** A connection as `JSON.stringify` and `console.log` show it. */
export interface ConnectionSummary
  extends Pick<
    ConnectionInfo,
    | 'publicId'
    | 'remoteAddress'
    | 'remotePort'
    | 'localAddress'
    | 'localPort'
    | 'isSecure'
    | 'tunnel'
    | 'userAgent'
    | 'openedTime'
  > {
  /** Public ids of the sessions whose last request arrived on the connection. */
  readonly sessions: readonly string[]
}
