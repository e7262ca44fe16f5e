import type { Session, SessionTunnel } from '../session-pool/index.js'

/** One RTSP connection, as it stands at the moment of the look. */
export interface ConnectionInfo {
  /** 22 characters that name the connection in logs, events and APIs. */
  readonly publicId: string
  /** Numeric; IPv4 never in IPv6 notation. */
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  /** Whether the connection is TLS. */
  readonly isSecure: boolean
  /** Tunnel that the connection arrives in; `undefined` = none. */
  readonly tunnel: SessionTunnel | undefined
  /** `User-Agent` of the first request that had one; at most 256 characters. */
  readonly userAgent: string | undefined
  readonly openedTime: Date
  readonly isClosed: boolean
  /** Sessions that live with the connection: it was the last that used them. */
  readonly sessions: ReadonlySet<Session>
  /** Answers the request under way, sends what is queued, then closes, within a second. Idempotent. */
  close(): void
  /** Closes at once; queued bytes are lost. Idempotent. */
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
  /** Public ids of the sessions. */
  readonly sessions: readonly string[]
}
