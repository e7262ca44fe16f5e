import type { Clock, ClockTimer } from '../../clock.js'

export interface PacerOptions<T> {
  readonly clock: Clock
  /** How many lanes there are; each one is filled in order of time. */
  readonly lanes: number
  /** Something of a lane is due. */
  readonly send: (lane: number, entry: T) => void
  /** All lanes are finished, and what was sent last is over. */
  readonly ended: () => void
  /** Time was skipped: position 0 is now at `originMs` of the clock. */
  readonly shifted?: (originMs: number) => void
  /**
   * How far ahead of the position a lane is filled, in milliseconds.
   * @default 1000
   */
  readonly readAheadMs?: number
  /**
   * After a stall, what is overdue by more than this is not caught up with: time is skipped.
   * @default 1000
   */
  readonly maxBurstMs?: number
}

/** Sums of fractions of a millisecond are off by less; without it a timer could fire just too early. */
const roundingMs = 0.01

interface Entry<T> {
  readonly dueMs: number
  readonly entry: T
}

interface Lane<T> {
  readonly entries: Entry<T>[]
  /** When the last entry is due. */
  lastDueMs: number
  isFinished: boolean
  wanted: (() => void) | undefined
}

/**
 * Sends what it is given when its time has come: all lanes by one timer, at absolute times, so that nothing drifts.
 *
 * ```text
 *  origin            position (now)          read ahead
 *  ├── sent ──────────┤▓▓▓ due ▓▓▓├── waiting ──┤      lane 0
 *  ├── sent ──────────┤▓▓▓▓▓▓▓├──── waiting ─────┤     lane 1
 * ```
 */
export class Pacer<T> {
  readonly #options: Required<Omit<PacerOptions<T>, 'shifted'>> & Pick<PacerOptions<T>, 'shifted'>
  readonly #lanes: Lane<T>[]
  #originMs: number | undefined
  /** The position while it does not run. */
  #heldMs = 0
  /** When the last of what was added is over. */
  #endMs = 0
  #timer: ClockTimer | undefined
  #timerDueMs = 0
  #isClosed = false

  constructor(options: PacerOptions<T>) {
    this.#options = {
      ...options,
      readAheadMs: options.readAheadMs ?? 1000,
      maxBurstMs: options.maxBurstMs ?? 1000,
    }
    this.#lanes = Array.from({ length: options.lanes }, () => ({
      entries: [],
      lastDueMs: 0,
      isFinished: false,
      wanted: undefined,
    }))
  }

  /** Milliseconds that it has run. */
  get positionMs(): number {
    return this.#originMs === undefined ? this.#heldMs : this.#options.clock.now() - this.#originMs
  }

  /**
   * Runs from position 0, or from where it was paused; what is due is sent on the next turn of the event loop.
   *
   * @returns When position 0 was, or would have been, on the clock.
   */
  start(): number {
    const originMs = this.#originMs ?? this.#options.clock.now() - this.#heldMs
    if (this.#isClosed) return originMs
    this.#originMs = originMs
    this.#arm()
    return originMs
  }

  /** Sends nothing until it is started again, which goes on from here. Idempotent. */
  pause(): void {
    this.#heldMs = this.positionMs
    this.#originMs = undefined
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /**
   * Adds an entry to a lane, not earlier than those before it.
   *
   * @param dueMs - Position at which it is sent.
   * @param endMs - Position at which it is over.
   */
  add(lane: number, dueMs: number, entry: T, endMs = dueMs): void {
    const { entries } = this.#lane(lane)
    this.#endMs = Math.max(this.#endMs, endMs)
    entries.push({ dueMs, entry })
    this.#lane(lane).lastDueMs = dueMs
    if (entries.length === 1) this.#arm()
  }

  /** Says that a lane gets no more. */
  finish(lane: number): void {
    this.#lane(lane).isFinished = true
    this.#arm()
  }

  /**
   * Resolves when a lane may be filled on: at once while it is short, else when half of it has been sent.
   * Resolves as well when the pacer is closed.
   */
  async wanted(lane: number): Promise<void> {
    const state = this.#lane(lane)
    if (this.#isClosed || this.#aheadMs(state) < this.#options.readAheadMs) return
    await new Promise<void>((resolve) => {
      state.wanted = resolve
    })
  }

  /** Sends nothing more, and stays where it is. Idempotent. */
  close(): void {
    this.pause()
    this.#isClosed = true
    for (const lane of this.#lanes) {
      lane.entries.length = 0
      lane.wanted?.()
      lane.wanted = undefined
    }
  }

  #lane(index: number): Lane<T> {
    const lane = this.#lanes[index]
    if (!lane) throw new RangeError(`lane must be below ${this.#lanes.length}, got ${index}`)
    return lane
  }

  #aheadMs(lane: Lane<T>): number {
    return lane.lastDueMs - this.positionMs
  }

  readonly #tick = (): void => {
    this.#timer = undefined
    this.#skipStall()
    const positionMs = this.positionMs
    for (let lane = this.#earliest(); lane !== undefined; lane = this.#earliest()) {
      const { entries } = this.#lane(lane)
      if ((entries[0]?.dueMs ?? 0) > positionMs + roundingMs) break
      const due = entries.shift()
      if (due) this.#options.send(lane, due.entry)
      if (this.#isClosed || this.#originMs === undefined) return
    }
    this.#askForMore()
    if (this.#isDrained && this.positionMs >= this.#endMs - roundingMs) {
      this.close()
      this.#options.ended()
    } else {
      this.#arm()
    }
  }

  /** Nothing is left to send, and nothing more comes. */
  get #isDrained(): boolean {
    return this.#lanes.every(({ entries, isFinished }) => isFinished && entries.length === 0)
  }

  /** Index of the lane whose first entry is due first. */
  #earliest(): number | undefined {
    let earliest: number | undefined
    let earliestMs = Number.POSITIVE_INFINITY
    for (const [index, { entries }] of this.#lanes.entries()) {
      const dueMs = entries[0]?.dueMs
      if (dueMs !== undefined && dueMs < earliestMs) {
        earliest = index
        earliestMs = dueMs
      }
    }
    return earliest
  }

  #skipStall(): void {
    const lane = this.#earliest()
    if (lane === undefined || this.#originMs === undefined) return
    const overdueMs = this.positionMs - (this.#lane(lane).entries[0]?.dueMs ?? 0)
    if (overdueMs <= this.#options.maxBurstMs) return
    this.#originMs += overdueMs - this.#options.maxBurstMs
    this.#options.shifted?.(this.#originMs)
  }

  #askForMore(): void {
    for (const lane of this.#lanes) {
      if (!lane.wanted || this.#aheadMs(lane) > this.#options.readAheadMs / 2) continue
      lane.wanted()
      lane.wanted = undefined
    }
  }

  #arm(): void {
    if (this.#isClosed || this.#originMs === undefined) return
    const dueMs = this.#nextDueMs()
    if (dueMs === undefined) return
    if (this.#timer && this.#timerDueMs <= dueMs) return
    this.#timer?.cancel()
    this.#timerDueMs = dueMs
    this.#timer = this.#options.clock.schedule(this.#tick, dueMs - this.positionMs, false)
  }

  /** When there is something to do: to send, or to end. */
  #nextDueMs(): number | undefined {
    const lane = this.#earliest()
    if (lane !== undefined) return this.#lane(lane).entries[0]?.dueMs
    return this.#isDrained ? this.#endMs : undefined
  }
}
