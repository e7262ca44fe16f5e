import { randomInt } from 'node:crypto'
import { type Clock, PeriodicCheck } from '../../clock.js'
import type { Session } from '../../session-pool/index.js'
import {
  checkLoginAnswer,
  isGrant,
  type LoginAnswer,
  type LoginContext,
  type LoginGrant,
  type LoginHook,
} from './login-hook.js'
import type { AccessContext } from './rules.js'
import { isSameSecret, type UserSecret } from './secrets.js'

const lookMs = 1000
/**
 * Largest random change of the interval between rechecks, up or down, as a share of the interval. So sessions that were
 * created together are not rechecked together.
 */
const jitter = 0.1
/** Maximum milliseconds from a failure of the hook `login` to its next call about the same session. */
const maxRetryMs = 30_000
/** Number of failures of the hook `login` in a row that end the session about which it is asked. */
const maxFailures = 3
/**
 * Maximum number of calls of the hook `login` for rechecks at a time, so that requests of clients do not wait behind
 * them.
 */
const maxAtOnce = 16
const randomSteps = 2 ** 16

/** Describes a failure of the hook `login` when it was asked again about a session. */
export interface RecheckFailure extends AccessContext {
  readonly reason: 'unavailable'
  readonly method: 'recheck'
  /** Public id of the connection on which the session was created. */
  readonly connectionId: string
  readonly why: string | undefined
}

/**
 * Parts of the argument of the hook that are stored to ask the hook again: also the credentials,
 * but neither the request nor the signal.
 */
type KeptQuestion = Omit<LoginContext, 'request' | 'session' | 'signal' | 'isRecheck'>

interface Recheck {
  readonly question: KeptQuestion
  /** User that the hook `login` has named for the session. If a later answer names another user, the session ends. */
  readonly user: string | undefined
  /** Secret that the hook has returned for Digest. If a later answer has another secret, the session ends. */
  readonly secret: UserSecret | undefined
  intervalMs: number
  /**
   * Time at which the hook `login` is asked again, in milliseconds of the clock; `Infinity` while a call is under
   * way.
   */
  dueAt: number
  failures: number
}

/**
 * Asks the hook `login` again, at intervals, about sessions that it has allowed. One timer serves
 * all these sessions, and runs only while there are any.
 */
export class Rechecks {
  readonly #clock: Clock
  readonly #hook: () => LoginHook | undefined
  readonly #onFailure: (failure: RecheckFailure) => void
  readonly #rechecks = new Map<Session, Recheck>()
  readonly #timer: PeriodicCheck
  readonly #closing = new AbortController()
  /** Sessions that are due for a recheck, longest due first. */
  readonly #due = new Set<Session>()
  #asking = 0

  /**
   * Creates the rechecks of a server.
   *
   * @param hook - Returns the hook in use; `undefined` = no session is rechecked any more.
   */
  constructor(
    clock: Clock,
    hook: () => LoginHook | undefined,
    onFailure: (failure: RecheckFailure) => void,
  ) {
    this.#clock = clock
    this.#hook = hook
    this.#onFailure = onFailure
    this.#timer = new PeriodicCheck(clock, lookMs, () => this.#look())
  }

  /** Number of sessions about which the hook `login` is asked again at intervals. */
  get size(): number {
    return this.#rechecks.size
  }

  /**
   * Starts the rechecks of a session. @param grant - Answer of the hook that allowed the session.
   */
  add(session: Session, question: LoginContext, grant: LoginGrant): void {
    if (this.#closing.signal.aborted) return
    const { recheckSeconds = 0, user, secret } = grant
    const kept = { question: keptOf(question), user, secret }
    const recheck: Recheck = { ...kept, intervalMs: 0, dueAt: 0, failures: 0 }
    this.#schedule(recheck, recheckSeconds)
    this.#rechecks.set(session, recheck)
    this.#timer.start()
  }

  /** Stops the repeated calls of the hook `login` about sessions. Idempotent. */
  close(): void {
    this.#closing.abort()
    this.#timer.stop()
    this.#rechecks.clear()
    this.#due.clear()
  }

  #look(): boolean {
    if (!this.#hook()) this.#rechecks.clear()
    const now = this.#clock.now()
    for (const [session, recheck] of this.#rechecks) {
      if (session.removalReason !== undefined) this.#rechecks.delete(session)
      else if (recheck.dueAt <= now) this.#due.add(session)
    }
    this.#askNext()
    return this.#rechecks.size > 0
  }

  /** Calls the hook `login` for the sessions whose recheck has been due longest, up to {@link maxAtOnce} at a time. */
  #askNext(): void {
    for (const session of this.#due) {
      if (this.#asking >= maxAtOnce) return
      this.#due.delete(session)
      const hook = this.#hook()
      const recheck = this.#rechecks.get(session)
      if (!hook || !recheck) continue
      recheck.dueAt = Number.POSITIVE_INFINITY
      void this.#ask(hook, session, recheck).finally(() => this.#askNext())
    }
  }

  async #ask(hook: LoginHook, session: Session, recheck: Recheck): Promise<void> {
    this.#asking++
    const { signal } = this.#closing
    const again = { session, isRecheck: true, request: undefined, signal }
    const question: LoginContext = { ...recheck.question, ...again }
    let answer: LoginAnswer
    try {
      answer = checkLoginAnswer(await hook(question))
    } catch (error) {
      const why = error instanceof Error ? error.message : undefined
      answer = { refuse: 'unavailable', why }
    } finally {
      this.#asking--
    }
    // The session has ended, or the server closes.
    if (session.removalReason !== undefined || !this.#rechecks.has(session)) return
    if (isGrant(answer) && isOfSame(recheck, answer)) this.#renew(session, recheck, answer)
    else if (!isGrant(answer) && answer?.refuse === 'unavailable') {
      this.#failed(session, recheck, answer.why)
    } else this.#end(session)
  }

  #renew(session: Session, recheck: Recheck, { expiresAt, recheckSeconds }: LoginGrant): void {
    if (expiresAt !== undefined) session.expiresAt = expiresAt
    recheck.failures = 0
    if (recheckSeconds === undefined) this.#rechecks.delete(session)
    else this.#schedule(recheck, recheckSeconds)
  }

  #failed(session: Session, recheck: Recheck, why: string | undefined): void {
    const { address, path, action, connectionId } = recheck.question
    const asked = { user: recheck.user, address, path, action, connectionId }
    this.#onFailure({ ...asked, reason: 'unavailable', method: 'recheck', why })
    recheck.failures++
    if (recheck.failures >= maxFailures) this.#end(session)
    else recheck.dueAt = this.#clock.now() + Math.min(recheck.intervalMs, maxRetryMs)
  }

  #end(session: Session): void {
    this.#rechecks.delete(session)
    session.end('authorizationExpired')
  }

  #schedule(recheck: Recheck, seconds: number): void {
    const random = randomInt(randomSteps) / randomSteps
    recheck.intervalMs = seconds * 1000
    recheck.dueAt = this.#clock.now() + recheck.intervalMs * (1 - jitter + 2 * jitter * random)
  }
}

/** Returns whether a later answer of the hook is for the same user, who has not got another secret since. */
const isOfSame = ({ user, secret }: Recheck, answer: LoginGrant): boolean =>
  answer.user === user &&
  (secret === undefined || answer.secret === undefined || isSameSecret(secret, answer.secret))

/** Returns the parts of a login question that are needed to ask it again. */
function keptOf(question: LoginContext): KeptQuestion {
  const { scheme, user, algorithm, password, token, path, address, action, method } = question
  const { connectionId, userAgent, isSecure, tunnel, transport } = question
  return {
    ...{ scheme, user, algorithm, password, token, path, address, action, method },
    ...{ connectionId, userAgent, isSecure, tunnel, transport },
  }
}
