import { ClientError } from '../../errors.js'
import { FingerprintMismatch, openStream } from '../../transport/tcp/open-stream.js'
import type { ResolvedClientOptions } from '../client-options.js'
import type { ClientCredentials, ClientUrl } from '../client-url.js'
import type { RtspClientTransport } from '../rtsp-client.js'
import { ClientConnection } from './client-connection.js'
import { Login } from './login.js'
import { isTunnel, openTunnel } from './open-tunnel.js'

/**
 * Opens a connection to the host of a URL, which the caller must close. `http` and `webSocket` use a tunnel.
 *
 * @throws {ClientError} `ERR_CLIENT_CONNECT`, `ERR_CLIENT_CERTIFICATE` or `ERR_CLIENT_TIMEOUT`.
 * @throws The errors of {@link openTunnel}.
 * @throws The reason of the option `signal`, if it is aborted.
 */
export async function openConnection(
  url: ClientUrl,
  credentials: ClientCredentials | undefined,
  options: ResolvedClientOptions,
  transport: RtspClientTransport,
): Promise<ClientConnection> {
  const { clock, connectTimeout, basic, userAgent, responseTimeout, signal } = options
  const { host, port, isSecure } = url
  const attempt = new AbortController()
  const abort = (): void => attempt.abort(signal?.reason)
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  const late = new ClientError('ERR_CLIENT_TIMEOUT', `no connection to ${host}:${port} in time`)
  const timer = clock.schedule(() => attempt.abort(late), connectTimeout * 1000, true)
  const { ca, fingerprint, allowsLegacy = false } = options.tls
  const tls = isSecure ? { ca, fingerprint, allowsLegacy } : undefined
  try {
    const target = { host, port, tls }
    const newLogin = (): Login => new Login(credentials, basic, isSecure)
    const socket = isTunnel(transport)
      ? await openTunnel(transport, url, target, newLogin(), userAgent, attempt.signal)
      : await openStream(target, attempt.signal)
    const login = newLogin()
    const responseTimeoutMs = responseTimeout * 1000
    const { headers: furtherHeaders } = options
    const init = { login, clock, userAgent, furtherHeaders, responseTimeoutMs }
    return new ClientConnection(socket, init)
  } catch (error) {
    if (attempt.signal.aborted || error instanceof ClientError) throw error
    throw failureOf(error, host, port)
  } finally {
    timer.cancel()
    signal?.removeEventListener('abort', abort)
  }
}

function failureOf(cause: unknown, host: string, port: number): ClientError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const context = { host, port }
  return cause instanceof FingerprintMismatch
    ? new ClientError('ERR_CLIENT_CERTIFICATE', reason, { cause, context })
    : new ClientError('ERR_CLIENT_CONNECT', `no connection to ${host}:${port}: ${reason}`, {
        cause,
        context,
      })
}
