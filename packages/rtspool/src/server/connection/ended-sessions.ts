import type { Clock, ClockTimer } from '../../clock.js'
import {
  isClaimAccepted,
  type RemovalReason,
  type Session,
  type SessionBinding,
  type SessionOwner,
} from '../../session-pool/index.js'

/**
 * Milliseconds after a session has ended in which PAUSE and TEARDOWN of its owner still succeed.
 */
export const answerableMs = 10_000

/**
 * Maximum number of remembered sessions; beyond it, the oldest is forgotten. More than end on a
 * working server in {@link answerableMs}.
 */
const maxRemembered = 10_000

/** Facts about an ended session, remembered for late requests. */
interface Ended {
  readonly address: string
  readonly user: string | undefined
  /** Weak reference to the connection of the session's owner; `undefined` if it was bound to none. */
  readonly connection: WeakRef<object> | undefined
  readonly until: number
}

/**
 * Remembers the sessions that the server has ended by itself. For 10 s, the server responds 200 to
 * PAUSE and TEARDOWN of the owner, which have no other effect. After TEARDOWN, the id is unknown.
 *
 * FFmpeg (5.1, 9) sends PAUSE, and GStreamer (1.22, 1.28) TEARDOWN, before they request TCP in
 * place of UDP, or when the media has ended. Both treat 454 as an error.
 */
export class EndedSessions {
  readonly #clock: Clock
  readonly #binding: SessionBinding
  /** Sessions that have ended lately, by session id, in the order in which they ended. */
  readonly #ended = new Map<string, Ended>()
  #timer: ClockTimer | undefined

  constructor(clock: Clock, binding: SessionBinding) {
    this.#clock = clock
    this.#binding = binding
  }

  /** Number of ended sessions that are remembered. */
  get size(): number {
    return this.#ended.size
  }

  /** Remembers a session that has left its pool, unless its client has torn it down. */
  add({ id, owner }: Session, reason: RemovalReason): void {
    // A session without owner may be anybody's, so it is not remembered.
    if (reason === 'teardown' || !owner) return
    // A closed connection sends no more requests.
    const { connection } = owner
    if (reason === 'connectionClosed' && connection && this.#binding === 'owner') return
    this.#ended.delete(id)
    this.#ended.set(id, {
      address: owner.address,
      user: owner.user,
      connection: connection && new WeakRef(connection),
      until: this.#clock.now() + answerableMs,
    })
    if (this.#ended.size > maxRemembered) this.#forgetFirst()
    this.#timer ??= this.#schedule()
  }

  /**
   * Returns whether a session with this id has ended within the last 10 s and belonged to the
   * claimant.
   */
  has(id: string, claimant: SessionOwner): boolean {
    const ended = this.#ended.get(id)
    if (!ended || ended.until <= this.#clock.now()) return false
    const owner: SessionOwner = {
      address: ended.address,
      user: ended.user,
      // A collected connection matches nobody.
      connection: ended.connection && (ended.connection.deref() ?? ended),
    }
    return isClaimAccepted(owner, claimant, this.#binding)
  }

  /** Removes a session that its client has torn down, and whose id is unknown from now on. */
  forget(id: string): void {
    this.#ended.delete(id)
  }

  /** Forgets all ended sessions, so that late requests for them get 454. */
  clear(): void {
    this.#ended.clear()
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #schedule(): ClockTimer | undefined {
    const [first] = this.#ended.values()
    if (!first) return undefined
    return this.#clock.schedule(this.#forgetOld, first.until - this.#clock.now(), false)
  }

  readonly #forgetOld = (): void => {
    const now = this.#clock.now()
    for (const [id, { until }] of this.#ended) {
      if (until > now) break
      this.#ended.delete(id)
    }
    this.#timer = this.#schedule()
  }

  #forgetFirst(): void {
    const [first] = this.#ended.keys()
    if (first !== undefined) this.#ended.delete(first)
  }
}
