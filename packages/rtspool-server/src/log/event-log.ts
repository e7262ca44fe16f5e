import {
  type Ban,
  type ConnectionInfo,
  type PressureParts,
  RtspError,
  type RtspRequest,
  type RtspServer,
  type Session,
  systemClock,
  transportOf,
} from 'rtspool'
import { nearNetworks } from '../access/networks.js'
import type { RepeatLimit } from './repeat-limit.js'

/**
 * Logs the start and end of sessions, connections and publications. A session is named by its
 * public id, because its id is a secret of its owner.
 */
export function logComings(server: RtspServer, lines: RepeatLimit): void {
  server.pool.on('sessionCreated', (session) => {
    lines.write('info', 'session created', '', factsOf(session))
  })
  server.pool.on('sessionRemoved', (session, reason) => {
    const facts = { ...factsOf(session), ...courseOf(session), reason }
    lines.write('info', 'session removed', reason, facts)
  })
  server.on('connectionOpened', (connection) => {
    lines.write('debug', 'connection opened', '', ends(connection))
  })
  server.on('connectionClosed', (connection) => {
    lines.write('debug', 'connection closed', '', ends(connection))
  })
  server.on('pressureChanged', ({ level, value, parts }, previous) => {
    const facts = { level, previous, pressure: rounded(value), ...partsOf(parts) }
    lines.write(level === 'normal' ? 'info' : 'warn', 'pressure changed', level, facts)
  })
  logPublishers(server, lines)
}

/** Returns the facts of a connection for a log line: public id and address of the client. */
const ends = ({ publicId, remoteAddress: address, remotePort: port }: ConnectionInfo) => ({
  ...{ connection: publicId, address, port },
})

const rounded = (share: number): number => Math.round(share * 100) / 100

const partsOf = (parts: PressureParts): object =>
  Object.fromEntries(Object.entries(parts).map(([name, share]) => [name, rounded(share)]))

function logPublishers(server: RtspServer, lines: RepeatLimit): void {
  server.on('publishStarted', (path, { session }) => {
    lines.write('info', 'publishing started', '', { ...factsOf(session), path })
  })
  server.on('publishEnded', (path, { session }) => {
    lines.write('info', 'publishing ended', '', { ...factsOf(session), path })
  })
}

/** Logs each new and each ended ban, and the clients that a ban refuses. */
export function logBans({ pool }: Pick<RtspServer, 'pool'>, lines: RepeatLimit): void {
  pool.on('banned', (ban) => {
    const { cause, reason, author, until } = ban
    lines.write('info', 'banned', cause, { ...subjectOf(ban), cause, reason, author, until })
  })
  pool.on('banHit', ({ publicId: ban }, { address, user, path, count }) => {
    lines.write('info', 'banned client kept out', '', { ban, address, user, path, count })
  })
  pool.on('unbanned', (ban, reason) => {
    lines.write('info', 'ban ended', reason, { ...subjectOf(ban), hits: ban.hits, reason })
  })
}

/**
 * Returns the facts of a ban for a log line: public id and subject. The address may be a network.
 */
function subjectOf({ publicId: ban, address: network, user, path }: Ban) {
  return { ban, network, user, path }
}

/** Logs requests of clients that the server has refused, with the reason. */
export function logRefusals(server: RtspServer, lines: RepeatLimit): void {
  logNoMessages(server, lines)
  server.pool.on('sessionRefused', ({ limit, owner, path }) => {
    const facts = { limit, path, address: owner?.address, user: owner?.user }
    lines.write('warn', 'session refused', limit, facts)
  })
  server.on('accessRefused', ({ reason, connectionId, user, address, method, path, why }) => {
    // Clients send a request before they log in: that is normal.
    const level = reason === 'missing' || reason === 'stale' ? 'debug' : 'warn'
    const facts = { reason, why, connection: connectionId, user, address, method, path }
    lines.write(level, 'access refused', reason, facts)
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

/**
 * Matches error messages for received bytes that begin like a PROXY header. Version 1 is a text; the signature of
 * version 2 begins with two empty lines and a zero.
 */
const proxyHeaderPattern = /got "(?:PROXY (?:TCP|UNKNOWN)|\\x00")/

/**
 * Logs that a client has sent bytes which are not RTSP, as scanners and clients of other protocols do. Warns of the
 * first PROXY header from a near proxy (loopback or private network) outside `rtsp.trustedProxies`: none of its clients
 * is served.
 */
function logNoMessages(server: RtspServer, lines: RepeatLimit): void {
  let hasWarned = false
  server.on('messageRefused', ({ code, message }, { publicId, remoteAddress: address = '' }) => {
    const facts = { connection: publicId, address, code, why: message }
    lines.write('info', 'message refused', code, facts)
    if (hasWarned || !nearNetworks.has(address) || !proxyHeaderPattern.test(message)) return
    hasWarned = true
    const text = `bytes from ${address} look like a PROXY header, but rtsp.trustedProxies does not name this proxy`
    lines.write('warn', text, '', { address })
  })
}

/**
 * Returns the facts of a session for a log line: its public id and that of the connection of its last SETUP, path,
 * address and user. A session that was just created has no connection yet.
 */
function factsOf({ publicId, use, paths, owner }: Session) {
  const ids = { session: publicId, connection: use?.connectionId }
  return { ...ids, path: paths[0], address: owner?.address, user: owner?.user }
}

/** Returns the course of a session for a log line: duration, traffic and transport. */
function courseOf(session: Session): object {
  const { bytesIn, bytesOut, packetsIn, packetsOut, packetsLost, packetsDropped } = session.stats
  return {
    seconds: Math.round((systemClock.now() - session.createdAt) / 100) / 10,
    transport: transportOf(session),
    ...{ bytesIn, bytesOut, packetsIn, packetsOut, packetsLost, packetsDropped },
  }
}

/**
 * Matches a URI, and captures its path. User, password and query, which may be secret, are left
 * out.
 */
const pathPattern = /^[a-z]+:\/\/[^/?#]*([^?#]*)/i

/** Returns the facts of a request for a log line: its CSeq, the public id of its connection, path and address. */
function askedBy(
  { method, uri, headers }: RtspRequest,
  { publicId, remoteAddress }: ConnectionInfo,
) {
  return {
    ...{ method, cseq: headers.get('CSeq'), connection: publicId },
    path: pathPattern.exec(uri)?.[1] ?? uri.split(/[?#]/)[0],
    address: remoteAddress,
  }
}
