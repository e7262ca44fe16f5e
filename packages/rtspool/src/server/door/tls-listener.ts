import { X509Certificate } from 'node:crypto'
import { createServer as createNetServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import type { Clock, ClockTimer } from '../../clock.js'
import { checkOptions } from '../../option-checks.js'
import type { Arrival } from './arrival.js'
import {
  type ResolvedCertificate,
  type ResolvedTlsOptions,
  resolveCertificate,
  type TlsCertificate,
} from './tls-options.js'

/** Connection with an unfinished TLS handshake. */
interface PendingHandshake {
  readonly arrival: Arrival
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
  /** TCP server of this listener. The caller must call its `listen`. */
  readonly server: Server
  readonly #options: ResolvedTlsOptions
  readonly #clock: Clock
  readonly #tls: TlsServer
  /** Unfinished TLS handshakes by the addresses of both ends, oldest first. */
  readonly #pending = new Map<string, PendingHandshake>()
  #expiresAt: number

  constructor(
    options: ResolvedTlsOptions,
    clock: Clock,
    onAccept: (socket: Socket, begin: (arrival: Arrival, first?: Buffer) => void) => void,
    onSecure: (arrival: Arrival, raw: Socket) => void,
  ) {
    this.#options = options
    this.#clock = clock
    this.#expiresAt = expiryOf(options)
    const { key, cert, minVersion } = options
    this.#tls = createTlsServer({ key, cert, minVersion }, (socket) => {
      const arrival = this.#end(nameOf(socket))
      socket.allowHalfOpen = true
      if (arrival) onSecure({ socket, ends: arrival.ends }, arrival.socket)
      else socket.destroy()
    })
    this.#tls.on('tlsClientError', (_error, socket) => socket.destroy())
    // Closing during the handshake ends the connection. Afterwards one half of it may end alone.
    this.server = createNetServer({ allowHalfOpen: false }, (socket) => {
      onAccept(socket, (arrival, first) => this.#begin(arrival, first))
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
   * Uses another certificate for new connections; open ones keep theirs. Tickets of earlier TLS sessions become
   * invalid, so that no client resumes under the old certificate.
   *
   * @throws {TransportError} `ERR_TLS_CERTIFICATE`; the present certificate then stays in use.
   */
  reload(certificate: TlsCertificate): void {
    checkOptions('reloadCertificate', certificate, ['key', 'cert'])
    const { key, cert } = resolveCertificate(certificate)
    this.#tls.setSecureContext({ key, cert, minVersion: this.#options.minVersion })
    this.#expiresAt = expiryOf({ cert })
  }

  /** Closes all connections whose TLS handshake is unfinished. */
  destroyPending(): void {
    for (const { arrival } of [...this.#pending.values()]) arrival.socket.destroy()
  }

  #begin(arrival: Arrival, first: Buffer | undefined): void {
    const { socket } = arrival
    const name = nameOf(socket)
    const deadline = this.#clock.schedule(
      () => socket.destroy(),
      this.#options.handshakeTimeoutMs,
      false,
    )
    if (this.#pending.size >= this.#options.maxPendingHandshakes) this.#dropOldest()
    this.#pending.set(name, { arrival, deadline })
    socket.on('close', () => {
      if (this.#pending.get(name)?.arrival === arrival) this.#end(name)
    })
    // 'close' follows and is handled.
    socket.on('error', () => socket.destroy())
    if (first) {
      // TLS reads what a paused socket holds.
      socket.pause()
      socket.unshift(first)
    }
    this.#tls.emit('connection', socket)
  }

  /**
   * Closes the connection with the oldest unfinished handshake, so that a flood of silent
   * connections cannot keep out new clients.
   */
  #dropOldest(): void {
    const [oldest] = this.#pending
    if (!oldest) return
    const [name, { arrival }] = oldest
    this.#end(name)
    arrival.socket.destroy()
  }

  /**
   * Removes a connection from the unfinished handshakes.
   *
   * @param name - Key of the connection: the addresses and ports of both ends.
   * @returns The connection; `undefined` if its handshake was not pending.
   */
  #end(name: string): Arrival | undefined {
    const pending = this.#pending.get(name)
    pending?.deadline.cancel()
    this.#pending.delete(name)
    return pending?.arrival
  }
}

/**
 * Returns a key for a connection: the addresses and ports of both ends. The same port of a client
 * may be connected to two addresses of the server.
 */
function nameOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`
}

function expiryOf({ cert }: Pick<ResolvedCertificate, 'cert'>): number {
  return Date.parse(new X509Certificate(cert).validTo)
}
