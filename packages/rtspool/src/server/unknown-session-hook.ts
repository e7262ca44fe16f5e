import type { RtspRequest } from '../rtsp/index.js'

/**
 * Argument of the hook `onUnknownSession`: a request whose session id is unknown to this client's
 * server. The session has never existed, has ended, or belongs to another client; the server does
 * not tell which.
 */
export interface UnknownSessionContext {
  /** Session id as received. It is a secret: never log, list or show it. */
  readonly id: string
  readonly request: RtspRequest
  /** Address of the client. Compare it with the owner of the session before you respond. */
  readonly address: string
  /** Name of the authenticated user; `undefined` without login. */
  readonly user: string | undefined
  /** Decoded path of the request URI; `undefined` for `*`. */
  readonly path: string | undefined
  /** Signal that aborts when the connection closes, and the answer is no longer needed. */
  readonly signal: AbortSignal
}

/** Response that the hook `onUnknownSession` returns. */
export interface RtspAnswer {
  /**
   * Status code of the response, 200 to 599. A 454 counts as an attempt to guess an id: the 20th in a row closes the
   * connection.
   */
  readonly statusCode: number
  /**
   * Header lines. The server writes CSeq, Timestamp, Connection and Content-Length itself, and
   * leaves out those given here.
   * @default none
   */
  readonly headers?: Iterable<readonly [name: string, value: string]> | undefined
  /** Body of the response; a string is sent as UTF-8. @default none */
  readonly body?: Buffer | string | undefined
}

/**
 * Responds to a request with an unknown session id. The connection reads no further request until
 * the hook has answered.
 *
 * @returns `undefined` leaves the response to the server. Throw a `RequestError` for an error
 * response with its status; any other error, or a wrong answer, becomes 500 and the event
 * `requestFailed`.
 */
export type UnknownSessionHook = (
  context: UnknownSessionContext,
) => RtspAnswer | undefined | Promise<RtspAnswer | undefined>
