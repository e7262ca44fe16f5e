import {
  type Clock,
  type ConnectionInfo,
  type GroupLimits,
  hostOf,
  type RtspServer,
  type Session,
  systemClock,
} from 'rtspool'
import type { EventFeed } from './event-feed.js'

const nearShare = 0.8
/** Milliseconds in which the same limit is not reported again for the same subject, such as one address or user. */
const silenceMs = 60_000
const maxRemembered = 1000

/**
 * Publishes the event `limitNear` when 80 % of a limit are in use, before the server refuses clients. A number that
 * moves up and down around this threshold is reported at most once a minute.
 */
export class LimitWatch {
  readonly #server: RtspServer
  readonly #feed: EventFeed
  readonly #clock: Clock
  /** Times of the last reports, in milliseconds of the clock, by limit and subject. */
  readonly #reported = new Map<string, number>()
  readonly #onCreated = (session: Session) => this.#checkSessions(session)
  /** Number of open connections by host: an IPv4 address, or an IPv6 network of 64 bits. */
  readonly #connections = new Map<string, number>()
  readonly #onOpened = (connection: ConnectionInfo) => this.#checkConnections(connection)
  readonly #onClosed = ({ remoteAddress }: ConnectionInfo) => {
    this.#count(remoteAddress, -1)
  }

  constructor(server: RtspServer, feed: EventFeed, clock: Clock = systemClock) {
    this.#server = server
    this.#feed = feed
    this.#clock = clock
    server.pool.on('sessionCreated', this.#onCreated)
    for (const { remoteAddress } of server.connections) this.#count(remoteAddress, 1)
    server.on('connectionOpened', this.#onOpened).on('connectionClosed', this.#onClosed)
  }

  close(): void {
    this.#server.pool.off('sessionCreated', this.#onCreated)
    this.#server.off('connectionOpened', this.#onOpened).off('connectionClosed', this.#onClosed)
  }

  #checkSessions({ owner, paths, groups = {} }: Session): void {
    const { pool } = this.#server
    const { limits } = pool
    this.#check('maxSessions', limits.maxSessions, pool.size, {})
    const path = paths[0]
    if (path !== undefined) {
      this.#check('maxSessionsPerPath', limits.maxSessionsPerPath, pool.count({ path }), { path })
    }
    for (const [name, value] of Object.entries(groups)) {
      const max = limitOf(limits.maxSessionsPerGroup, name, value)
      if (max === 0) continue
      const group = { [name]: value }
      this.#check('maxSessionsPerGroup', max, pool.count({ group }), { group: `${name}=${value}` })
    }
    if (owner === undefined) return
    const { address, user } = owner
    const ofAddress = pool.count({ address })
    this.#check('maxSessionsPerAddress', limits.maxSessionsPerAddress, ofAddress, {
      address: hostOf(address),
    })
    if (user === undefined) return
    this.#check('maxSessionsPerUser', limits.maxSessionsPerUser, pool.count({ user }), { user })
  }

  #checkConnections({ remoteAddress }: ConnectionInfo): void {
    const server = this.#server
    const { maxConnections } = server.connectionLimits
    this.#check('maxConnections', maxConnections, server.connections.size, {})
    const ofHost = this.#count(remoteAddress, 1)
    const max = server.connectionLimitOf(remoteAddress)
    this.#check('maxConnectionsPerAddress', max, ofHost, { address: hostOf(remoteAddress) })
  }

  /**
   * Counts a connection that was opened (1) or closed (-1).
   *
   * @returns The number of connections of the host after the change.
   */
  #count(address: string, change: 1 | -1): number {
    const host = hostOf(address)
    const count = (this.#connections.get(host) ?? 0) + change
    if (count > 0) this.#connections.set(host, count)
    else this.#connections.delete(host)
    return count
  }

  /**
   * Publishes `limitNear` if the counted number is exactly 80 % of a limit, rounded up. A rising number always reaches
   * this threshold, because the number grows by one.
   */
  #check(limit: string, max: number, count: number, subject: Record<string, string>): void {
    if (max === 0 || count !== Math.ceil(max * nearShare)) return
    const key = [limit, ...Object.values(subject)].join(' ')
    const now = this.#clock.now()
    const last = this.#reported.get(key)
    if (last !== undefined && now - last < silenceMs) return
    if (this.#reported.size >= maxRemembered) this.#reported.clear()
    this.#reported.set(key, now)
    this.#feed.publish('limitNear', { limit, count, max, ...subject })
  }
}

/**
 * Returns the maximum number of sessions with one value of a session group; 0 = no limit. Names may come from a client,
 * so only own members of the object are read.
 */
function limitOf(limits: GroupLimits, name: string, value: string): number {
  const ofName = Object.hasOwn(limits, name) ? limits[name] : undefined
  return ofName !== undefined && Object.hasOwn(ofName, value) ? (ofName[value] ?? 0) : 0
}
