import type { Clock, ClockTimer } from '../../clock.js'
import {
  isClaimAccepted,
  type RemovalReason,
  type Session,
  type SessionBinding,
  type SessionOwner,
} from '../../session-pool/index.js'

/** Milliseconds for which the owner of a session that the server has ended may still say goodbye to it. */
export const answerableMs = 10_000

/** More than leave in {@link answerableMs} on any server that works; the oldest are forgotten first. */
const maxRemembered = 10_000

/** What is kept of a session: who may ask for it, and until when. No more than that stays in memory. */
interface Ended {
  readonly address: string
  readonly user: string | undefined
  /** The connection that carried its media, which a memory must not keep. */
  readonly connection: WeakRef<object> | undefined
  readonly until: number
}

/**
 * Ids of sessions that the server has ended by itself. For 10 s PAUSE and TEARDOWN of the owner are right there, and
 * revive nothing; after TEARDOWN the id is unknown. FFmpeg (5.1, 9) sends PAUSE and GStreamer (1.22, 1.28) TEARDOWN before
 * they ask for TCP in the place of UDP, or when the media has ended, and 454 is an error to them.
 */
export class EndedSessions {
  readonly #clock: Clock
  readonly #binding: SessionBinding
  /** In the order in which they ended. */
  readonly #ended = new Map<string, Ended>()
  #timer: ClockTimer | undefined

  constructor(clock: Clock, binding: SessionBinding) {
    this.#clock = clock
    this.#binding = binding
  }

  /** Ids that are remembered at the moment. */
  get size(): number {
    return this.#ended.size
  }

  /** Notes that a session has left its pool. What its client has ended itself is not remembered. */
  add({ id, owner }: Session, reason: RemovalReason): void {
    // A session that nobody owns may be anybody's: it is not worth a memory.
    if (reason === 'teardown' || !owner) return
    // Nobody can ask on a connection that is gone.
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

  /** Whether a session with this id has ended a moment ago and was the claimant's. */
  has(id: string, claimant: SessionOwner): boolean {
    const ended = this.#ended.get(id)
    if (!ended || ended.until <= this.#clock.now()) return false
    const owner: SessionOwner = {
      address: ended.address,
      user: ended.user,
      // A connection that is collected is nobody's any more.
      connection: ended.connection && (ended.connection.deref() ?? ended),
    }
    return isClaimAccepted(owner, claimant, this.#binding)
  }

  /** Forgets a session that its client has torn down: from now on its id is unknown. */
  forget(id: string): void {
    this.#ended.delete(id)
  }

  /** Forgets all. */
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
