import type { RtspRequest } from '../rtsp/index.js'
import type { SessionOwner } from '../session-pool/index.js'

/** Argument of the hooks for paths: a request of a client that may read or publish at the path. */
export interface PathHookContext {
  /** Decoded path of the request URI. */
  readonly path: string
  /** Address of the client. */
  readonly address: string
  /** Name of the authenticated user; `undefined` without login. */
  readonly user: string | undefined
  readonly request: RtspRequest
  /** Signal that aborts when the connection closes. */
  readonly signal: AbortSignal
}

/**
 * Hook that may mount a media at the path of a DESCRIBE or SETUP at which nothing is mounted. The request then goes on as
 * if the media had been mounted before; otherwise the client gets 404.
 *
 * @throws An `RtspError` becomes the response; any other error becomes 500 and the event `requestFailed`.
 */
export type UnknownPathHook = (context: PathHookContext) => void | Promise<void>

/**
 * Hook that may refuse an ANNOUNCE, or remove a mount point that is in its way. Called after the login, and before the
 * publication occupies the path.
 *
 * @throws An `RtspError` becomes the response; any other error becomes 500 and the event `requestFailed`.
 */
export type AnnounceHook = (context: PathHookContext) => void | Promise<void>

/**
 * Function that returns whether another server of the same cluster has sent a request. Such a request needs no login.
 * Called for each request, so it must be fast.
 *
 * If the other server passes on the request of a client that it has authenticated, the function returns address and user
 * of that client. The request then gets at the sessions of that client, and at nothing else.
 */
export type PeerCheck = (request: RtspRequest) => boolean | Pick<SessionOwner, 'address' | 'user'>
