import type { Session } from '../../session-pool/index.js'
import type { GuardedConnection } from './overload.js'

/**
 * Client of a session that the application serves without the server's RTSP connections; see
 * `RtspServer.adopt`.
 */
export interface AdoptedClient {
  /** Number of bytes that wait in the process for the client. */
  readonly queuedBytes: number
  /** Closes the connection at once; unsent bytes are lost. Called when the server is overloaded. */
  destroy(): void
}

/** Returns the connection of an adopted client, for the overload guard. */
export function adoptedConnection(session: Session, client: AdoptedClient): GuardedConnection {
  return {
    sessions: new Set([session]),
    isAdopted: true,
    get queuedBytes() {
      return client.queuedBytes
    },
    // The application ends idle clients.
    readCount: 0,
    isIdle: false,
    close: () => client.destroy(),
    destroy: () => client.destroy(),
  }
}
