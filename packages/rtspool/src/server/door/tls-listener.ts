import { X509Certificate } from 'node:crypto'
import { createServer as createNetServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import type { Clock, ClockTimer } from '../../clock.js'
import { checkOptions } from '../../option-checks.js'
import {
  type ResolvedCertificate,
  type ResolvedTlsOptions,
  resolveCertificate,
  type TlsCertificate,
} from './tls-options.js'

/** One unfinished handshake. */
interface PendingHandshake {
  readonly socket: Socket
  readonly deadline: ClockTimer
}

/**
 * Accepts TLS connections. The number and the duration of handshakes are limited. Connections that
 * do not send TLS are closed.
 *
 * ```text
 * server (TCP) ─▶ pending ─▶ handshake ─▶ onSecure
 *                    └─ too slow, too many, not TLS: closed
 * ```
 */
export class TlsListener {
  /** The TCP server, which the caller makes listen. */
  readonly server: Server
  readonly #options: ResolvedTlsOptions
  readonly #clock: Clock
  readonly #tls: TlsServer
  /** Unfinished handshakes by the addresses of both ends, oldest first. */
  readonly #pending = new Map<string, PendingHandshake>()
  #expiresAt: number

  constructor(
    options: ResolvedTlsOptions,
    clock: Clock,
    onAccept: (socket: Socket) => boolean,
    onSecure: (socket: TLSSocket) => void,
  ) {
    this.#options = options
    this.#clock = clock
    this.#expiresAt = expiryOf(options)
    const { key, cert, minVersion } = options
    this.#tls = createTlsServer({ key, cert, minVersion }, (socket) => {
      this.#end(endsOf(socket))
      socket.allowHalfOpen = true
      onSecure(socket)
    })
    this.#tls.on('tlsClientError', (_error, socket) => socket.destroy())
    // Closing during the handshake ends the connection. Afterwards one half of it may end alone.
    this.server = createNetServer({ allowHalfOpen: false }, (socket) => {
      if (onAccept(socket)) this.#begin(socket)
    })
  }

  /** Time at which the certificate expires, in milliseconds since 1970. */
  get expiresAt(): number {
    return this.#expiresAt
  }

  get pendingHandshakes(): number {
    return this.#pending.size
  }

  /**
   * Uses this certificate for new connections; open ones keep theirs. Tickets of old sessions
   * become invalid, so that nobody resumes under the old certificate.
   *
   * @throws {TransportError} `ERR_TLS_CERTIFICATE`; the present certificate then stays in use.
   */
  reload(certificate: TlsCertificate): void {
    checkOptions('reloadCertificate', certificate, ['key', 'cert'])
    const { key, cert } = resolveCertificate(certificate)
    this.#tls.setSecureContext({ key, cert, minVersion: this.#options.minVersion })
    this.#expiresAt = expiryOf({ cert })
  }

  /** Closes all connections whose handshake is unfinished. */
  destroyPending(): void {
    for (const { socket } of [...this.#pending.values()]) socket.destroy()
  }

  #begin(socket: Socket): void {
    const ends = endsOf(socket)
    const deadline = this.#clock.schedule(
      () => socket.destroy(),
      this.#options.handshakeTimeoutMs,
      false,
    )
    if (this.#pending.size >= this.#options.maxPendingHandshakes) this.#dropOldest()
    this.#pending.set(ends, { socket, deadline })
    socket.on('close', () => {
      if (this.#pending.get(ends)?.socket === socket) this.#end(ends)
    })
    // 'close' follows and is handled.
    socket.on('error', () => socket.destroy())
    this.#tls.emit('connection', socket)
  }

  /**
   * Closes the connection with the oldest unfinished handshake, so that a flood of silent
   * connections cannot keep out new clients.
   */
  #dropOldest(): void {
    const [oldest] = this.#pending
    if (!oldest) return
    const [ends, { socket }] = oldest
    this.#end(ends)
    socket.destroy()
  }

  #end(ends: string): void {
    this.#pending.get(ends)?.deadline.cancel()
    this.#pending.delete(ends)
  }
}

/**
 * Returns a key for a connection: the addresses and ports of both ends. The same port of a client
 * may be connected to two addresses of the server.
 */
function endsOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`
}

function expiryOf({ cert }: Pick<ResolvedCertificate, 'cert'>): number {
  return Date.parse(new X509Certificate(cert).validTo)
}
