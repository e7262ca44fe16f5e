import { RtspError } from '../../errors.js'

/**
 * Limit on the misses: more than a client has sessions that ended unnoticed, and useless against
 * 192 random bits.
 */
const maxMisses = 20

/**
 * Counts consecutive requests of one connection that named no session of its client, so that a
 * client which guesses ids is cut off. A found session resets the count, because sessions may often
 * end by themselves.
 */
export class SessionMisses {
  #count = 0

  /** True if the connection must be closed after the response. */
  get isTooMany(): boolean {
    return this.#count >= maxMisses
  }

  /** Notes that a request has found its session. */
  noteFound(): void {
    this.#count = 0
  }

  /** @param error - The error that refused a request. */
  note(error: unknown): void {
    if (error instanceof RtspError && error.code === 'ERR_SESSION_NOT_FOUND') this.#count++
  }
}
