import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import type { TlsCertificate } from 'rtspool'
import { limitHosts } from '../access/host-limit.js'
import { Networks } from '../access/networks.js'
import type { PageFiles } from '../dashboard/page-files.js'
import type { RepeatLimit } from '../log/repeat-limit.js'
import { forgottenProxyOf } from './client-address.js'
import type { ControlledServer } from './controlled-server.js'
import { Exchange } from './exchange.js'
import type { HostRules } from './request-checks.js'
import { Router } from './router.js'
import { operations } from './routes.js'

/**
 * Maximum number of connections at a time. The library leaves 64 file descriptors of the process
 * for other uses.
 */
const maxConnections = 32
/** Maximum number of connections of one host, so that one host cannot take them all. */
const maxConnectionsOfHost = 16
const handshakeTimeoutMs = 10_000
/**
 * Milliseconds without sent or received bytes after which a connection is closed; longer than the pauses in event
 * streams and probes.
 */
const defaultIdleTimeoutMs = 30_000
const headersTimeoutMs = 10_000
const requestTimeoutMs = 20_000
const keepAliveTimeoutMs = 5_000
/**
 * Milliseconds between two checks for HTTP requests that arrive too slowly. The connections of such requests are
 * closed.
 */
const checkIntervalMs = 5_000
const maxHeaderBytes = 16 * 1024

/** Options of a {@link ControlApi}. */
export interface ControlApiOptions {
  readonly server: ControlledServer
  readonly log: Logger
  /** Limits the number of log lines about refused calls, so that a client cannot fill the log. */
  readonly repeats: RepeatLimit
  /** TCP port of the API; 0 lets the system choose one. */
  readonly port: number
  /** Address or host name on which the API listens. */
  readonly host: string
  /** Host names by which clients may call the API, besides `localhost`, `host` and IP addresses. */
  readonly allowedHosts: readonly string[]
  /**
   * Addresses and networks of HTTP proxies. The API reads the client's address from their `X-Forwarded-For` or
   * `Forwarded`.
   */
  readonly trustedProxies: readonly string[]
  /** Files of the dashboard, served on the same port; `undefined` = no page. */
  readonly page: PageFiles | undefined
  /** Certificate for HTTPS; `undefined` = HTTP without TLS. */
  readonly certificate: TlsCertificate | undefined
  /** Milliseconds without sent or received bytes after which a connection is closed. @default 30000 */
  readonly idleTimeoutMs?: number | undefined
}

/** HTTP server of the control API, with its own port, connections and limits. */
export class ControlApi {
  readonly #options: ControlApiOptions
  readonly #http: Server | SecureServer
  readonly #router = new Router(operations)
  readonly #hosts: HostRules
  readonly #proxies: Networks
  #hasWarnedOfProxy = false

  constructor(options: ControlApiOptions) {
    this.#options = options
    const names = ['localhost', options.host, ...options.allowedHosts]
    this.#hosts = { names: new Set(names.map((name) => name.toLowerCase())) }
    this.#proxies = new Networks(options.trustedProxies)
    const limits = {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      maxHeaderSize: maxHeaderBytes,
      connectionsCheckingInterval: checkIntervalMs,
    }
    const listener = (request: IncomingMessage, response: ServerResponse) =>
      options.page?.respond(request, response) || void this.#exchange(request, response).run()
    this.#http = options.certificate
      ? createSecureServer(
          { ...limits, ...secretsOf(options.certificate), handshakeTimeout: handshakeTimeoutMs },
          listener,
        )
      : createServer(limits, listener)
    this.#http.maxConnections = maxConnections
    // This timeout also ends a client that reads no responses.
    this.#http.timeout = options.idleTimeoutMs ?? defaultIdleTimeoutMs
    limitHosts(this.#http, maxConnectionsOfHost)
  }

  /**
   * Opens the port.
   *
   * @throws The error of `listen`, such as `EADDRINUSE`.
   */
  async listen(): Promise<void> {
    const { port, host } = this.#options
    this.#http.listen({ port, host })
    await once(this.#http, 'listening')
  }

  address(): AddressInfo {
    const address = this.#http.address()
    if (typeof address === 'object' && address) return address
    throw new TypeError('the API does not listen')
  }

  /** URL of the API, without a slash at the end. */
  get url(): string {
    const { address, port } = this.address()
    return `${this.#scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`
  }

  /** Uses another TLS certificate for new connections. Open connections keep the former certificate. */
  reloadCertificate(certificate: TlsCertificate): void {
    if ('setSecureContext' in this.#http) this.#http.setSecureContext(secretsOf(certificate))
  }

  /** Closes the port and all connections. Idempotent. */
  async close(): Promise<void> {
    if (!this.#http.listening) return
    const closed = once(this.#http, 'close')
    this.#http.close()
    this.#http.closeAllConnections()
    await closed
  }

  get #scheme(): 'http' | 'https' {
    return this.#options.certificate ? 'https' : 'http'
  }

  #exchange(request: IncomingMessage, response: ServerResponse): Exchange {
    const { server, log, repeats } = this.#options
    this.#noteProxy(request)
    const own = { router: this.#router, hosts: this.#hosts, proxies: this.#proxies }
    const context = { server, log, repeats, ...own }
    return new Exchange(context, request, response, randomUUID())
  }

  /**
   * Logs a warning for the first request with X-Forwarded-For or Forwarded from a near proxy (loopback or private
   * network) that `api.trustedProxies` does not contain. Further requests cause no warning.
   */
  #noteProxy(request: IncomingMessage): void {
    if (this.#hasWarnedOfProxy) return
    const address = forgottenProxyOf(request, this.#proxies)
    if (address === undefined) return
    this.#hasWarnedOfProxy = true
    const rest = `is not in api.trustedProxies: all clients behind it count as ${address}`
    this.#options.log.warn({ address }, `a proxy at ${address} names the client, but ${rest}`)
  }
}

const secretsOf = ({ key, cert }: TlsCertificate) => ({
  key: typeof key === 'string' ? key : Buffer.from(key),
  cert: typeof cert === 'string' ? cert : Buffer.from(cert),
})
