/** Transport of the media of a session; all of its tracks use the same. */
export type SessionTransport = 'TCP' | 'UDP' | 'multicast'

/** Tunnel that carries a connection. */
export type SessionTunnel = 'http' | 'webSocket'

/** Use that a client makes of its session, as of the last SETUP. */
export interface SessionUse {
  /** Action of the client: `read` plays the path of the session, `publish` records to it. */
  readonly action: 'read' | 'publish'
  readonly transport: SessionTransport
  /** `true` if the connection of the SETUP uses TLS. */
  readonly isSecure: boolean
  /** Tunnel that carries this connection; `undefined` = none. */
  readonly tunnel: SessionTunnel | undefined
  /** `User-Agent` of the client, at most 256 characters. */
  readonly userAgent: string | undefined
  /** Public id of the connection. */
  readonly connectionId: string
}
