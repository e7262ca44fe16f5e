import type { Clock, ClockTimer } from '../../clock.js'
import type {
  AdmissionControl,
  AdmissionLimit,
  AdmissionRequest,
  Session,
  SessionOwner,
} from '../../session-pool/index.js'
import { poolKey } from '../cluster-store.js'
import type { ClusterMember } from './cluster-member.js'
import type { CreditDemand } from './leased-credits.js'
import { demandsOf, limitOf, pathDemandOf } from './session-demands.js'

/** Member, clock and functions that a {@link ClusterAdmission} uses. */
interface AdmissionOptions {
  readonly member: ClusterMember
  readonly clock: Clock
  /** Milliseconds for which a client waits for a credit of another node; 0 = no client waits. */
  readonly waitMs: number
  /** Sends the next request for credits at once. */
  readonly askStore: () => void
}

/** Credits that a session of an owner will use, which is about to be created. */
interface Reservation {
  readonly keys: readonly string[]
  /** Monotonic time in milliseconds at which the reservation ends. */
  readonly endsAt: number
}

/** Client that waits until the node holds a credit under each of its limits. */
interface Waiter {
  readonly owner: SessionOwner
  readonly demands: readonly CreditDemand[]
  /** Ends the wait. */
  end(): void
}

/** Milliseconds within which a client must use the credits that were reserved for its session. */
const reservedMs = 5000
/** Maximum number of clients that wait for credits at a time. */
const maxWaiting = 1024

/**
 * {@link AdmissionControl} of a node of a cluster: a session needs a credit under each limit that counts the session.
 *
 * A new client may wait for credits, before its session is created. Whoever creates a session without {@link reserve}
 * gets no more than the node holds.
 */
export class ClusterAdmission implements AdmissionControl<object> {
  readonly #options: AdmissionOptions
  /**
   * Keys of the limits that count a session of the pool; without an entry, `pool` alone counts it. An entry would be
   * the largest part of the cost of such a session.
   */
  readonly #used = new Map<Session<object>, readonly string[]>()
  /** Reservations by the owner object of the future session, which no other session has. */
  readonly #reserved = new Map<SessionOwner, Reservation>()
  readonly #waiting = new Set<Waiter>()
  /** Owners of future sessions, and sessions, that need no credits. */
  readonly #exempt = new WeakSet<object>()
  #hasExempt = false
  /** True if `pool` may not count some sessions, because they were admitted while `maxSessions` was 0. */
  #hasUncounted = false
  #isClosed = false

  /** Creates the control of a node without sessions. */
  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Number of clients that wait for credits. */
  get waiting(): number {
    return this.#waiting.size
  }

  tryAcquire(request: AdmissionRequest<object>): AdmissionLimit | undefined {
    if (this.#isClosed) return 'admissionControl'
    const { kind, session, owner, path, limits } = request
    if (this.#hasExempt && this.#isExempt(session, kind === 'session' ? owner : undefined)) {
      return undefined
    }
    if (limits.maxSessions > 0) this.countAll(limits.maxSessions)
    const { member, clock } = this.#options
    // Under the policy `keep` no time matters, so the clock is not read for each session.
    const now = member.isStrict ? clock.now() : 0
    // The lease of a process that was stopped may be over, and with it each reservation.
    member.checkLease(now)
    const demands = kind === 'session' ? demandsOf(limits, request) : pathDemandOf(limits, path)
    const isReserved = kind === 'session' && this.#useReservation(owner, demands)
    const missing = isReserved ? undefined : member.tryTake(demands, now)
    if (missing !== undefined) {
      this.#options.askStore()
      return limitOf(missing)
    }
    const keys = keysOf(demands)
    if (kind === 'session') {
      if (keys !== poolKeys) this.#used.set(session, keys)
      if (keys[0] !== poolKey) this.#hasUncounted = true
    } else if (keys.length > 0) {
      this.#used.set(session, [...(this.#used.get(session) ?? poolKeys), ...keys])
    }
    return undefined
  }

  /** Lets the session of an owner, which another node needs for its viewers, be created without credits. */
  exempt(owner: SessionOwner | undefined): void {
    if (owner === undefined) return
    this.#exempt.add(owner)
    this.#hasExempt = true
  }

  release(session: Session<object>): void {
    if (this.#hasExempt && this.#exempt.has(session)) return
    const keys = this.#used.get(session) ?? poolKeys
    if (keys !== poolKeys) this.#used.delete(session)
    this.#options.member.credits.release(keys)
    // Later: the caller may need the credits for a session that replaces this one.
    if (this.#waiting.size > 0) queueMicrotask(() => this.retry())
  }

  /** Counts the sessions of the time without `maxSessions` under a new one. */
  countAll(maxSessions: number): void {
    if (!this.#hasUncounted) return
    this.#hasUncounted = false
    const others = [...this.#used].filter(([, keys]) => keys[0] !== poolKey)
    for (const [session, keys] of others) this.#used.set(session, [poolKey, ...keys])
    if (others.length > 0) this.#options.member.credits.adopt(others.length, maxSessions)
  }

  /**
   * Reserves credits for a session that will be created with this owner object. Waits for credits of other nodes, if
   * the node lacks them.
   *
   * @param mayWait - `false`: does not wait.
   * @param signal - Ends the wait when it aborts.
   * @returns Promise that resolves in any case: with credits, or without when the wait is over. Never rejects.
   */
  async reserve(
    owner: SessionOwner,
    demands: readonly CreditDemand[],
    mayWait: boolean,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (demands.length === 0 || this.#isClosed || this.#take(owner, demands)) return
    this.#options.askStore()
    if (!mayWait || this.#options.waitMs === 0 || this.#waiting.size >= maxWaiting) return
    if (signal?.aborted) return
    await this.#wait(owner, demands, signal)
  }

  /** Reserves credits for clients that wait, the longest waiting one first, and frees unused reservations. */
  retry(): void {
    const now = this.#options.clock.now()
    for (const [owner, { endsAt }] of this.#reserved) if (endsAt <= now) this.#drop(owner)
    for (const waiter of this.#waiting) {
      if (this.#take(waiter.owner, waiter.demands)) waiter.end()
    }
  }

  /** Frees all reservations, because the lease of the node is over. */
  dropReservations(): void {
    for (const owner of this.#reserved.keys()) this.#drop(owner)
  }

  /** Refuses each new session from now on, and ends all waits. */
  close(): void {
    this.#isClosed = true
    this.dropReservations()
    for (const waiter of this.#waiting) waiter.end()
  }

  /** @param owner - Owner of a session that is about to be created, for which the session is exempt */
  #isExempt(session: Session<object>, owner: SessionOwner | undefined): boolean {
    if (owner !== undefined && this.#exempt.has(owner)) this.#exempt.add(session)
    return this.#exempt.has(session)
  }

  #wait(
    owner: SessionOwner,
    demands: readonly CreditDemand[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    return new Promise((resolve) => {
      let timer: ClockTimer | undefined
      const waiter: Waiter = {
        ...{ owner, demands },
        end: () => {
          this.#waiting.delete(waiter)
          timer?.cancel()
          signal?.removeEventListener('abort', waiter.end)
          resolve()
        },
      }
      this.#waiting.add(waiter)
      timer = this.#options.clock.schedule(waiter.end, this.#options.waitMs, false)
      signal?.addEventListener('abort', waiter.end)
    })
  }

  #take(owner: SessionOwner, demands: readonly CreditDemand[]): boolean {
    const { member, clock } = this.#options
    const now = clock.now()
    if (member.tryTake(demands, now) !== undefined) return false
    this.#drop(owner)
    this.#reserved.set(owner, { keys: keysOf(demands), endsAt: now + reservedMs })
    return true
  }

  /** @returns Whether credits were reserved for exactly these limits; otherwise, the reservation is freed */
  #useReservation(owner: SessionOwner | undefined, demands: readonly CreditDemand[]): boolean {
    const reservation = owner && this.#reserved.get(owner)
    if (owner === undefined || reservation === undefined) return false
    const { keys } = reservation
    const isSame = keys.length === demands.length && keys.every((key, n) => key === demands[n]?.key)
    if (isSame) this.#reserved.delete(owner)
    else this.#drop(owner)
    return isSame
  }

  #drop(owner: SessionOwner): void {
    const reservation = this.#reserved.get(owner)
    if (reservation === undefined) return
    this.#reserved.delete(owner)
    this.#options.member.credits.release(reservation.keys)
  }
}

const poolKeys = Object.freeze([poolKey])

/** Returns the keys of limits: for `pool` alone, one list for all sessions. */
const keysOf = (demands: readonly CreditDemand[]): readonly string[] =>
  demands.length === 1 && demands[0]?.key === poolKey ? poolKeys : demands.map(({ key }) => key)
