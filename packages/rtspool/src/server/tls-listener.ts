import { X509Certificate } from 'node:crypto'
import { createServer as createNetServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import type { Clock, ClockTimer } from '../clock.js'
import { checkCertificate, type ResolvedTlsOptions, type TlsCertificate } from './tls-options.js'

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
  /** By address and port of the client, in the order of their beginning. */
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
      this.#end(peerOf(socket))
      onSecure(socket)
    })
    this.#tls.on('tlsClientError', (_error, socket) => socket.destroy())
    this.server = createNetServer({ allowHalfOpen: true }, (socket) => {
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
    checkCertificate(certificate)
    const { key, cert } = certificate
    this.#tls.setSecureContext({ key, cert, minVersion: this.#options.minVersion })
    this.#expiresAt = expiryOf(certificate)
  }

  /** Cuts off everybody whose handshake has not ended. */
  destroyPending(): void {
    for (const { socket } of [...this.#pending.values()]) socket.destroy()
  }

  #begin(socket: Socket): void {
    const peer = peerOf(socket)
    const deadline = this.#clock.schedule(
      () => socket.destroy(),
      this.#options.handshakeTimeoutMs,
      false,
    )
    if (this.#pending.size >= this.#options.maxPendingHandshakes) this.#dropOldest()
    this.#pending.set(peer, { socket, deadline })
    socket.on('close', () => {
      if (this.#pending.get(peer)?.socket === socket) this.#end(peer)
    })
    // 'close' follows and tells.
    socket.on('error', () => socket.destroy())
    this.#tls.emit('connection', socket)
  }

  /** Whoever opens connections and says nothing has the oldest ones, not the one who comes now. */
  #dropOldest(): void {
    const [oldest] = this.#pending
    if (!oldest) return
    const [peer, { socket }] = oldest
    this.#end(peer)
    socket.destroy()
  }

  #end(peer: string): void {
    this.#pending.get(peer)?.deadline.cancel()
    this.#pending.delete(peer)
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

function expiryOf({ cert }: TlsCertificate): number {
  return Date.parse(new X509Certificate(cert).validTo)
}
