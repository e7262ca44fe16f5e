import type { Logger } from 'pino'
import { RtspError, type RtspServer, type Session } from 'rtspool'
import type { RepeatLimit } from './repeat-limit.js'

/** Logs who comes and goes, by public id: the session id itself is a secret of its owner. */
export function logComings(server: RtspServer, log: Logger): void {
  server.pool.on('sessionCreated', (session) => {
    log.info(factsOf(session), 'session created')
  })
  server.pool.on('sessionRemoved', (session, reason) => {
    const { packetsIn, packetsOut, packetsLost } = session.stats
    const traffic = { packetsIn, packetsOut, packetsLost }
    log.info({ ...factsOf(session), ...traffic, reason }, 'session removed')
  })
  server.on('connectionOpened', ({ remoteAddress: address, remotePort: port }) => {
    log.debug({ address, port }, 'connection opened')
  })
  server.on('connectionClosed', ({ remoteAddress: address, remotePort: port }) => {
    log.debug({ address, port }, 'connection closed')
  })
  server.on('publishStarted', (path) => log.info({ path }, 'publishing started'))
  server.on('publishEnded', (path) => log.info({ path }, 'publishing ended'))
}

/** Logs what clients wanted in vain: as often as they like, but for the lines. */
export function logRefusals(server: RtspServer, repeats: RepeatLimit): void {
  server.pool.on('sessionRefused', ({ limit, owner, path }) => {
    const facts = { limit, path, address: owner?.address, user: owner?.user }
    repeats.write('warn', 'session refused', limit, facts)
  })
  server.on('accessRefused', ({ reason, user, address, method, path }) => {
    // Clients ask before they log in: that is no news.
    const level = reason === 'missing' || reason === 'stale' ? 'debug' : 'warn'
    repeats.write(level, 'access refused', reason, { reason, user, address, method, path })
  })
  server.on('requestFailed', (error, { method }) => {
    const code = error instanceof RtspError ? error.code : 'unknown'
    repeats.write('error', 'request failed', code, { err: error, method })
  })
  server.on('requestRefused', ({ code, message }, { method }) =>
    repeats.write('debug', 'request refused', code, { method, code, why: message }),
  )
}

/** Who it is, from where, and for what. */
function factsOf({ publicId, paths, owner }: Session): object {
  return { session: publicId, path: paths[0], address: owner?.address, user: owner?.user }
}
