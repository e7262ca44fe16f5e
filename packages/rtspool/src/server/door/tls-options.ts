import { createSecureContext } from 'node:tls'
import { bufferOf } from '../../bytes.js'
import { TransportError } from '../../errors.js'
import { checkInteger, checkOptions, checkText, kindOf, shown } from '../../option-checks.js'
import { type SrtpSuite, type SrtpSuiteName, srtpSuites } from '../../srtp/index.js'

/** Private key and certificate of a server, in PEM format. */
export interface TlsCertificate {
  /** Private key that belongs to the certificate, in PEM format. */
  readonly key: string | Uint8Array
  /** Certificate of the server in PEM format, followed by the intermediate certificates up to its authority. */
  readonly cert: string | Uint8Array
}

/** Options of RTSP over TLS (`rtsps:`). */
export interface TlsOptions extends TlsCertificate {
  /**
   * TCP port; 0 = any free one. The standard port of `rtsps:` is 322, which needs privileges on
   * most systems. With the default, URLs must contain the port.
   * @default 8322
   */
  readonly port?: number | undefined
  /**
   * Local address or host name to listen on.
   * @default `host` of the server
   */
  readonly host?: string | undefined
  /**
   * Lowest TLS version to accept. Versions below 1.2 are not offered, because they are broken (RFC
   * 7826 section 19.2, RFC 8996).
   * @default 'TLSv1.2'
   */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined
  /**
   * Seconds for a client to complete the handshake; more than 0, at most 60.
   * @default 10
   */
  readonly handshakeTimeout?: number | undefined
  /**
   * Maximum number of unfinished handshakes; beyond it, the connection with the oldest is closed.
   * @default 1000
   */
  readonly maxPendingHandshakes?: number | undefined
  /**
   * Cipher for media that viewers request as SRTP; publishers choose their own. `false` = no SRTP:
   * media of TLS connections are then sent only interleaved.
   * @default 'AES_CM_128_HMAC_SHA1_80', which every client supports
   */
  readonly srtp?: SrtpSuiteName | false | undefined
}

export const tlsDefaults = Object.freeze({
  port: 8322,
  host: undefined,
  minVersion: 'TLSv1.2',
  handshakeTimeout: 10,
  maxPendingHandshakes: 1000,
  srtp: 'AES_CM_128_HMAC_SHA1_80',
}) satisfies { [K in Exclude<keyof Required<TlsOptions>, 'key' | 'cert'>]: TlsOptions[K] }

/** A {@link TlsCertificate} in the form that `node:tls` expects. */
export interface ResolvedCertificate {
  readonly key: string | Buffer
  readonly cert: string | Buffer
}

export interface ResolvedTlsOptions extends ResolvedCertificate {
  readonly port: number
  readonly host: string | undefined
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly handshakeTimeoutMs: number
  readonly maxPendingHandshakes: number
  readonly srtp: SrtpSuite | undefined
}

const maxPort = 65_535
const maxHandshakeTimeout = 60
const msPerSecond = 1000

/**
 * Checks the options of RTSP over TLS and fills in the defaults.
 *
 * @throws {RangeError | TypeError} Names the wrong option.
 * @throws {TransportError} `ERR_TLS_CERTIFICATE`
 */
export function resolveTlsOptions(options: TlsOptions, host?: string): ResolvedTlsOptions {
  checkOptions('tls', options, ['key', 'cert', ...Object.keys(tlsDefaults)])
  if (options.host !== undefined) checkText('tls.host', options.host)
  const port = options.port ?? tlsDefaults.port
  const minVersion = options.minVersion ?? tlsDefaults.minVersion
  const handshakeTimeout = options.handshakeTimeout ?? tlsDefaults.handshakeTimeout
  const maxPending = options.maxPendingHandshakes ?? tlsDefaults.maxPendingHandshakes
  checkInteger('tls.port', port, 0, maxPort)
  if (minVersion !== 'TLSv1.2' && minVersion !== 'TLSv1.3') {
    throw new TypeError(`tls.minVersion must be 'TLSv1.2' or 'TLSv1.3', got ${shown(minVersion)}`)
  }
  if (!isDuration(handshakeTimeout)) {
    const range = `more than 0 and at most ${maxHandshakeTimeout} seconds`
    throw new RangeError(`tls.handshakeTimeout must be ${range}, got ${shown(handshakeTimeout)}`)
  }
  checkInteger('tls.maxPendingHandshakes', maxPending, 1)
  return Object.freeze({
    ...resolveCertificate(options),
    port,
    host: options.host ?? host,
    minVersion,
    handshakeTimeoutMs: handshakeTimeout * msPerSecond,
    maxPendingHandshakes: maxPending,
    srtp: srtpSuite(options.srtp ?? tlsDefaults.srtp),
  })
}

const isDuration = (seconds: number): boolean =>
  Number.isFinite(seconds) && seconds > 0 && seconds <= maxHandshakeTimeout

function srtpSuite(name: SrtpSuiteName | false): SrtpSuite | undefined {
  if (name === false) return undefined
  if (Object.hasOwn(srtpSuites, name)) return srtpSuites[name]
  const names = Object.keys(srtpSuites).join(', ')
  throw new TypeError(`tls.srtp must be false or one of ${names}, got ${shown(name)}`)
}

/**
 * Checks that OpenSSL can read key and certificate, and that they belong together.
 *
 * @throws {TransportError} `ERR_TLS_CERTIFICATE`; its message contains nothing of the key.
 */
export function resolveCertificate(certificate: TlsCertificate): ResolvedCertificate {
  const key = pemOf('key', certificate.key)
  const cert = pemOf('cert', certificate.cert)
  try {
    createSecureContext({ key, cert })
    return { key, cert }
  } catch (cause) {
    throw new TransportError(
      'ERR_TLS_CERTIFICATE',
      `expected a private key and its certificate in PEM, got ${whatIsWrong(cause)}`,
      { cause },
    )
  }
}

/**
 * Explanations of OpenSSL's error messages in the words of users who create key and certificate
 * files.
 */
const wrongs: Readonly<Record<string, string>> = {
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'a key that is not that of the certificate',
  ERR_OSSL_PEM_NO_START_LINE: "something else: are key and certificate in each other's place?",
  ERR_OSSL_BAD_DECRYPT: 'a key with a passphrase',
}

function whatIsWrong(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  return wrongs[code] ?? error.message
}

function pemOf(name: 'key' | 'cert', value: unknown): string | Buffer {
  const pem = typeof value === 'string' ? value : bufferOf(value)
  if (pem !== undefined && pem.length > 0) return pem
  const isOther = pem === undefined && value !== undefined
  const got = isOther ? `${kindOf(value)}, which is neither text nor a Uint8Array` : 'nothing'
  throw new TransportError('ERR_TLS_CERTIFICATE', `expected tls.${name} in PEM, got ${got}`)
}
