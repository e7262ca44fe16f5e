import { RtspError } from '../errors.js'

/** More than a client has sessions that ended without its knowledge, and nothing against 192 random bits. */
const maxMisses = 20

/** The requests of one connection that named no session of its client: whoever guesses ids is cut off. */
export class SessionMisses {
  #count = 0

  /** Whether the connection is to be closed when it has been answered. */
  get isTooMany(): boolean {
    return this.#count >= maxMisses
  }

  /** @param error - Why a request was refused. */
  note(error: unknown): void {
    if (error instanceof RtspError && error.code === 'ERR_SESSION_NOT_FOUND') this.#count++
  }
}
