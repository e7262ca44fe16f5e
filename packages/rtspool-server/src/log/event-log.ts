import {
  type Connection,
  RtspError,
  type RtspRequest,
  type RtspServer,
  type Session,
  systemClock,
  transportOf,
} from 'rtspool'
import type { RepeatLimit } from './repeat-limit.js'

/** Logs who comes and goes, by public id: the session id itself is a secret of its owner. */
export function logComings(server: RtspServer, lines: RepeatLimit): void {
  server.pool.on('sessionCreated', (session) => {
    lines.write('info', 'session created', '', factsOf(session))
  })
  server.pool.on('sessionRemoved', (session, reason) => {
    const facts = { ...factsOf(session), ...courseOf(session), reason }
    lines.write('info', 'session removed', reason, facts)
  })
  server.on('connectionOpened', ({ remoteAddress: address, remotePort: port }) => {
    lines.write('debug', 'connection opened', '', { address, port })
  })
  server.on('connectionClosed', ({ remoteAddress: address, remotePort: port }) => {
    lines.write('debug', 'connection closed', '', { address, port })
  })
  logPublishers(server, lines)
}

/** A path that begins has one session, the publisher's; the end of a path is told when that session may have left. */
function logPublishers(server: RtspServer, lines: RepeatLimit): void {
  const addresses = new Map<string, string | undefined>()
  server.on('publishStarted', (path) => {
    const [session] = server.pool.list({ path, limit: 1 }).sessions
    const address = session?.owner?.address
    addresses.set(path, address)
    lines.write('info', 'publishing started', '', { path, address })
  })
  server.on('publishEnded', (path) => {
    const address = addresses.get(path)
    addresses.delete(path)
    lines.write('info', 'publishing ended', '', { path, address })
  })
}

/** Logs what clients wanted in vain, and why. */
export function logRefusals(server: RtspServer, lines: RepeatLimit): void {
  logNoMessages(server, lines)
  server.pool.on('sessionRefused', ({ limit, owner, path }) => {
    const facts = { limit, path, address: owner?.address, user: owner?.user }
    lines.write('warn', 'session refused', limit, facts)
  })
  server.on('accessRefused', ({ reason, user, address, method, path }) => {
    // Clients ask before they log in: that is no news.
    const level = reason === 'missing' || reason === 'stale' ? 'debug' : 'warn'
    lines.write(level, 'access refused', reason, { reason, user, address, method, path })
  })
  server.on('requestFailed', (error, request, connection) => {
    const code = error instanceof RtspError ? error.code : 'unknown'
    lines.write('error', 'request failed', code, { ...askedBy(request, connection), err: error })
  })
  server.on('requestRefused', ({ code, message }, request, connection) => {
    const facts = { ...askedBy(request, connection), code, why: message }
    lines.write('info', 'request refused', code, facts)
  })
}

/** Logs what was no message: scanners send it, and clients of another protocol. */
function logNoMessages(server: RtspServer, lines: RepeatLimit): void {
  server.on('messageRefused', ({ code, message }, { remoteAddress: address }) => {
    lines.write('info', 'message refused', code, { address, code, why: message })
  })
}

/** Who it is, from where, and for what. */
function factsOf({ publicId, paths, owner }: Session) {
  return { session: publicId, path: paths[0], address: owner?.address, user: owner?.user }
}

/** How long a session was there, what it carried, and over what. */
function courseOf(session: Session): object {
  const { bytesIn, bytesOut, packetsIn, packetsOut, packetsLost, packetsDropped } = session.stats
  return {
    seconds: Math.round((systemClock.now() - session.createdAt) / 100) / 10,
    transport: transportOf(session),
    ...{ bytesIn, bytesOut, packetsIn, packetsOut, packetsLost, packetsDropped },
  }
}

/** The path of a URI without what may be secret: who asks, and the query. */
const pathPattern = /^[a-z]+:\/\/[^/?#]*([^?#]*)/i

function askedBy({ method, uri }: RtspRequest, { remoteAddress }: Connection) {
  return {
    method,
    path: pathPattern.exec(uri)?.[1] ?? uri.split(/[?#]/)[0],
    address: remoteAddress,
  }
}
