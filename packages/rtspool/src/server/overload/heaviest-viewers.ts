import type { Session } from '../../session-pool/index.js'
import type { QueueOfClient } from './pressure-meter.js'

/** A connection with sessions, and the number of bytes that wait for its client. */
export interface QueueOfViewer extends QueueOfClient {
  readonly sessions: ReadonlySet<Session>
  /**
   * True if the application serves the sessions by itself. They then end with the connection,
   * whoever owns them.
   */
  readonly isAdopted?: boolean
}

/**
 * Returns the connections of viewers with unsent bytes, those with the most bytes first. Publishers
 * and viewers without unsent bytes are left out, because ending them would free nothing.
 */
export function heaviestViewers<T extends QueueOfViewer>(connections: Iterable<T>): T[] {
  const viewers: { readonly connection: T; readonly bytes: number }[] = []
  for (const connection of connections) {
    const bytes = connection.queuedBytes
    if (bytes > 0 && isViewer(connection)) viewers.push({ connection, bytes })
  }
  return viewers.sort((a, b) => b.bytes - a.bytes).map(({ connection }) => connection)
}

function isViewer(connection: QueueOfViewer): boolean {
  let views = false
  for (const session of connection.sessions) {
    if (session.use?.action === 'publish') return false
    if (endsWith(session, connection)) views = true
  }
  return views
}

/** Returns whether a session ends with its connection, and does not continue on another one. */
export function endsWith({ owner }: Session, connection: QueueOfViewer): boolean {
  return connection.isAdopted === true || owner?.connection === connection
}
