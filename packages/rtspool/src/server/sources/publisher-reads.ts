import type { Socket } from 'node:net'
import type { Session } from '../../session-pool/index.js'
import type { SpacedReads } from '../../transport/tcp/spaced-reads.js'
import { isPublication, presentationOf } from '../request/session-presentation.js'

/**
 * Number of reads without a viewer after which the reads of a connection are spaced: some seconds of video. Before that,
 * the times of the first packets and reports stay exact.
 */
const exactReads = 100

/**
 * Spaces the reads of a connection whose client publishes while nobody watches live: only recorders read the media, or
 * nobody. After the first viewer has joined, one more read may be late by 50 ms.
 */
export class PublisherReads {
  readonly #connection: { readonly sessions: ReadonlySet<Session> }
  readonly #socket: Socket
  readonly #spaced: Pick<SpacedReads, 'space' | 'remove'>
  #unwatched = 0

  constructor(
    connection: { readonly sessions: ReadonlySet<Session> },
    socket: Socket,
    spaced: Pick<SpacedReads, 'space' | 'remove'>,
  ) {
    this.#connection = connection
    this.#socket = socket
    this.#spaced = spaced
  }

  /** Notes that the bytes of one read have been handled. */
  note(): void {
    if (!isUnwatched(this.#connection.sessions)) this.#unwatched = 0
    else if (this.#unwatched < exactReads) this.#unwatched++
    else this.#spaced.space(this.#socket)
  }

  /** Releases the socket. Idempotent. */
  close(): void {
    this.#spaced.remove(this.#socket)
  }
}

/** Returns whether all sessions of a connection record, and nobody watches what they record. */
function isUnwatched(sessions: ReadonlySet<Session>): boolean {
  for (const session of sessions) {
    if (session.state !== 'Recording') return false
    const presentation = presentationOf(session)?.media
    if (!presentation || !isPublication(presentation)) return false
    if (presentation.media?.isWatched !== false) return false
  }
  return sessions.size > 0
}
