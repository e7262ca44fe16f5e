import type { Socket } from 'node:net'
import type { Clock } from '../../clock.js'
import { type HttpRequestHead, type ReadHttpHead, serializeRequestHead } from '../../http/index.js'
import { type Arrival, isSecureArrival } from './arrival.js'
import { refuseHttp } from './http-refusal.js'
import type { TunnelHook } from './tunnel-hook.js'
import { TunnelPairs, type TunnelPairsOwner } from './tunnel-pairs.js'
import { WebSockets } from './websockets.js'

export interface HttpDoorOptions {
  /** True to accept tunnels through HTTP; a function may take over their requests. */
  readonly httpTunnel: boolean | TunnelHook
  /** True to accept WebSockets; `'ifInstalled'` = only if the package `ws` is installed. */
  readonly webSocket: boolean | 'ifInstalled'
  /** Allowed origins of web pages, besides those of this server. */
  readonly allowedOrigins: ReadonlySet<string>
  readonly clock: Clock
}

/**
 * Handles the HTTP requests of clients: opens tunnels and WebSockets, and refuses all other
 * requests.
 */
export class HttpDoor {
  readonly #options: HttpDoorOptions
  readonly #tunnels: TunnelPairs | undefined
  readonly #owner: TunnelPairsOwner
  readonly #webSockets: WebSockets | undefined

  constructor(options: HttpDoorOptions, owner: TunnelPairsOwner) {
    this.#options = options
    this.#owner = owner
    const { httpTunnel, webSocket, clock } = options
    if (httpTunnel) this.#tunnels = new TunnelPairs(clock, owner)
    if (webSocket) {
      this.#webSockets = new WebSockets(clock, (carrier) => {
        owner.taken(carrier.socket)
        owner.opened(carrier)
      })
    }
  }

  /**
   * Loads the package `ws` if the options require it.
   *
   * @throws {TransportError} `ERR_WEB_SOCKET_PACKAGE` if it cannot be loaded.
   */
  async open(): Promise<void> {
    if (this.#options.webSocket === true) await this.#webSockets?.require()
  }

  take(arrival: Arrival, request: ReadHttpHead): void {
    const { socket } = arrival
    const { headers } = request.head
    const cookie = headers.get('x-sessioncookie')
    const isUpgrade = headers.get('upgrade')?.toLowerCase() === 'websocket'
    if (!this.#isOriginAllowed(request.head)) {
      this.#refuse(socket, 403, 'the web page may not use this server')
    } else if (isUpgrade && this.#webSockets) {
      void this.#webSockets.take(arrival, request)
    } else if (!isUpgrade && cookie !== undefined && this.#tunnels) {
      if (!this.#handOver(arrival, cookie, request)) this.#tunnels.take(arrival, cookie, request)
    } else {
      this.#refuse(socket, 400, `expected RTSP${this.#expected()}`)
    }
  }

  /** Offers a request of a tunnel to the hook. @returns True if the hook has taken it over */
  #handOver(arrival: Arrival, cookie: string, { head, rest }: ReadHttpHead): boolean {
    const { httpTunnel } = this.#options
    if (typeof httpTunnel !== 'function') return false
    const { socket, ends } = arrival
    const first = Buffer.concat([serializeRequestHead(head), rest])
    const isSecure = isSecureArrival(arrival)
    const isTaken = httpTunnel({ socket, cookie, first, isSecure, ...ends })
    if (isTaken) this.#owner.taken(socket)
    return isTaken
  }

  #expected(): string {
    const tunnel = this.#tunnels ? ', an x-sessioncookie' : ''
    return `${tunnel}${this.#webSockets ? ', an upgrade to WebSocket' : ''}`
  }

  #refuse(socket: Socket, statusCode: 400 | 403, reason: string): void {
    refuseHttp(socket, statusCode, reason, this.#options.clock)
  }

  /**
   * Returns whether the header Origin of an HTTP request names a web page that may connect. Browsers send the header
   * and players do not (RFC 6454 section 7).
   */
  #isOriginAllowed({ headers }: HttpRequestHead): boolean {
    const origin = headers.get('origin')?.toLowerCase()
    if (origin === undefined) return true
    const host = headers.get('host')?.toLowerCase()
    const isOwn = origin === `http://${host}` || origin === `https://${host}`
    const { allowedOrigins } = this.#options
    return isOwn || allowedOrigins.has(origin) || allowedOrigins.has('*')
  }
}
