import type { Clock, ClockTimer } from '../clock.js'
import { checkBoolean, checkMethods, checkOptions } from '../option-checks.js'
import { internals, type Session } from './session.js'
import type { HandleRecords } from './structures/handle-records.js'
import type { IdTable } from './structures/id-table.js'
import { TimingWheel, tickMs } from './structures/timing-wheel.js'

/** How long a watch waits before it calls its function again when that left due sessions behind. */
export const watchRetryMs = 250
/** A timer that is later than this tells of a stall of the process; what came meanwhile waits to be read. */
const stallMs = 250
/** Longest time that removing due sessions holds up the event loop. */
const sliceMs = 2
/** Steps between two looks at the clock; a step costs about a microsecond. */
const stepsPerLook = 8

/** Options of a watch. */
export interface SessionPoolWatchOptions {
  /** Closes the watch when it aborts. */
  readonly signal?: AbortSignal | undefined
  /** Whether the watch keeps the process alive. @defaultValue false */
  readonly ref?: boolean | undefined
}

/** What a watch calls: `false` ends the watch. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that answers nothing is welcome
export type SessionPoolWatchFunction<P> = (pool: P) => boolean | undefined | void

/**
 * A running watch. Several may run; they share one timer.
 *
 * @see gst_rtsp_session_pool_create_watch()
 */
export interface SessionPoolWatch extends Disposable {
  readonly closed: boolean
  /** Ends the watch. Idempotent. */
  close(): void
}

function checkWatchOptions(options: SessionPoolWatchOptions): void {
  checkOptions('a watch', options, ['signal', 'ref'])
  if (options.ref !== undefined) checkBoolean('ref', options.ref)
  if (options.signal !== undefined) checkMethods('signal', options.signal, ['addEventListener'])
}

class Watch implements SessionPoolWatch {
  /** Called when a session is due; without it, the watch removes what is due. */
  readonly dispatch: (() => boolean) | undefined
  readonly ref: boolean
  readonly #onClose: (watch: Watch) => void
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = (): void => this.close()
  #closed = false

  constructor(
    dispatch: (() => boolean) | undefined,
    options: SessionPoolWatchOptions,
    onClose: (watch: Watch) => void,
  ) {
    checkWatchOptions(options)
    this.dispatch = dispatch
    this.ref = options.ref ?? false
    this.#onClose = onClose
    this.#signal = options.signal
    this.#signal?.addEventListener('abort', this.#onAbort)
  }

  get closed(): boolean {
    return this.#closed
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#onClose(this)
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

/** A turn of the wheel that ran out of time. */
const interrupted = Symbol('interrupted')

/**
 * When sessions are due, and who is told: the timing wheel, the watches, and the one timer.
 *
 * A session lies in the wheel at the deadline that it had when it was filed. Signs of life only move
 * its deadline; the wheel looks at that when the slot comes up, and files the session again. So a
 * sign of life costs nothing here, and each session comes up about once in a timeout.
 */
export class Expiry {
  readonly #clock: Clock
  readonly #wheel: TimingWheel
  readonly #sessions: IdTable<Session>
  readonly #remove: (session: Session) => void
  readonly #watches = new Set<Watch>()
  #timer: ClockTimer | undefined
  /** When the timer fires; `-Infinity` while nothing is to be timed. */
  #armedAt = Number.NEGATIVE_INFINITY
  #armedRef = false
  /** When the timer is to fire, which is never in the past when it is set. */
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

  /** Takes care of a session from now on. */
  add(handle: number, session: Session): void {
    this.#file(handle, session)
  }

  delete(handle: number): void {
    this.#wheel.unfile(handle)
  }

  /** Files a session again whose deadline may have come closer. */
  refile(session: Session): void {
    const handle = internals.handleOf(session)
    this.#wheel.unfile(handle)
    this.#file(handle, session)
  }

  /**
   * Removes every session that is due, to the fraction of a millisecond.
   *
   * @param isEnough - Asked after each; ends the work early.
   * @returns How many were removed.
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

  /** Starts a watch: one that removes by itself, or that calls `dispatch` until it says `false`. */
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

  /** Whether the process has been stalled, and signs of life may still wait to be read. */
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
   * Turns the wheel until it finds a session that is due.
   *
   * @param until - Stops then, for the event loop to go on; at least a few steps are made.
   * @returns The session, which is in no slot any more; `undefined` when none is due.
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

  /** Of the tick that has begun but is not over, removes what is due already. */
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

  /** @param hasRead - Whether what had come when the timer fired has been read. */
  #onTimer(hasRead: boolean): void {
    const start = this.#clock.now()
    if (!hasRead && this.isStalled(start)) {
      // Timers run before sockets are read; what is put off to the next turn runs after that.
      this.#timer = this.#clock.schedule(() => this.#onTimer(true), 0, this.#armedRef)
      return
    }
    this.#timer = undefined
    this.#armedAt = Number.NEGATIVE_INFINITY
    const isDone = this.#dispatch(start) && this.#removeDue(start)
    this.#arm(isDone ? undefined : 0)
  }

  /** Calls the functions of watches if a session is due. @returns `false` when out of time */
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

  /** Removes what is due, if a watch is to. @returns `false` when out of time */
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

  /** Sets the timer to the next slot of the wheel, or to `delayMs` from now. */
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
    this.#timer = this.#clock.schedule(() => this.#onTimer(false), delayMs ?? at - now, ref)
  }

  #disarm(isWaiting: boolean): void {
    this.#timer?.cancel()
    this.#timer = undefined
    // A session that is filed later wakes a watch that has nothing to wait for.
    this.#armedAt = isWaiting ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  }
}

function never(): boolean {
  return false
}
