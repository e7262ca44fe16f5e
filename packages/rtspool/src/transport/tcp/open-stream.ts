import { connect, isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'

/** Rules for the certificate of the server, and for TLS versions and cipher suites, when a client connects. */
export interface ClientTls {
  /** Certificates of the authorities that may have signed the server's certificate, in PEM. Default: those of Node. */
  readonly ca?: string | Uint8Array | undefined
  /**
   * SHA-256 fingerprint of the server's certificate: 64 hexadecimal digits, with or without colons. With it, no
   * authority and no host name are checked.
   */
  readonly fingerprint?: string | undefined
  /** Allows TLS 1.0 and the suites of old cameras, such as RSA key exchange. */
  readonly allowsLegacy: boolean
}

export interface StreamTarget {
  /** Host name or numeric address, without brackets. */
  readonly host: string
  readonly port: number
  /** Numeric address to connect to, for which `host` need not be resolved. @default the address of `host` */
  readonly address?: string | undefined
  /** TLS settings; absent for a connection without TLS. */
  readonly tls?: ClientTls | undefined
}

/** Open connection to a server: a socket with or without TLS, or a tunnel. */
export interface ClientSocket extends Duplex {
  readonly remoteAddress?: string | undefined
  readonly localAddress?: string | undefined
}

/** Error for a TLS server whose certificate does not have the SHA-256 fingerprint that the client expects. */
export class FingerprintMismatch extends Error {}

/**
 * Cipher suites of Node's default list, and those with RSA key exchange or SHA-1, which old cameras
 * need.
 */
const legacyCiphers = 'DEFAULT:@SECLEVEL=0'

/**
 * Opens a TCP connection, with TLS if the target has it. The socket emits no byte before it is resumed or read.
 *
 * @param signal - Aborts the attempt, and destroys the socket; no effect once the promise has settled.
 * @throws The error of the socket, {@link FingerprintMismatch}, or the reason of the signal.
 */
export function openStream(target: StreamTarget, signal: AbortSignal): Promise<Socket> {
  const { host, port, tls, address = host } = target
  const socket: Socket = tls
    ? connectTls({ host: address, port, ...tlsOptions(host, tls) })
    : connect({ host: address, port })
  // Small requests must not wait for the acknowledgement of the one before.
  socket.setNoDelay()
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown): void => {
      signal.removeEventListener('abort', aborted)
      socket.off('error', settle)
      if (error === undefined) resolve(socket)
      else {
        socket.on('error', ignore)
        socket.destroy()
        reject(error)
      }
    }
    const aborted = (): void => settle(signal.reason)
    socket.on('error', settle)
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      settle(tls && mismatchOf(socket as TLSSocket, tls))
    })
    signal.addEventListener('abort', aborted)
    if (signal.aborted) aborted()
  })
}

/** Listener that ignores further errors of a socket whose first error has been passed on already. */
const ignore = (): void => undefined

function tlsOptions(host: string, { ca, fingerprint, allowsLegacy }: ClientTls) {
  return {
    // An address is no server name (RFC 6066 section 3).
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
    // A pinned certificate needs no authority: it is compared before the first byte is sent.
    rejectUnauthorized: fingerprint === undefined,
    ...(allowsLegacy ? { minVersion: 'TLSv1' as const, ciphers: legacyCiphers } : {}),
  }
}

/**
 * Returns an error if the server's certificate does not have the expected fingerprint; `undefined`
 * otherwise.
 */
function mismatchOf(socket: TLSSocket, { fingerprint }: ClientTls): Error | undefined {
  if (fingerprint === undefined) return undefined
  const found: string | undefined = socket.getPeerCertificate().fingerprint256
  if (found !== undefined && normalized(found) === normalized(fingerprint)) return undefined
  return new FingerprintMismatch(`the certificate has the fingerprint ${found ?? 'none'}`)
}

const normalized = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase()
