import { type Clock, type ClockTimer, scheduleAfterReads } from '../clock.js'
import { internals, type Session } from './session.js'
import type { HandleRecords } from './structures/handle-records.js'
import type { IdTable } from './structures/id-table.js'
import { TimingWheel, tickMs } from './structures/timing-wheel.js'
import { type SessionPoolWatch, type SessionPoolWatchOptions, Watch } from './watch.js'

/**
 * Delay in milliseconds before a watch calls its function again. A watch ({@link SessionPoolWatch})
 * calls a function when sessions expire. The delay applies if the function has not removed all of
 * them.
 */
export const watchRetryMs = 250
/**
 * Lateness of the timer, in milliseconds, above which the process counts as stalled. Sessions then
 * outlive their timeout until the requests that arrived meanwhile have been read.
 */
const stallMs = 250
/** Longest time in milliseconds that removing expired sessions may block the event loop. */
const sliceMs = 2
/**
 * Number of steps of a search for expired sessions between two readings of the clock. A step files one session again
 * or removes it, and takes about a microsecond.
 */
const stepsPerLook = 8

/**
 * Result of a search for due sessions that ran out of time before the timing wheel was searched.
 */
const interrupted = Symbol('interrupted')

/**
 * Finds sessions that are due to expire and reports them to the watches: functions that are called
 * for due sessions. Owns the timing wheel and the one timer.
 *
 * A session is filed in the wheel at its deadline. A sign of life moves the deadline but not the
 * entry in the wheel. When the time of the entry comes, the wheel compares the deadline and files
 * the session again. So a sign of life costs nothing here, and each session is filed about once per
 * timeout.
 */
export class Expiry {
  readonly #clock: Clock
  readonly #wheel: TimingWheel
  readonly #sessions: IdTable<Session>
  readonly #remove: (session: Session) => void
  readonly #watches = new Set<Watch>()
  #timer: ClockTimer | undefined
  /**
   * Time of the slot of the timing wheel for which the timer is set, in milliseconds of the clock; `-Infinity`
   * without a timer.
   */
  #armedAt = Number.NEGATIVE_INFINITY
  #armedRef = false
  /**
   * Time at which the timer for expired sessions should fire, in milliseconds of the clock. Never in the past when
   * the timer is set.
   */
  #firesAt = Number.POSITIVE_INFINITY
  #retryAt = Number.NEGATIVE_INFINITY

  constructor(
    clock: Clock,
    sessions: IdTable<Session>,
    records: HandleRecords,
    remove: (session: Session) => void,
  ) {
    this.#clock = clock
    this.#sessions = sessions
    this.#wheel = new TimingWheel(clock.now(), records)
    this.#remove = remove
  }

  /**
   * Files a new session in the timing wheel at its deadline. @param handle - Number of the session in the {@link
   * IdTable}
   */
  add(handle: number, session: Session): void {
    this.#file(handle, session)
  }

  delete(handle: number): void {
    this.#wheel.unfile(handle)
  }

  /** Moves a session in the timing wheel to its present deadline; needed whenever the deadline becomes earlier. */
  refile(session: Session): void {
    const handle = internals.handleOf(session)
    this.#wheel.unfile(handle)
    this.#file(handle, session)
  }

  /**
   * Removes every session that is due to expire, exact to the fraction of a millisecond.
   *
   * @param isEnough - Called after each removal; `true` ends the sweep early.
   * @returns Number of removed sessions.
   */
  sweep(isEnough: () => boolean = never): number {
    const now = this.#clock.now()
    let removed = 0
    for (;;) {
      const session = this.#nextDue(now, Number.POSITIVE_INFINITY)
      if (!session || session === interrupted) break
      this.#remove(session)
      removed++
      if (isEnough()) return removed
    }
    return removed + this.#sweepBegunTick(now, isEnough)
  }

  /**
   * Starts a watch of the sessions that are due to expire. Without `dispatch`, the watch removes them. Otherwise it
   * calls `dispatch` until that returns `false`.
   */
  watch(dispatch: (() => boolean) | undefined, options: SessionPoolWatchOptions): SessionPoolWatch {
    const watch = new Watch(dispatch, options, (closed) => {
      this.#watches.delete(closed)
      this.#arm()
    })
    if (options.signal?.aborted) {
      watch.close()
    } else {
      this.#watches.add(watch)
      this.#arm()
    }
    return watch
  }

  /**
   * Returns whether the process has been stalled, so that requests of clients may still be unread.
   */
  isStalled(now: number): boolean {
    return this.#timer !== undefined && now - this.#firesAt > stallMs
  }

  closeWatches(): void {
    for (const watch of this.#watches) watch.close()
  }

  #file(handle: number, session: Session): void {
    const at = internals.dueAt(session)
    if (at === Number.POSITIVE_INFINITY) return
    const tick = this.#wheel.file(handle, at)
    if (tick * tickMs < this.#armedAt) this.#arm()
  }

  /**
   * Advances the timing wheel until it finds a session that is due to expire.
   *
   * @param until - Time after which the search stops, so that the event loop can continue. The
   * search takes at least a few steps.
   * @returns The session, taken out of its slot; `undefined` when none is due; {@link interrupted}
   * when the time is over.
   */
  #nextDue(now: number, until: number): Session | typeof interrupted | undefined {
    const wheel = this.#wheel
    let steps = 0
    for (;;) {
      const tick = wheel.nextTick()
      if (tick * tickMs > now) break
      const slot = wheel.open(tick)
      for (let handle = wheel.take(slot); handle !== undefined; handle = wheel.take(slot)) {
        const session = this.#sessions.at(handle)
        if (internals.dueAt(session) <= now) return session
        this.#file(handle, session)
        if (++steps % stepsPerLook === 0 && this.#clock.now() > until) return interrupted
      }
      wheel.close(slot, tick)
    }
    wheel.advanceTo(Math.floor(now / tickMs))
    return undefined
  }

  /**
   * Removes the sessions that are already due to expire in the current tick of the wheel, which is
   * not over yet.
   */
  #sweepBegunTick(now: number, isEnough: () => boolean): number {
    const wheel = this.#wheel
    const tick = Math.floor(now / tickMs) + 1
    let removed = 0
    while (wheel.nextTick() === tick) {
      const slot = wheel.open(tick)
      if (wheel.isFinest(slot)) {
        for (const session of wheel.handlesOf(slot).map((handle) => this.#sessions.at(handle))) {
          if (!session.isExpired(now) || !internals.hostOf(session)) continue
          this.#remove(session)
          removed++
          if (isEnough()) break
        }
        break
      }
      for (let handle = wheel.take(slot); handle !== undefined; handle = wheel.take(slot)) {
        this.#file(handle, this.#sessions.at(handle))
      }
    }
    return removed
  }

  #onTimer(): void {
    const start = this.#clock.now()
    this.#timer = undefined
    this.#armedAt = Number.NEGATIVE_INFINITY
    const isDone = this.#dispatch(start) && this.#removeDue(start)
    this.#arm(isDone ? undefined : 0)
  }

  /**
   * Calls the functions of the watches (`dispatch`) if a session is due to expire.
   *
   * @param start - Time in milliseconds of the clock at which this turn of the event loop began.
   * @returns `false` if the time for one turn of the event loop was used up.
   */
  #dispatch(start: number): boolean {
    const watches = [...this.#watches].filter((watch) => watch.dispatch !== undefined)
    if (watches.length === 0 || start < this.#retryAt) return true
    const due = this.#nextDue(start, start + sliceMs)
    if (due === interrupted) return false
    if (due === undefined) return true
    this.#file(internals.handleOf(due), due)
    for (const watch of watches) {
      if (!watch.closed && watch.dispatch?.() === false) watch.close()
    }
    const leftDue = this.#wheel.nextTick() * tickMs <= start
    this.#retryAt = leftDue ? this.#clock.now() + watchRetryMs : Number.NEGATIVE_INFINITY
    return true
  }

  /**
   * Removes the sessions that are due to expire, if there is a watch without a function of its own.
   *
   * @param start - Time in milliseconds of the clock at which this turn of the event loop began.
   * @returns `false` if the time for one turn of the event loop was used up.
   */
  #removeDue(start: number): boolean {
    if (![...this.#watches].some((watch) => watch.dispatch === undefined)) return true
    for (let steps = 1; ; steps++) {
      const session = this.#nextDue(start, start + sliceMs)
      if (session === undefined) return true
      if (session === interrupted) return false
      this.#remove(session)
      if (steps % stepsPerLook === 0 && this.#clock.now() > start + sliceMs) return false
    }
  }

  /**
   * Sets the timer that finds expired sessions: to the next occupied slot of the timing wheel, or to `delayMs` from
   * now.
   */
  #arm(delayMs?: number): void {
    let ref = false
    let removes = false
    for (const watch of this.#watches) {
      ref ||= watch.ref
      removes ||= watch.dispatch === undefined
    }
    let at = this.#wheel.nextTick() * tickMs
    if (!removes) at = Math.max(at, this.#retryAt)
    if (this.#watches.size === 0 || at === Number.POSITIVE_INFINITY) {
      this.#disarm(this.#watches.size > 0)
      return
    }
    if (this.#timer !== undefined && at === this.#armedAt && ref === this.#armedRef) return
    this.#timer?.cancel()
    this.#armedAt = at
    this.#armedRef = ref
    const now = this.#clock.now()
    this.#firesAt = Math.max(at, now)
    const mustWait = (): boolean => this.isStalled(this.#clock.now())
    this.#timer = scheduleAfterReads(this.#clock, () => this.#onTimer(), delayMs ?? at - now, {
      ref,
      mustWait,
    })
  }

  #disarm(isWaiting: boolean): void {
    this.#timer?.cancel()
    this.#timer = undefined
    // A session that is filed later re-arms the timer of an idle watch.
    this.#armedAt = isWaiting ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  }
}

function never(): boolean {
  return false
}
