import type { Clock, ClockTimer } from '../../clock.js'

export interface PacerOptions<T> {
  readonly clock: Clock
  /** Number of lanes: queues of entries in order of time, such as one queue for the packets of each track. */
  readonly lanes: number
  /** Called when an entry of a lane (queue of one track) is due. `entry` is what {@link Pacer.add} was given. */
  readonly send: (lane: number, entry: T) => void
  /** Called once, when all lanes (queues of tracks) are finished and the last entry has ended. */
  readonly ended: () => void
  /**
   * Called when entries are delayed for good after a stall of the process: position 0 has moved to `originMs` of the
   * clock, in milliseconds.
   */
  readonly shifted?: (originMs: number) => void
  /**
   * Milliseconds from the current position for which a lane (queue of one track) should have
   * entries; see {@link Pacer.wanted}.
   * @default 1000
   */
  readonly readAheadMs?: number
  /**
   * Maximum milliseconds of overdue entries that are sent at once after a stall. If more is overdue, the later
   * entries are delayed by the difference.
   * @default 1000
   */
  readonly maxBurstMs?: number
}

/** Milliseconds by which a timer may fire too early, because sums of fractional milliseconds are rounded. */
const roundingMs = 0.01

interface Entry<T> {
  readonly dueMs: number
  readonly entry: T
}

interface Lane<T> {
  readonly entries: Entry<T>[]
  /** Position in milliseconds at which the entry added last to the lane is due; later ones must not be due earlier. */
  lastDueMs: number
  isFinished: boolean
  wanted: (() => void) | undefined
}

/**
 * Sends entries at their time. Positions are milliseconds since the start, without pauses. One timer serves all
 * lanes, at absolute times, so that nothing drifts.
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
  /** Position in milliseconds at which the pacer was paused, or at which it will start. */
  #heldMs = 0
  /** Position in milliseconds at which the last of the added entries ends. */
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

  /** Current position: milliseconds for which the pacer has run. */
  get positionMs(): number {
    return this.#originMs === undefined ? this.#heldMs : this.#options.clock.now() - this.#originMs
  }

  /**
   * Starts at position 0, or continues after a pause. Due entries are sent in the next turn of the event loop.
   *
   * @returns Time of the clock, in milliseconds, that corresponds to position 0.
   */
  start(): number {
    const originMs = this.#originMs ?? this.#options.clock.now() - this.#heldMs
    if (this.#isClosed) return originMs
    this.#originMs = originMs
    this.#arm()
    return originMs
  }

  /** Stops sending, and keeps the position, from which the next {@link start} continues. Idempotent. */
  pause(): void {
    this.#heldMs = this.positionMs
    this.#originMs = undefined
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /**
   * Adds an entry to a lane, the queue of one track. The entry must not be due earlier than the lane's other entries.
   *
   * @param dueMs - Position in milliseconds at which the entry is sent.
   * @param endMs - Position in milliseconds at which the entry ends, which may delay {@link PacerOptions.ended}.
   */
  add(lane: number, dueMs: number, entry: T, endMs = dueMs): void {
    const { entries } = this.#lane(lane)
    this.#endMs = Math.max(this.#endMs, endMs)
    entries.push({ dueMs, entry })
    this.#lane(lane).lastDueMs = dueMs
    if (entries.length === 1) this.#arm()
  }

  /** Marks a lane (queue of one track) as finished: no more entries are added. */
  finish(lane: number): void {
    this.#lane(lane).isFinished = true
    this.#arm()
  }

  /**
   * Resolves when a lane (queue of one track) needs more entries: at once if it has less than
   * `readAheadMs`, otherwise when half of that has been sent. Also resolves when the pacer is
   * closed.
   */
  async wanted(lane: number): Promise<void> {
    const state = this.#lane(lane)
    if (this.#isClosed || this.#aheadMs(state) < this.#options.readAheadMs) return
    await new Promise<void>((resolve) => {
      state.wanted = resolve
    })
  }

  /** Stops sending for good, drops the entries, and leaves {@link positionMs} as it is. Idempotent. */
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

  /** True if all lanes (queues of tracks) are finished and all entries have been sent. */
  get #isDrained(): boolean {
    return this.#lanes.every(({ entries, isFinished }) => isFinished && entries.length === 0)
  }

  /**
   * Returns the index of the lane (queue of one track) whose first entry is due first; `undefined`
   * if all lanes are empty.
   */
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

  /**
   * Returns the position in milliseconds for the timer: the next entry is due, or everything ends. `undefined` if all
   * added entries are sent and more are expected.
   */
  #nextDueMs(): number | undefined {
    const lane = this.#earliest()
    if (lane !== undefined) return this.#lane(lane).entries[0]?.dueMs
    return this.#isDrained ? this.#endMs : undefined
  }
}
