import type { Clock, ClockTimer } from '../../clock.js'

export interface PacerOptions {
  readonly clock: Clock
  /** How many lanes there are; each one is filled in order of time. */
  readonly lanes: number
  /** Something of a lane is due. */
  readonly send: (lane: number, packets: readonly Buffer[]) => void
  /** All lanes are finished and everything has been sent. */
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

interface Entry {
  readonly dueMs: number
  readonly packets: readonly Buffer[]
}

interface Lane {
  readonly entries: Entry[]
  /** When the last entry is due. */
  lastDueMs: number
  isFinished: boolean
  wanted: (() => void) | undefined
}

/**
 * Sends packets when their time has come: all lanes by one timer, at absolute times, so that nothing drifts.
 *
 * ```text
 *  origin            position (now)          read ahead
 *  ├── sent ──────────┤▓▓▓ due ▓▓▓├── waiting ──┤      lane 0
 *  ├── sent ──────────┤▓▓▓▓▓▓▓├──── waiting ─────┤     lane 1
 * ```
 */
export class Pacer {
  readonly #options: Required<Omit<PacerOptions, 'shifted'>> & Pick<PacerOptions, 'shifted'>
  readonly #lanes: Lane[]
  #originMs: number | undefined
  #timer: ClockTimer | undefined
  #timerDueMs = 0
  #isClosed = false

  constructor(options: PacerOptions) {
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

  /** Position 0 is now; what is due then is sent on the next turn of the event loop. */
  start(): void {
    if (this.#isClosed) return
    this.#originMs = this.#options.clock.now()
    this.#arm()
  }

  /**
   * Adds packets to a lane, not earlier than those before them.
   *
   * @param dueMs - Position at which they are sent.
   */
  add(lane: number, dueMs: number, packets: readonly Buffer[]): void {
    const { entries } = this.#lane(lane)
    entries.push({ dueMs, packets })
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

  /** Sends nothing more. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    for (const lane of this.#lanes) {
      lane.entries.length = 0
      lane.wanted?.()
      lane.wanted = undefined
    }
  }

  get #positionMs(): number {
    return this.#originMs === undefined ? 0 : this.#options.clock.now() - this.#originMs
  }

  #lane(index: number): Lane {
    const lane = this.#lanes[index]
    if (!lane) throw new RangeError(`lane must be below ${this.#lanes.length}, got ${index}`)
    return lane
  }

  #aheadMs(lane: Lane): number {
    return lane.lastDueMs - this.#positionMs
  }

  readonly #tick = (): void => {
    this.#timer = undefined
    this.#skipStall()
    const positionMs = this.#positionMs
    for (let lane = this.#earliest(); lane !== undefined; lane = this.#earliest()) {
      const { entries } = this.#lane(lane)
      if ((entries[0]?.dueMs ?? 0) > positionMs + roundingMs) break
      const entry = entries.shift()
      if (entry) this.#options.send(lane, entry.packets)
      if (this.#isClosed) return
    }
    this.#askForMore()
    this.#arm()
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
    const overdueMs = this.#positionMs - (this.#lane(lane).entries[0]?.dueMs ?? 0)
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
    const lane = this.#earliest()
    const isOver = lane === undefined && this.#lanes.every(({ isFinished }) => isFinished)
    if (isOver) {
      this.close()
      this.#options.ended()
      return
    }
    if (lane === undefined) return
    const dueMs = this.#lane(lane).entries[0]?.dueMs ?? 0
    if (this.#timer && this.#timerDueMs <= dueMs) return
    this.#timer?.cancel()
    this.#timerDueMs = dueMs
    this.#timer = this.#options.clock.schedule(this.#tick, dueMs - this.#positionMs, false)
  }
}
