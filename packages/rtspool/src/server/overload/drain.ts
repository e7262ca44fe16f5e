import type { Clock, ClockTimer } from '../../clock.js'
import { checkOptions, checkSeconds, kindOf } from '../../option-checks.js'
import type { Session } from '../../session-pool/index.js'

/** Options of `RtspServer.drain`; all optional. */
export interface DrainOptions {
  /**
   * Seconds within which all sessions end, one after the other; 0 = at once.
   * @default 30
   */
  readonly seconds?: number | undefined
  /**
   * Signal that calls this drain off when it aborts. If no other caller still drains the server, the
   * remaining sessions stay, and the server accepts new ones again.
   * @default none
   */
  readonly signal?: AbortSignal | undefined
}

export const drainDefaults = Object.freeze({
  seconds: 30,
  signal: undefined,
}) satisfies { [K in keyof Required<DrainOptions>]: DrainOptions[K] }

/**
 * Checks the options of a drain and fills in the defaults.
 *
 * @throws {RangeError | TypeError} Names the wrong option, the expected value and the given one.
 */
export function resolveDrain(options: DrainOptions): {
  readonly ms: number
  readonly signal: AbortSignal | undefined
} {
  checkOptions('drain', options, Object.keys(drainDefaults))
  const { signal } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, got ${kindOf(signal)}`)
  }
  const seconds = checkSeconds('seconds', options.seconds ?? drainDefaults.seconds, maxSeconds)
  return { ms: seconds * 1000, signal }
}

/** Sessions of a server that a {@link Drain} ends. */
export interface DrainedSessions {
  readonly size: number
  /** Returns the sessions that have not ended yet, publishers last. */
  list(): readonly Session[]
}

/** Maximum duration of a drain in seconds: 68 years. */
const maxSeconds = 2 ** 31 - 1

/**
 * Minimum time in milliseconds between two steps, each of which ends one or more sessions. Sessions
 * that would end between two steps end together.
 */
const minStepMs = 20

/** A caller of `drain` that has not called it off. */
interface Caller {
  /** Time by which the last session must end, in milliseconds of the clock. */
  readonly endsAt: number
}

/**
 * Ends all sessions of a server, evenly distributed over a period. If sessions end by themselves,
 * the intervals between the others become longer. Several callers share one drain, which ends at
 * the earliest of their times. It stops early only if all of them call it off.
 *
 * ```text
 * now ──┬────┬────┬────┬ end      4 sessions: one after each quarter
 *       1    2    3    4          publishers last
 * ```
 */
export class Drain {
  readonly #clock: Clock
  readonly #sessions: DrainedSessions
  readonly #onCalledOff: () => void
  readonly #callers = new Set<Caller>()
  /** Promise that resolves when all sessions have ended. */
  readonly #ended: Promise<void>
  #endsAt = Number.POSITIVE_INFINITY
  /** Time of the previous step, or of the last change of the end of the drain, in milliseconds of the clock. */
  #steppedAt: number
  #timer: ClockTimer | undefined
  #isCalledOff = false
  #resolve: () => void = () => {}

  /**
   * Starts without a caller; see {@link join}.
   *
   * @param onCalledOff - Called when the last caller has called the drain off.
   */
  constructor(clock: Clock, sessions: DrainedSessions, onCalledOff: () => void) {
    this.#clock = clock
    this.#sessions = sessions
    this.#onCalledOff = onCalledOff
    this.#steppedAt = clock.now()
    this.#ended = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /**
   * Adds a caller of `drain`, whose time may end earlier than those of the others.
   *
   * @param ms - Milliseconds from now within which all sessions must end.
   * @param signal - Signal by which the caller calls the drain off.
   * @returns Resolves when all sessions have ended; rejects with the reason of the signal.
   */
  async join(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const caller = { endsAt: this.#clock.now() + ms }
    let reject: (reason: unknown) => void = () => {}
    const calledOff = new Promise<never>((_, rejected) => {
      reject = rejected
    })
    const callOff = (): void => {
      reject(signal?.reason)
      this.#leave(caller)
    }
    signal?.addEventListener('abort', callOff)
    try {
      this.#callers.add(caller)
      this.#followCallers()
      await Promise.race([this.#ended, calledOff])
    } finally {
      signal?.removeEventListener('abort', callOff)
    }
  }

  /**
   * Ends the drain if no session remains. Call this whenever a session has ended, for whatever
   * reason.
   */
  sessionLeft(): void {
    if (this.#sessions.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#resolve()
  }

  #leave(caller: Caller): void {
    this.#callers.delete(caller)
    if (this.#callers.size > 0) {
      this.#followCallers()
      return
    }
    this.#isCalledOff = true
    this.#timer?.cancel()
    this.#timer = undefined
    this.#onCalledOff()
  }

  /** Sets the end of the drain to the earliest time of all callers. */
  #followCallers(): void {
    const endsAt = Math.min(...[...this.#callers].map((caller) => caller.endsAt))
    if (endsAt === this.#endsAt) return
    this.#endsAt = endsAt
    this.#steppedAt = this.#clock.now()
    this.#goOn()
  }

  #goOn(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const { size } = this.#sessions
    const leftMs = this.#endsAt - this.#clock.now()
    if (size === 0) this.sessionLeft()
    else if (leftMs <= 0) this.#endFirst(size)
    else {
      const delayMs = Math.min(leftMs, Math.max(minStepMs, leftMs / size))
      this.#timer = this.#clock.schedule(() => this.#step(), delayMs, true)
    }
  }

  #step(): void {
    const now = this.#clock.now()
    const { size } = this.#sessions
    const share = (now - this.#steppedAt) / (this.#endsAt - this.#steppedAt)
    const count = Math.max(1, Math.min(size, Math.round(size * share)))
    this.#steppedAt = now
    this.#endFirst(count)
    if (this.#sessions.size > 0 && !this.#isCalledOff) this.#goOn()
  }

  #endFirst(count: number): void {
    for (const session of this.#sessions.list().slice(0, count)) {
      // A listener of the session before may have called the drain off.
      if (this.#isCalledOff) return
      session.end('drained')
    }
  }
}
