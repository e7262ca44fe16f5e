import { type Clock, PeriodicCheck } from '../../clock.js'
import type { RtspResponse } from '../../rtsp/index.js'
import type { ClientConnection } from '../connection/client-connection.js'

export interface KeepAliveInit {
  readonly clock: Clock
  /** Milliseconds between two requests. */
  readonly intervalMs: number
  /** Methods in the Public header of the server. */
  readonly methods: readonly string[]
  /**
   * URI for the requests: the aggregate one, because some cameras ignore requests for other URIs.
   */
  readonly uri: string
  readonly sessionId: string
}

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

  constructor(connection: ClientConnection, init: KeepAliveInit) {
    this.#connection = connection
    this.#init = init
    this.#method = init.methods.includes('GET_PARAMETER') ? 'GET_PARAMETER' : 'OPTIONS'
    this.#check = new PeriodicCheck(init.clock, init.intervalMs, () => this.#send())
    this.#check.start()
  }

  /** Stops the requests. Idempotent. */
  stop(): void {
    this.#check.stop()
  }

  #send(): boolean {
    const { uri, sessionId } = this.#init
    const request = { method: this.#method, uri, headers: { Session: sessionId } }
    this.#connection.send(request, (response) => this.#learn(request.method, response))
    return true
  }

  #learn(method: string, { statusCode }: RtspResponse): void {
    // After a 401 the connection has sent the request again.
    const isRefused = statusCode >= 400 && statusCode !== 401
    if (!isRefused || this.#hasChanged || method !== this.#method) return
    this.#hasChanged = true
    this.#method = method === 'OPTIONS' ? 'GET_PARAMETER' : 'OPTIONS'
  }
}
