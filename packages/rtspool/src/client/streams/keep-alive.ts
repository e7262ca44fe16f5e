import { type Clock, PeriodicCheck } from '../../clock.js'
import type { RtspResponse } from '../../rtsp/index.js'
import type { ClientConnection } from '../connection/client-connection.js'
import { expectOk } from '../connection/expect-ok.js'

/** Status of a response that the server has no such session. */
const sessionNotFound = 454

export interface KeepAliveInit {
  readonly clock: Clock
  /** Milliseconds between two requests that keep the session alive. */
  readonly intervalMs: number
  /** Methods that the server announces in the Public header; empty if it announces none. */
  readonly methods: readonly string[]
  /**
   * URI for the requests: the aggregate one, because some cameras ignore requests for other URIs.
   */
  readonly uri: string
  readonly sessionId: string
  /**
   * Called when the server responds 454 (session not found). Some servers respond so to any keep-alive, and play on.
   *
   * @param error - Error of the response, with which to end the session.
   * @param previousAt - Time of the keep-alive before, or of the start, in milliseconds of the clock.
   */
  readonly onNotFound?: ((error: unknown, previousAt: number) => void) | undefined
}

/**
 * Returns the milliseconds between two keep-alive requests: at most half the timeout of the session, so that one of them
 * may be lost.
 *
 * @param timeoutSeconds - Timeout of the session, which the server gives in its `Session` header.
 * @param keepAliveSeconds - Longest interval that the options of the client allow.
 */
export const keepAliveIntervalMs = (timeoutSeconds: number, keepAliveSeconds: number): number =>
  Math.min(timeoutSeconds / 2, keepAliveSeconds) * 1000

/**
 * Keeps a session alive by requests, whose responses may never arrive, because some cameras do not
 * respond. The method is GET_PARAMETER if the server announces it, because some servers ignore
 * OPTIONS (RFC 2326 section 10.1). Otherwise it is OPTIONS. After a refusal, the other method is
 * used.
 */
export class KeepAlive {
  readonly #init: KeepAliveInit
  readonly #connection: ClientConnection
  readonly #check: PeriodicCheck
  #method: 'GET_PARAMETER' | 'OPTIONS'
  #hasChanged = false
  #isStopped = false
  /** Time of the last request, or of the creation before the first, in milliseconds of the clock. */
  #lastAt: number

  constructor(connection: ClientConnection, init: KeepAliveInit) {
    this.#connection = connection
    this.#lastAt = init.clock.now()
    this.#init = init
    this.#method = init.methods.includes('GET_PARAMETER') ? 'GET_PARAMETER' : 'OPTIONS'
    this.#check = new PeriodicCheck(init.clock, init.intervalMs, () => this.#send())
    this.#check.start()
  }

  /** Stops the keep-alive requests for good. Idempotent. */
  stop(): void {
    this.#isStopped = true
    this.#check.stop()
  }

  #send(): boolean {
    const { uri, sessionId, clock } = this.#init
    const previousAt = this.#lastAt
    this.#lastAt = clock.now()
    const request = { method: this.#method, uri, headers: { Session: sessionId } }
    this.#connection.send(request, (response) => {
      this.#learn(request.method, response)
      if (response.statusCode === sessionNotFound) this.#lose(request.method, response, previousAt)
    })
    return true
  }

  #lose(method: string, response: RtspResponse, previousAt: number): void {
    if (this.#isStopped) return
    try {
      expectOk(method, response)
    } catch (error) {
      this.#init.onNotFound?.(error, previousAt)
    }
  }

  #learn(method: string, { statusCode }: RtspResponse): void {
    // After a 401 the connection has sent the request again.
    const isRefused = statusCode >= 400 && statusCode !== 401
    if (!isRefused || this.#hasChanged || method !== this.#method) return
    this.#hasChanged = true
    this.#method = method === 'OPTIONS' ? 'GET_PARAMETER' : 'OPTIONS'
  }
}
