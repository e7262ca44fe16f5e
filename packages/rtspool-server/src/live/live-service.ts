import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { RemovalReason, RtspServer, TlsCertificate } from 'rtspool'
import { limitHosts } from '../access/host-limit.js'
import { LiveEndpoint, type ShareClaims } from './live-endpoint.js'
import { isOwnPage, refuseUpgrade, shareOf } from './live-handshake.js'
import type { LiveOptions } from './live-options.js'
import type { LiveTickets } from './live-tickets.js'
import type { LiveTraffic } from './live-viewer.js'

const handshakeTimeoutMs = 10_000
const headersTimeoutMs = 10_000
const requestTimeoutMs = 20_000
const defaultIdleTimeoutMs = 30_000
/**
 * Milliseconds between two checks of the HTTP server for requests that arrive too slowly; it closes their connections.
 */
const checkIntervalMs = 5_000
/** Default part of `maxConnections` that one host may have. */
const shareOfHost = 1 / 4
const maxHeaderBytes = 16 * 1024
const upgradeRequired = 426

/** Condition for watching: `ticket` = with a ticket of the control API, `anyone` = none. */
export type LiveAccess = 'ticket' | 'anyone'

type RequestListener = (request: IncomingMessage, response: ServerResponse) => void

/** Files of the web page for share links. */
export interface SharePage {
  /**
   * Responds to a request for a file of the page.
   *
   * @returns False if the request is for something else; no response has been sent then.
   */
  respond(request: IncomingMessage, response: ServerResponse): boolean
}

/** Options of a {@link LiveService}. */
export interface LiveServiceOptions extends LiveOptions {
  /** TCP port of the live picture; 0 lets the system choose. */
  readonly port: number
  /** Address or name to listen on; `undefined` = all addresses. */
  readonly host: string | undefined
  readonly access: LiveAccess
  /** Maximum number of connections to the port, WebSockets included; 0 = unlimited. */
  readonly maxConnections: number
  /**
   * Maximum number of connections of one host (IPv6: of a network of 64 bits); 0 = unlimited. This
   * machine has no limit. @default a quarter of maxConnections
   */
  readonly maxConnectionsPerAddress?: number | undefined
  /**
   * Milliseconds without a byte in either direction, after which a connection other than a WebSocket
   * is closed.
   * @default 30000
   */
  readonly idleTimeoutMs?: number | undefined
  /** TLS certificate for `wss`; `undefined` = `ws` without TLS. */
  readonly certificate: TlsCertificate | undefined
}

/**
 * Serves the live picture on a port of its own, so that browsers use up no connections of RTSP
 * clients or of the API.
 *
 * With the access `ticket`, the path of the WebSocket's URL does not matter, because the ticket
 * names the media. With `anyone`, it is the path of the media: `ws://host:port/live/door`.
 */
export class LiveService {
  readonly #options: LiveServiceOptions
  readonly #endpoint: LiveEndpoint
  readonly #http: Server | SecureServer
  #page: RequestListener = refuseRequest

  /**
   * Creates the service.
   *
   * @throws {RangeError | TypeError} If an option is wrong.
   */
  constructor(rtsp: RtspServer, options: LiveServiceOptions) {
    const { port, host, access, maxConnections, certificate, ...others } = options
    const {
      maxConnectionsPerAddress = Math.ceil(maxConnections * shareOfHost),
      idleTimeoutMs = defaultIdleTimeoutMs,
      ...rest
    } = others
    this.#options = options
    this.#endpoint = new LiveEndpoint(rtsp, rest)
    const limits = {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      maxHeaderSize: maxHeaderBytes,
      connectionsCheckingInterval: checkIntervalMs,
    }
    const listener: RequestListener = (request, response) => this.#page(request, response)
    this.#http = certificate
      ? createSecureServer(
          { ...limits, ...secretsOf(certificate), handshakeTimeout: handshakeTimeoutMs },
          listener,
        )
      : createServer(limits, listener)
    if (maxConnections > 0) this.#http.maxConnections = maxConnections
    // The handshake of a WebSocket ends this timeout, which also ends a client that reads no response.
    this.#http.timeout = idleTimeoutMs
    limitHosts(this.#http, maxConnectionsPerAddress)
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  /**
   * Opens the port of the live picture.
   *
   * @throws The error of `listen`, such as `EADDRINUSE`.
   */
  async listen(): Promise<void> {
    const { port, host } = this.#options
    this.#http.listen({ port, ...(host === undefined ? {} : { host }) })
    await once(this.#http, 'listening')
  }

  address(): AddressInfo {
    const address = this.#http.address()
    if (typeof address === 'object' && address) return address
    throw new TypeError('the live picture does not listen')
  }

  /** True if browsers must connect by `wss` (WebSocket inside TLS). */
  get isSecure(): boolean {
    return this.#options.certificate !== undefined
  }

  /** One-time tickets with which browsers open a WebSocket. */
  get tickets(): LiveTickets {
    return this.#endpoint.tickets
  }

  /**
   * Sets the function that finds share links, and serves the page for such links if there is one.
   */
  acceptShares(claims: ShareClaims, page: SharePage | undefined): void {
    this.#endpoint.acceptShares(claims)
    this.#page = (request, response) => {
      // Connections are for viewers.
      response.setHeader('Connection', 'close')
      if (!page?.respond(request, response)) refuseRequest(request, response)
    }
  }

  /**
   * Ends all tickets, WebSockets and sessions of an issuer (an API token or share link), because
   * its authorization has ended.
   */
  endOf(issuer: string, reason: RemovalReason): void {
    this.#endpoint.endOf(issuer, reason)
  }

  /** Number of browsers' sessions that are open now. */
  get viewerCount(): number {
    return this.#endpoint.viewerCount
  }

  /** Number of bytes sent to browsers, and of fragments left out for slow ones, since the start. */
  get traffic(): LiveTraffic {
    return this.#endpoint.traffic
  }

  /** Uses another TLS certificate for new connections; open connections go on. */
  reloadCertificate(certificate: TlsCertificate): void {
    if ('setSecureContext' in this.#http) this.#http.setSecureContext(secretsOf(certificate))
  }

  /** Ends the sessions of all browsers, and closes the port. Idempotent. */
  async close(): Promise<void> {
    this.#endpoint.close()
    if (!this.#http.listening) return
    const closed = once(this.#http, 'close')
    this.#http.close()
    this.#http.closeAllConnections()
    await closed
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#options.access === 'ticket' || shareOf(request) !== undefined) {
      this.#endpoint.handleUpgrade(request, socket, head)
      return
    }
    const path = pathOf(request.url)
    if (!isOwnPage(request, this.#options.allowedOrigins ?? [])) {
      refuseUpgrade(socket, 403, 'the page is from another origin')
    } else if (path === undefined) {
      refuseUpgrade(socket, 400, 'the path has a wrong percent escape')
    } else this.#endpoint.view(request, socket, head, { path })
  }
}

/**
 * Returns the decoded path of a URL, followed by its query as received; `undefined` if the path
 * cannot be decoded.
 */
function pathOf(url = '/'): string | undefined {
  const mark = url.indexOf('?')
  const [rawPath, query] = mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark)]
  try {
    return decodeURIComponent(rawPath) + query
  } catch {
    return undefined
  }
}

function refuseRequest(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(upgradeRequired, { upgrade: 'websocket', connection: 'close' })
  response.end('this port has WebSockets only\n')
}

const secretsOf = ({ key, cert }: TlsCertificate) => ({
  key: typeof key === 'string' ? key : Buffer.from(key),
  cert: typeof cert === 'string' ? cert : Buffer.from(cert),
})
