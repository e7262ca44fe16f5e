/** Way of the media of a session; all of its tracks have the same. */
export type SessionTransport = 'TCP' | 'UDP' | 'multicast'

/** Tunnel that a connection arrives in. */
export type SessionTunnel = 'http' | 'webSocket'

/** Use that a client makes of its session, as the server has seen it with the last SETUP. */
export interface SessionUse {
  /** Whether the client plays the path of the session, or publishes there. */
  readonly action: 'read' | 'publish'
  readonly transport: SessionTransport
  /** Whether the connection of the SETUP is TLS. */
  readonly isSecure: boolean
  /** Tunnel that this connection arrives in; `undefined` = none. */
  readonly tunnel: SessionTunnel | undefined
  /** `User-Agent` of the client, at most 256 characters. */
  readonly userAgent: string | undefined
  /** Public id of the connection. */
  readonly connectionId: string
}
