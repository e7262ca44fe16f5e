import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ClockTimer, RemovalReason, RtspServer, Session } from 'rtspool'
import { RequestError } from 'rtspool'
import { type WebSocket, WebSocketServer } from 'ws'
import { closeWith, closingOf, refusalOf } from './close-codes.js'
import {
  isAllowedOrigin,
  liveSubprotocol,
  refuseUpgrade,
  shareOf,
  ticketOf,
  userAgentOf,
} from './live-handshake.js'
import { type LiveOptions, type ResolvedLiveOptions, resolveLiveOptions } from './live-options.js'
import { LiveStream } from './live-stream.js'
import { type LiveClaimant, LiveTickets } from './live-tickets.js'
import { type LiveTraffic, LiveViewer } from './live-viewer.js'

/**
 * Maximum bytes of a message from a browser. The page sends none, so a longer one closes the
 * WebSocket.
 */
const maxMessageBytes = 1024
const checkMs = 1_000
const connectionIdBytes = 16

/**
 * Returns the path and the limits that the secret of a share link gives to its client; `undefined`
 * for an unknown secret.
 */
export type ShareClaims = (secret: string) => LiveClaimant | undefined

/**
 * Live pictures for browsers: fragments of MP4 over a WebSocket. Each browser that watches has a
 * session in the pool, which counts, limits, lists and removes it like any other.
 *
 * ```ts
 * const live = new LiveEndpoint(server)
 * httpServer.on('upgrade', (request, socket, head) => live.handleUpgrade(request, socket, head))
 * const ticket = live.tickets.issue({ path: '/live/door', user: 'ann' })
 * // In the browser: new WebSocket('/live', ['rtspool.live', `ticket.${ticket}`])
 * ```
 */
export class LiveEndpoint {
  readonly tickets: LiveTickets
  readonly #server: RtspServer
  readonly #options: ResolvedLiveOptions
  readonly #handshakes: WebSocketServer
  /** Streams by path. The query is ignored, because no source that `rtspool` mounts depends on it. */
  readonly #streams = new Map<string, LiveStream>()
  /**
   * Issuers by session. An issuer names the authorization (an API token or share link) with which
   * the session ends.
   */
  readonly #sessions = new Map<Session, string | undefined>()
  /** Issuers by WebSocket, for WebSockets that have no session yet. */
  readonly #waiting = new Map<WebSocket, string | undefined>()
  #claimShare: ShareClaims = () => undefined
  /** Totals of bytes of fragments sent, and of fragments left out, for browsers whose sessions have ended. */
  readonly #left = { bytesOut: 0, packetsDropped: 0 }
  #check: ClockTimer | undefined
  #isClosed = false

  /**
   * Creates the endpoint.
   *
   * @throws {RangeError | TypeError} If an option is wrong.
   */
  constructor(server: RtspServer, options: LiveOptions = {}) {
    this.#server = server
    this.#options = resolveLiveOptions(options)
    const { clock, ticketSeconds, maxTickets } = this.#options
    this.tickets = new LiveTickets(clock, ticketSeconds * 1000, maxTickets)
    this.#handshakes = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: maxMessageBytes,
      autoPong: false,
      handleProtocols: () => liveSubprotocol,
    })
  }

  /** Number of browsers' sessions that are open now. */
  get viewerCount(): number {
    return this.#sessions.size
  }

  /** Number of bytes sent to browsers, and of fragments left out for slow ones, since the start. */
  get traffic(): LiveTraffic {
    const total = { ...this.#left }
    for (const session of this.#sessions.keys()) add(total, session)
    return total
  }

  /** Sets the function that finds share links. Before this call, no link is accepted. */
  acceptShares(claims: ShareClaims): void {
    this.#claimShare = claims
  }

  /**
   * Upgrades a request with a ticket or the secret of a share link, from a page of this host or of
   * `allowedOrigins`. Others get 401 or 403. For an invalid share link, the WebSocket is opened and
   * closed with a reason, because a page cannot read the status of a refused upgrade.
   *
   * @param head - Bytes that arrived after the request.
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!isAllowedOrigin(request, this.#options.allowedOrigins)) {
      refuseUpgrade(socket, 403, 'the page is from another origin')
      return
    }
    const secret = shareOf(request)
    if (secret !== undefined) {
      const shared = this.#claimShare(secret)
      if (shared) this.view(request, socket, head, shared)
      else this.#dismiss(request, socket, head)
      return
    }
    const claimant = this.tickets.take(ticketOf(request) ?? '')
    if (claimant) this.view(request, socket, head, claimant)
    else refuseUpgrade(socket, 401, 'the ticket is unknown, used or expired')
  }

  /** Upgrades the request of a client that the caller has authenticated and whose origin the caller has checked. */
  view(request: IncomingMessage, socket: Duplex, head: Buffer, claimant: LiveClaimant): void {
    if (this.#isClosed) {
      refuseUpgrade(socket, 503, 'the server is closing')
      return
    }
    this.#handshakes.handleUpgrade(request, socket, head, (webSocket) => {
      // After a broken frame or a reset, `close` follows.
      webSocket.on('error', () => {})
      this.#waiting.set(webSocket, claimant.issuer)
      void this.#open(webSocket, request, claimant)
        .catch((error: unknown) => closeWith(webSocket, refusalOf(error), this.#options.clock))
        .finally(() => this.#waiting.delete(webSocket))
    })
  }

  /**
   * Ends all tickets, WebSockets and sessions of an issuer (an API token or share link), because
   * its authorization has ended.
   */
  endOf(issuer: string, reason: RemovalReason): void {
    this.tickets.removeOf(issuer)
    this.#end(reason, (each) => each === issuer)
  }

  /** Ends the sessions of all browsers. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#check?.cancel()
    this.#end('poolClosed', () => true)
  }

  #end(reason: RemovalReason, isMeant: (issuer: string | undefined) => boolean): void {
    const closing = closingOf(reason)
    for (const [webSocket, issuer] of this.#waiting) {
      if (isMeant(issuer)) closeWith(webSocket, closing, this.#options.clock)
    }
    for (const [session, issuer] of [...this.#sessions]) if (isMeant(issuer)) session.end(reason)
  }

  #dismiss(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#handshakes.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => {})
      closeWith(webSocket, closingOf('authorizationExpired'), this.#options.clock)
    })
  }

  /**
   * Creates the session of a browser, and begins to send fragments.
   *
   * @throws {RtspError} If the browser gets no session.
   */
  async #open(
    webSocket: WebSocket,
    request: IncomingMessage,
    claimant: LiveClaimant,
  ): Promise<void> {
    const { socket } = request
    const [path, query] = splitTarget(claimant.path)
    if (!this.#server.mounts.match(path)) {
      throw new RequestError('ERR_NOT_FOUND', `nothing is mounted at ${path}`)
    }
    this.#checkPressure()
    const session = await this.#admit(webSocket, socket, claimant, path, query)
    if (!session) return
    session.noteUse({
      action: 'read',
      transport: 'websocket-fmp4',
      isSecure: 'encrypted' in socket,
      tunnel: undefined,
      userAgent: userAgentOf(request),
      connectionId: randomBytes(connectionIdBytes).toString('base64url'),
    })
    // The open connection keeps the session alive. Pings notice when the browser has gone.
    session.preventExpire()
    const viewer = new LiveViewer(session, webSocket, socket, this.#options)
    const stream = this.#streamOf(path)
    session.manageMedia(path, stream).setTransport(0, viewer)
    session.state = 'Playing'
    this.#sessions.set(session, claimant.issuer)
    this.#server.adopt(session, viewer)
    stream.add(viewer)
    viewer.onClosed(() => {
      if (this.#sessions.delete(session)) add(this.#left, session)
    })
    this.#scheduleCheck()
  }

  /**
   * Refuses a browser under the same conditions under which a SETUP gets 503.
   *
   * @throws {RequestError} `ERR_DRAINING` or `ERR_OVERLOADED`.
   */
  #checkPressure(): void {
    if (this.#server.isDraining) throw new RequestError('ERR_DRAINING', 'the server is draining')
    const { pressure } = this.#server.stats()
    if (pressure?.level !== 'refusing' && pressure?.level !== 'shedding') return
    throw new RequestError('ERR_OVERLOADED', 'the server is overloaded')
  }

  /**
   * Requests a session from the pool, which checks its limits.
   *
   * @returns `undefined` if the browser has disconnected meanwhile.
   */
  async #admit(
    webSocket: WebSocket,
    socket: Socket,
    claimant: LiveClaimant,
    path: string,
    query: string,
  ): Promise<Session | undefined> {
    const { pool } = this.#server
    const { user, address = plainAddress(socket.remoteAddress), expiresAt } = claimant
    const { maxSessions: maxSessionsPerUser } = claimant
    const leaving = new AbortController()
    webSocket.once('close', () => leaving.abort())
    const { signal } = leaving
    // The owner is bound to this connection, so that no RTSP client can use the session.
    const owner = { address, user, connection: webSocket }
    const terms = { expiresAt, maxSessionsPerUser }
    const init = await pool.admit({ owner, path, query, action: 'read', ...terms, signal })
    if (signal.aborted || this.#isClosed || webSocket.readyState !== webSocket.OPEN)
      return undefined
    // The hooks of the pool may have taken their time.
    this.#checkPressure()
    return pool.create({ ...init, owner, path })
  }

  #streamOf(path: string): LiveStream {
    const running = this.#streams.get(path)
    if (running) return running
    const { clock, maxKeptBytes } = this.#options
    const stream: LiveStream = new LiveStream(this.#server, path, {
      clock,
      maxKeptBytes,
      onEnd: () => {
        if (this.#streams.get(path) === stream) this.#streams.delete(path)
      },
    })
    this.#streams.set(path, stream)
    return stream
  }

  #scheduleCheck(): void {
    if (this.#isClosed || this.#sessions.size === 0) return
    this.#check ??= this.#options.clock.schedule(this.#checkViewers, checkMs, false)
  }

  readonly #checkViewers = (): void => {
    this.#check = undefined
    for (const stream of this.#streams.values()) stream.checkViewers()
    this.#scheduleCheck()
  }
}

function add(total: { bytesOut: number; packetsDropped: number }, { stats }: Session): void {
  total.bytesOut += stats.bytesOut
  total.packetsDropped += stats.packetsDropped
}

function splitTarget(target: string): [path: string, query: string] {
  const mark = target.indexOf('?')
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)]
}

/**
 * Converts an IPv4 address in IPv6 notation (`::ffff:192.0.2.1`) to IPv4, so that limits count a
 * client under one address.
 */
function plainAddress(address = ''): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}
