import { ClientError, MalformedMessageError } from '../../errors.js'
import type { HttpResponseHead } from '../../http/index.js'
import { RtspHeaders, type RtspResponse } from '../../rtsp/index.js'
import { authorityOf } from '../../transport/system/addresses.js'
import {
  type ClientSocket,
  FingerprintMismatch,
  type StreamTarget,
} from '../../transport/tcp/open-stream.js'
import { openHttpTunnel } from '../../transport/tunnel/http-client-tunnel.js'
import { TunnelRefused } from '../../transport/tunnel/tunnel-target.js'
import { openWebSocket, WebSocketPackageMissing } from '../../transport/tunnel/websocket-client.js'
import { type ClientUrl, pathOf } from '../client-url.js'
import type { Login } from './login.js'

/** Maximum number of GETs to open one tunnel, including those that the server refuses with 401. */
const maxAttempts = 3

/** Functions that open a tunnel, by transport. */
const openers = { http: openHttpTunnel, webSocket: openWebSocket }

/** Name of a transport that needs a tunnel: RTSP over HTTP, or RTSP over WebSocket. */
export type TunnelKind = keyof typeof openers

export const isTunnel = (transport: string): transport is TunnelKind =>
  Object.hasOwn(openers, transport)

/**
 * Opens an HTTP tunnel or a WebSocket to the host of a URL. Answers the status 401 with the credentials of the login.
 *
 * @param login - Login for the requests of HTTP. RTSP inside the tunnel has a login of its own.
 * @throws {ClientError} `ERR_CLIENT_TRANSPORT`, `ERR_CLIENT_UNAUTHORIZED` or `ERR_CLIENT_AUTH_SCHEME`
 * @throws The errors of `openStream`, while the connection is not open yet.
 */
export async function openTunnel(
  kind: TunnelKind,
  url: ClientUrl,
  target: StreamTarget,
  login: Login,
  userAgent: string,
  signal: AbortSignal,
): Promise<ClientSocket> {
  const path = pathOf(url)
  for (let attempt = 1; ; attempt++) {
    let authorization: string | undefined
    let isConnected = false
    // Called for the first request, when the connection is open.
    const headersOf = (method: string): Record<string, string> => {
      isConnected = true
      authorization = login.authorize(method, path)
      return {
        Host: authorityOf(url.host, url.port),
        'User-Agent': userAgent,
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      }
    }
    try {
      return await openers[kind]({ ...target, path, headersOf }, signal)
    } catch (error) {
      if (error instanceof MalformedMessageError || error instanceof TunnelRefused) {
        const head = error instanceof TunnelRefused ? error.head : undefined
        if (head?.statusCode !== unauthorized) throw refusal(error)
        const isFirst = attempt === 1
        if (login.accept(challengesOf(head), authorization, isFirst) && attempt < maxAttempts)
          continue
        throw unauthorizedBy(authorization)
      }
      if (error instanceof WebSocketPackageMissing) throw packageMissing(error)
      const isOurs = signal.aborted || error instanceof FingerprintMismatch
      throw isConnected && !isOurs ? refusal(error) : error
    }
  }
}

const unauthorized = 401

/** Returns an HTTP response in the form that a {@link Login} reads: only its challenges (WWW-Authenticate). */
function challengesOf({ statusCode, reason, headers }: HttpResponseHead): RtspResponse {
  const challenges = headers.filter(([name]) => name.toLowerCase() === 'www-authenticate')
  const body = Buffer.alloc(0)
  const kept = new RtspHeaders(challenges)
  return { kind: 'response', version: '1.0', statusCode, reason, headers: kept, body }
}

function refusal(cause: unknown): ClientError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const text = cause instanceof TunnelRefused ? reason : `the server opens no tunnel: ${reason}`
  return new ClientError('ERR_CLIENT_TRANSPORT', text, { cause })
}

const packageMissing = (cause: Error): ClientError =>
  new ClientError(
    'ERR_CLIENT_TRANSPORT',
    'RTSP over WebSocket needs the package ws, which cannot be loaded: npm install ws',
    { cause },
  )

function unauthorizedBy(authorization: string | undefined): ClientError {
  const what = authorization === undefined ? 'requires credentials' : 'refuses the credentials'
  return new ClientError('ERR_CLIENT_UNAUTHORIZED', `the server ${what}`)
}
