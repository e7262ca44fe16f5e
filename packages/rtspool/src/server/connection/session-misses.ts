import { RtspError } from '../../errors.js'

/**
 * Number of misses in a row, requests that name no session of the client, after which the
 * connection is closed. A client has fewer sessions that end unnoticed, and guessing 192 random
 * bits takes far more.
 */
const maxMisses = 20

/**
 * Counts requests of a connection, in a row, that name no session of its client. A client that
 * guesses session ids is thus disconnected. A request that names a session of its client resets the
 * count, because sessions may often end by themselves.
 */
export class SessionMisses {
  #count = 0

  /** True if the connection must be closed after the present response. */
  get isTooMany(): boolean {
    return this.#count >= maxMisses
  }

  /** Resets the count of requests that name no session, because a request has named a session of the client. */
  noteFound(): void {
    this.#count = 0
  }

  /**
   * Counts a refused request if the session that it names does not exist. Other refusals do not count.
   *
   * @param error - Reason for the refusal.
   */
  note(error: unknown): void {
    if (error instanceof RtspError && error.code === 'ERR_SESSION_NOT_FOUND') this.#count++
  }
}
