import { randomUUID } from 'node:crypto'
import type { Clock } from 'rtspool'
import type { Spell } from '../faults.js'
import { type MotionChange, nextMotion } from './motion.js'

/** Maximum number of event subscriptions (pull points) at a time, as small cameras limit them. */
export const maxPullPoints = 20
/** Maximum number of changes that a subscription keeps until its client fetches them; older ones are dropped. */
const maxKept = 100

/** Message to a client: a change of the motion, or its present state (`isFirst`). */
export interface MotionMessage extends MotionChange {
  readonly isFirst: boolean
}

/** Life of a subscription (ONVIF core specification section 9.1). */
export interface PullPointLife {
  readonly lifetimeMs: number
  /** True if the client has named a point in time: only Renew moves it, not a pull. */
  readonly isFixed: boolean
}

/** Subscription of one client, which fetches its messages itself. Each pull prolongs a life that is not fixed. */
export class PullPoint {
  readonly id = randomUUID()
  readonly #clock: Clock
  readonly #motion: Spell
  readonly #bornMs: number
  readonly #bornUnixMs: number
  #life: PullPointLife
  #expiresMs: number
  /** Number of pulls that wait for a message. */
  #waiting = 0
  /** Milliseconds since the beginning up to which messages have been fetched. */
  #seenMs = 0
  /** True if the next message tells the present state of the motion. */
  #isStateWanted = true
  #wake: (() => void) | undefined

  constructor(clock: Clock, motion: Spell, life: PullPointLife) {
    this.#clock = clock
    this.#motion = motion
    this.#bornMs = clock.now()
    this.#bornUnixMs = clock.unixTimeMs()
    this.#life = life
    this.#expiresMs = this.#bornMs + life.lifetimeMs
  }

  get isExpired(): boolean {
    const isKept = this.#waiting > 0 && !this.#life.isFixed
    return !isKept && this.#clock.now() >= this.#expiresMs
  }

  /** Time in milliseconds since 1970 at which the subscription ends, on the wall clock. */
  get expiresUnixMs(): number {
    return this.#clock.unixTimeMs() + this.#expiresMs - this.#clock.now()
  }

  renew(life: PullPointLife): void {
    this.#life = life
    this.#expiresMs = this.#clock.now() + life.lifetimeMs
  }

  /** Returns the wall-clock time of a message in milliseconds since 1970. */
  unixMsOf({ atMs }: MotionChange): number {
    return this.#bornUnixMs + atMs
  }

  /**
   * Waits until there is a message, or `waitMs` is over, and fetches up to `limit` messages. The first one is the
   * present state of the motion. A second call ends the wait of the first.
   *
   * @param signal - Aborts when the client has left. The call then fetches nothing.
   */
  async pull(waitMs: number, limit: number, signal: AbortSignal): Promise<MotionMessage[]> {
    this.#wake?.()
    const untilNextMs = this.#bornMs + this.#nextMs() - this.#clock.now()
    this.#waiting++
    await this.#pause(Math.min(waitMs, untilNextMs), signal)
    this.#waiting--
    if (!this.#life.isFixed) this.renew(this.#life)
    return signal.aborted ? [] : this.#fetch(limit)
  }

  /** Makes the next message tell the present state of the motion, as the first one does. */
  repeatState(): void {
    this.#isStateWanted = true
    this.#wake?.()
  }

  /** Ends the wait of a {@link pull} that is under way. */
  close(): void {
    this.#wake?.()
  }

  #nextMs(): number {
    return this.#isStateWanted ? 0 : nextMotion(this.#motion, this.#seenMs).atMs
  }

  #fetch(limit: number): MotionMessage[] {
    const ageMs = this.#clock.now() - this.#bornMs
    const messages: MotionMessage[] = []
    if (this.#isStateWanted) {
      this.#isStateWanted = false
      this.#seenMs = ageMs
      const { isMoving } = nextMotion(this.#motion, ageMs)
      messages.push({ atMs: ageMs, isMoving: !isMoving, isFirst: true })
    }
    const { seconds, atSeconds } = this.#motion
    const keptMs = (maxKept / 2) * (seconds + atSeconds) * 1000
    this.#seenMs = Math.max(this.#seenMs, ageMs - keptMs)
    while (messages.length < limit) {
      const change = nextMotion(this.#motion, this.#seenMs)
      if (change.atMs > ageMs) break
      this.#seenMs = change.atMs
      messages.push({ ...change, isFirst: false })
    }
    return messages
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    if (ms <= 0 || signal.aborted) return
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        timer.cancel()
        signal.removeEventListener('abort', wake)
        if (this.#wake === wake) this.#wake = undefined
        resolve()
      }
      const timer = this.#clock.schedule(wake, ms, false)
      signal.addEventListener('abort', wake)
      this.#wake = wake
    })
  }
}

/** Event subscriptions (pull points) of all cameras. Expired ones are removed when another is created or looked for. */
export class PullPoints {
  readonly #clock: Clock
  readonly #points = new Map<string, PullPoint>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @returns `undefined` if there are too many. */
  create(motion: Spell, life: PullPointLife): PullPoint | undefined {
    this.#removeExpired()
    if (this.#points.size >= maxPullPoints) return undefined
    const point = new PullPoint(this.#clock, motion, life)
    this.#points.set(point.id, point)
    return point
  }

  find(id: string): PullPoint | undefined {
    this.#removeExpired()
    return this.#points.get(id)
  }

  remove(point: PullPoint): void {
    point.close()
    this.#points.delete(point.id)
  }

  close(): void {
    for (const point of this.#points.values()) this.remove(point)
  }

  #removeExpired(): void {
    for (const point of this.#points.values()) if (point.isExpired) this.remove(point)
  }
}
