import type { Clock, ClockTimer } from 'rtspool'
import type { FootageUnit } from './footage-units.js'

/** Unit of footage (a picture or a frame of sound) with its times in the playback. */
export interface DueUnit {
  readonly unit: FootageUnit
  /** Milliseconds of playback, without pauses, at which the unit is sent; never decreases. */
  readonly dueMs: number
  /** Milliseconds of playback, without pauses, at which the picture or sound of the unit ends. */
  readonly endMs: number
}

export interface UnitSenderOptions {
  readonly clock: Clock
  readonly units: AsyncGenerator<DueUnit, void, void>
  readonly send: (due: DueUnit) => void
  /** Called before a unit is sent. May pause the sender, which then keeps the unit. */
  readonly reached: (due: DueUnit) => void
  /** Called once when all units have been sent, and the playback time of the last one is over. */
  readonly ended: () => void
  /** Called once with the error when the units cannot be read further. */
  readonly failed: (error: unknown) => void
}

/** Sends the units (pictures and frames of sound) of one playback in their order. */
export interface UnitSender {
  /** Milliseconds for which the playback has run, without pauses. */
  readonly positionMs: number
  /** Next unit to be sent; `undefined` if it is not read yet. */
  readonly next: DueUnit | undefined
  /**
   * Reads the first unit, so that {@link start} can send it at once.
   *
   * @returns The unit; `undefined` if there is none.
   * @throws The error of the reading.
   */
  prepare(): Promise<DueUnit | undefined>
  /** Starts or continues to send. @returns Milliseconds of the monotonic clock that correspond to the position 0. */
  start(): number
  /** Stops sending until the next {@link start}. Idempotent. */
  pause(): void
  /** Stops sending and reading for good. Idempotent. */
  close(): void
}

/** Milliseconds of playback for which units are read before they are due. */
const readAheadMs = 1_000
/** Bytes of units that wait to be sent above which no further unit is read ahead. */
const maxWaitingBytes = 8 * 1024 * 1024
/** Milliseconds of overdue units that are sent at once after a stall; more than that delays the playback. */
const maxBurstMs = 1_000

/** Queue of units that were read from files, and wait to be sent. */
class UnitQueue {
  readonly #units: AsyncGenerator<DueUnit, void, void>
  readonly #waiting: DueUnit[] = []
  #bytes = 0
  isFinished = false

  constructor(units: AsyncGenerator<DueUnit, void, void>) {
    this.#units = units
  }

  get first(): DueUnit | undefined {
    return this.#waiting[0]
  }

  get last(): DueUnit | undefined {
    return this.#waiting.at(-1)
  }

  get isFull(): boolean {
    return this.#bytes > maxWaitingBytes
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Reads one unit more into the queue. @returns False if there is no further unit. */
  async fill(): Promise<boolean> {
    const { done, value } = await this.#units.next()
    if (done || !value) {
      this.isFinished = true
      return false
    }
    this.#waiting.push(value)
    this.#bytes += bytesOf(value)
    return true
  }

  shift(): DueUnit | undefined {
    const due = this.#waiting.shift()
    if (due) this.#bytes -= bytesOf(due)
    return due
  }

  /** Drops the units that wait, and ends the reading with the next unit. */
  close(): void {
    this.#waiting.length = 0
    this.isFinished = true
    void this.#units.return().catch(() => {})
  }
}

const bytesOf = ({ unit }: DueUnit): number =>
  unit.parts.reduce((sum, { length }) => sum + length, 0)

/**
 * Sends each unit at its `dueMs`, with about a second of units read ahead. One timer serves all, at absolute times, so
 * that nothing drifts.
 */
export class PacedSender implements UnitSender {
  readonly #options: UnitSenderOptions
  readonly #onShifted: (originMs: number) => void
  readonly #queue: UnitQueue
  #originMs: number | undefined
  #heldMs = 0
  #endMs = 0
  #timer: ClockTimer | undefined
  #isFilling = false
  #isClosed = false

  /** @param onShifted - Called when a stall was skipped: position 0 has moved to `originMs` of the clock. */
  constructor(options: UnitSenderOptions, onShifted: (originMs: number) => void) {
    this.#options = options
    this.#onShifted = onShifted
    this.#queue = new UnitQueue(options.units)
  }

  get positionMs(): number {
    return this.#originMs === undefined ? this.#heldMs : this.#options.clock.now() - this.#originMs
  }

  get next(): DueUnit | undefined {
    return this.#queue.first
  }

  async prepare(): Promise<DueUnit | undefined> {
    await this.#queue.fill()
    return this.#queue.first
  }

  start(): number {
    const originMs = this.#originMs ?? this.#options.clock.now() - this.#heldMs
    if (this.#isClosed) return originMs
    this.#originMs = originMs
    this.#fill()
    this.#arm()
    return originMs
  }

  pause(): void {
    this.#heldMs = this.positionMs
    this.#originMs = undefined
    this.#timer?.cancel()
    this.#timer = undefined
  }

  close(): void {
    this.pause()
    this.#isClosed = true
    this.#queue.close()
  }

  #fill(): void {
    if (this.#isFilling) return
    this.#isFilling = true
    this.#readAhead().then(
      () => {
        this.#isFilling = false
      },
      (error: unknown) => {
        if (!this.#isClosed) this.#options.failed(error)
      },
    )
  }

  async #readAhead(): Promise<void> {
    while (!this.#isClosed && !this.#queue.isFinished && this.#wantsMore) {
      await this.#queue.fill()
      // All that waited before may have been sent meanwhile.
      if (!this.#timer) this.#arm()
    }
  }

  get #wantsMore(): boolean {
    const aheadMs = (this.#queue.last?.dueMs ?? 0) - this.positionMs
    return this.#queue.isEmpty || (aheadMs < readAheadMs && !this.#queue.isFull)
  }

  #arm(): void {
    if (this.#originMs === undefined || this.#isClosed) return
    this.#timer?.cancel()
    const { first, isFinished } = this.#queue
    if (!first && !isFinished) return
    const dueMs = first?.dueMs ?? this.#endMs
    this.#timer = this.#options.clock.schedule(this.#tick, dueMs - this.positionMs, false)
  }

  readonly #tick = (): void => {
    this.#timer = undefined
    this.#skipStall()
    const { positionMs } = this
    for (let { first } = this.#queue; first; first = this.#queue.first) {
      if (first.dueMs > positionMs + 0.01) break
      this.#options.reached(first)
      if (this.#isClosed || this.#originMs === undefined) return
      this.#queue.shift()
      this.#endMs = Math.max(this.#endMs, first.endMs)
      this.#options.send(first)
      if (this.#isClosed || this.#originMs === undefined) return
    }
    this.#fill()
    if (this.#queue.isEmpty && this.#queue.isFinished && this.positionMs >= this.#endMs - 0.01) {
      this.close()
      this.#options.ended()
    } else this.#arm()
  }

  /** Delays the playback after a stall, so that the viewer is not sent more than a second at once. */
  #skipStall(): void {
    const { first } = this.#queue
    const lateMs = first ? this.positionMs - first.dueMs : 0
    if (lateMs <= maxBurstMs || this.#originMs === undefined) return
    this.#originMs += lateMs - maxBurstMs
    this.#onShifted(this.#originMs)
  }
}

/** Maximum bytes that are sent in one turn of the event loop. */
const maxTurnBytes = 64 * 1024

/** Sends units as fast as the transport accepts them (ONVIF `Rate-Control: no`). */
export class UnpacedSender implements UnitSender {
  readonly #options: UnitSenderOptions
  readonly #drained: () => Promise<void>
  readonly #queue: UnitQueue
  #lastDueMs = 0
  #isRunning = false
  #isLooping = false
  #isClosed = false
  #turn: { readonly timer: ClockTimer; readonly resolve: () => void } | undefined

  /** @param drained - Resolves when the viewer has received nearly everything. */
  constructor(options: UnitSenderOptions, drained: () => Promise<void>) {
    this.#options = options
    this.#drained = drained
    this.#queue = new UnitQueue(options.units)
  }

  get positionMs(): number {
    return this.#lastDueMs
  }

  get next(): DueUnit | undefined {
    return this.#queue.first
  }

  async prepare(): Promise<DueUnit | undefined> {
    await this.#queue.fill()
    return this.#queue.first
  }

  start(): number {
    this.#isRunning = true
    if (!this.#isLooping && !this.#isClosed) {
      this.#isLooping = true
      this.#loop().then(
        (isOver) => {
          this.#isLooping = false
          if (isOver && !this.#isClosed) {
            this.close()
            this.#options.ended()
          } else if (this.#isRunning && !this.#isClosed) this.start()
        },
        (error: unknown) => {
          if (!this.#isClosed) this.#options.failed(error)
        },
      )
    }
    return this.#options.clock.now() - this.#lastDueMs
  }

  pause(): void {
    this.#isRunning = false
  }

  close(): void {
    this.#isRunning = false
    this.#isClosed = true
    this.#turn?.timer.cancel()
    this.#turn?.resolve()
    this.#queue.close()
  }

  /** Sends units until the end or a pause. @returns True when everything has been sent. */
  async #loop(): Promise<boolean> {
    let sentBytes = maxTurnBytes
    while (this.#isRunning) {
      if (sentBytes >= maxTurnBytes) {
        await this.#nextTurn()
        await this.#drained()
        sentBytes = 0
        // The playback may have been paused meanwhile.
        continue
      }
      if (this.#queue.isEmpty && !(await this.#queue.fill())) return true
      if (!this.#isRunning) return false
      if (this.#queue.first) this.#options.reached(this.#queue.first)
      // The call may have paused or closed the sender.
      if (!this.#isRunning) return false
      const due = this.#queue.shift()
      if (!due) continue
      this.#lastDueMs = due.dueMs
      sentBytes += bytesOf(due)
      this.#options.send(due)
    }
    return false
  }

  async #nextTurn(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#turn = { timer: this.#options.clock.schedule(resolve, 0, false), resolve }
    })
    this.#turn = undefined
  }
}
