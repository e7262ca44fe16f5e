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

/** One handshake that has not ended. */
interface PendingHandshake {
  readonly socket: Socket
  readonly deadline: ClockTimer
}

/**
 * Takes TLS connections. Handshakes have a deadline and a largest number; only those that succeed are seen by
 * anybody else. Whoever sends no TLS is cut off.
 *
 * ```text
 * server (TCP) ─▶ pending ─▶ handshake ─▶ onSecure
 *                    └─ too slow, too many, not TLS: closed
 * ```
 */
export class TlsListener {
  /** To listen with: the TCP side. */
  readonly server: Server
  readonly #options: ResolvedTlsOptions
  readonly #clock: Clock
  readonly #tls: TlsServer
  /** By the addresses of both ends, in the order of their beginning. */
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
    // Whoever leaves amid the handshake is gone; from then on a half of the connection may end by itself.
    this.server = createNetServer({ allowHalfOpen: false }, (socket) => {
      if (onAccept(socket)) this.#begin(socket)
    })
  }

  /** When the certificate expires, in milliseconds since 1970. */
  get expiresAt(): number {
    return this.#expiresAt
  }

  get pendingHandshakes(): number {
    return this.#pending.size
  }

  /**
   * New connections get this certificate; those that are open go on with theirs. Tickets of old sessions are
   * worth nothing any more, so that nobody resumes under the old certificate.
   *
   * @throws {TransportError} `ERR_TLS_CERTIFICATE`; the one before stays.
   */
  reload(certificate: TlsCertificate): void {
    checkOptions('reloadCertificate', certificate, ['key', 'cert'])
    const { key, cert } = resolveCertificate(certificate)
    this.#tls.setSecureContext({ key, cert, minVersion: this.#options.minVersion })
    this.#expiresAt = expiryOf({ cert })
  }

  /** Cuts off everybody whose handshake has not ended. */
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
    // 'close' follows and tells.
    socket.on('error', () => socket.destroy())
    this.#tls.emit('connection', socket)
  }

  /** Whoever opens connections and says nothing has the oldest ones, not the one who comes now. */
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

/** Both ends: the same port of a client may come to two of our addresses. */
function endsOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`
}

function expiryOf({ cert }: Pick<ResolvedCertificate, 'cert'>): number {
  return Date.parse(new X509Certificate(cert).validTo)
}
