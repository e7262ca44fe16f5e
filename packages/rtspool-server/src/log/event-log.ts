import {
  type ConnectionInfo,
  RtspError,
  type RtspRequest,
  type RtspServer,
  type Session,
  systemClock,
  transportOf,
} from 'rtspool'
import type { RepeatLimit } from './repeat-limit.js'

/** Logs sessions that start and end, by public id: the session id itself is a secret of its owner. */
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

function logPublishers(server: RtspServer, lines: RepeatLimit): void {
  server.on('publishStarted', (path, { session }) => {
    lines.write('info', 'publishing started', '', { path, address: session.owner?.address })
  })
  server.on('publishEnded', (path, { session }) => {
    lines.write('info', 'publishing ended', '', { path, address: session.owner?.address })
  })
}

/** Logs refused requests of clients, with the reason. */
export function logRefusals(server: RtspServer, lines: RepeatLimit): void {
  logNoMessages(server, lines)
  server.pool.on('sessionRefused', ({ limit, owner, path }) => {
    const facts = { limit, path, address: owner?.address, user: owner?.user }
    lines.write('warn', 'session refused', limit, facts)
  })
  server.on('accessRefused', ({ reason, user, address, method, path }) => {
    // Clients send a request before they log in: that is normal.
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

/** Logs bytes that are not RTSP: scanners and clients of other protocols send them. */
function logNoMessages(server: RtspServer, lines: RepeatLimit): void {
  server.on('messageRefused', ({ code, message }, { remoteAddress: address }) => {
    lines.write('info', 'message refused', code, { address, code, why: message })
  })
}

/** Returns id, address and paths of a session. */
function factsOf({ publicId, paths, owner }: Session) {
  return { session: publicId, path: paths[0], address: owner?.address, user: owner?.user }
}

/** Returns duration, traffic and transport of a session. */
function courseOf(session: Session): object {
  const { bytesIn, bytesOut, packetsIn, packetsOut, packetsLost, packetsDropped } = session.stats
  return {
    seconds: Math.round((systemClock.now() - session.createdAt) / 100) / 10,
    transport: transportOf(session),
    ...{ bytesIn, bytesOut, packetsIn, packetsOut, packetsLost, packetsDropped },
  }
}

/** Matches the path of a URI without the parts that may be secret: user, password and query. */
const pathPattern = /^[a-z]+:\/\/[^/?#]*([^?#]*)/i

function askedBy({ method, uri }: RtspRequest, { remoteAddress }: ConnectionInfo) {
  return {
    method,
    path: pathPattern.exec(uri)?.[1] ?? uri.split(/[?#]/)[0],
    address: remoteAddress,
  }
}
