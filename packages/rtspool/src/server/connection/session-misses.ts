import { RtspError } from '../../errors.js'

/** More than a client has sessions that ended without its knowledge, and nothing against 192 random bits. */
const maxMisses = 20

/**
 * The requests of one connection that named no session of its client, one after the other: whoever guesses ids is cut
 * off. Where sessions end by themselves all the time, one that is found begins the count anew.
 */
export class SessionMisses {
  #count = 0

  /** Whether the connection is to be closed when it has been answered. */
  get isTooMany(): boolean {
    return this.#count >= maxMisses
  }

  /** A request has found its session. */
  noteFound(): void {
    this.#count = 0
  }

  /** @param error - Why a request was refused. */
  note(error: unknown): void {
    if (error instanceof RtspError && error.code === 'ERR_SESSION_NOT_FOUND') this.#count++
  }
}
