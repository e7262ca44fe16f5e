import type { Clock, ClockTimer } from '../../clock.js'
import { RequestError } from '../../errors.js'
import { hostOf } from '../../host-of.js'

/** How fast credentials may be tried. */
export interface AttemptLimits {
  /** Wrong attempts of one host in a row that are looked at without waiting. */
  readonly burst: number
  /** Wrong attempts of one host a minute beyond that. */
  readonly perMinute: number
  /** Mean of the time that the answer to a wrong attempt is held back; it varies by half of it. */
  readonly delayMs: number
  /** Requests that may wait at the same time, of all hosts and of one. */
  readonly maxWaiting: number
  readonly maxWaitingPerHost: number
}

export const attemptLimits: AttemptLimits = Object.freeze({
  burst: 10,
  perMinute: 50,
  delayMs: 2000,
  maxWaiting: 1000,
  maxWaitingPerHost: 64,
})

/** Ends a wait; says whether it is over, or was broken off. Idempotent. */
type Done = (isOver: boolean) => void

/** What one host has left: attempts, and who waits for one. */
interface Bucket {
  attempts: number
  refilledAt: number
  readonly queue: Set<Done>
  /** Requests of this host that wait, for an attempt or for their answer. */
  waiting: number
  timer: ClockTimer | undefined
}

const msPerMinute = 60_000
/** Buckets that there may be before those that are full again are looked for. */
const minSweepSize = 1024

/**
 * Slows guessing down without locking anybody out: only wrong attempts cost something, each host pays for its own,
 * and whoever has no attempt left waits for the next one.
 */
export class AttemptLimiter {
  readonly #clock: Clock
  readonly #limits: AttemptLimits
  readonly #buckets = new Map<string, Bucket>()
  readonly #waits = new Set<Done>()
  #waiting = 0
  #sweepSize = minSweepSize
  #isClosed = false

  constructor(clock: Clock, limits: AttemptLimits = attemptLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Requests that wait at the moment. */
  get waiting(): number {
    return this.#waiting
  }

  /** Hosts that are remembered. */
  get hosts(): number {
    return this.#buckets.size
  }

  /**
   * Takes an attempt; to be given back when it was not wrong.
   *
   * @param address - Of the client; or any other text, for whoever has attempts apart from those of a host.
   * @returns A promise when the host has to wait for it: of `false` when the connection or the server closes.
   * @throws {RequestError} `ERR_TOO_MANY_ATTEMPTS` when too many wait already.
   */
  take(address: string, signal: () => AbortSignal): Promise<boolean> | undefined {
    const bucket = this.#bucketOf(hostOf(address))
    this.#refill(bucket)
    if (bucket.attempts >= 1 && bucket.queue.size === 0) {
      bucket.attempts--
      return undefined
    }
    return this.#queueUp(bucket, signal())
  }

  giveBack(address: string): void {
    const bucket = this.#bucketOf(hostOf(address))
    bucket.attempts++
    this.#serve(bucket)
  }

  /** Waits before a wrong attempt is answered. With too many that wait already, it is answered at once. */
  async holdBack(address: string, random: number, signal: () => AbortSignal): Promise<void> {
    const bucket = this.#bucketOf(hostOf(address))
    if (this.#isClosed || this.#isFull(bucket)) return
    const { delayMs } = this.#limits
    await this.#wait(bucket, signal(), (done) => {
      const timer = this.#clock.schedule(() => done(true), delayMs * (0.5 + random), false)
      return () => timer.cancel()
    })
  }

  /** Whoever waits need not any more: the server closes. */
  close(): void {
    this.#isClosed = true
    for (const done of [...this.#waits]) done(false)
    for (const { timer } of this.#buckets.values()) timer?.cancel()
  }

  #queueUp(bucket: Bucket, signal: AbortSignal): Promise<boolean> {
    if (this.#isClosed || this.#isFull(bucket)) {
      throw new RequestError(
        'ERR_TOO_MANY_ATTEMPTS',
        'too many requests with credentials wait already',
      )
    }
    const wait = this.#wait(bucket, signal, (done) => {
      bucket.queue.add(done)
      return () => void bucket.queue.delete(done)
    })
    this.#serve(bucket)
    return wait
  }

  #isFull(bucket: Bucket): boolean {
    return (
      this.#waiting >= this.#limits.maxWaiting || bucket.waiting >= this.#limits.maxWaitingPerHost
    )
  }

  /** Waits until `done` is called; breaks off when the connection or the server closes. */
  #wait(bucket: Bucket, signal: AbortSignal, start: (done: Done) => () => void): Promise<boolean> {
    this.#waiting++
    bucket.waiting++
    return new Promise((resolve) => {
      const breakOff = (): void => done(false)
      const done: Done = (isOver) => {
        if (!this.#waits.delete(done)) return
        stop()
        signal.removeEventListener('abort', breakOff)
        this.#waiting--
        bucket.waiting--
        resolve(isOver)
      }
      this.#waits.add(done)
      const stop = start(done)
      signal.addEventListener('abort', breakOff)
      if (signal.aborted) breakOff()
    })
  }

  /** Gives what there is to those who wait, in their order, and comes back for the rest. */
  #serve(bucket: Bucket): void {
    this.#refill(bucket)
    for (const done of bucket.queue) {
      if (bucket.attempts < 1) break
      bucket.attempts--
      done(true)
    }
    if (bucket.queue.size === 0 || bucket.timer) return
    // Whole milliseconds: a delay that is rounded away on the clock would never bring the rest.
    const delayMs = Math.ceil((1 - bucket.attempts) * (msPerMinute / this.#limits.perMinute))
    bucket.timer = this.#clock.schedule(
      () => {
        bucket.timer = undefined
        this.#serve(bucket)
      },
      delayMs,
      false,
    )
  }

  #refill(bucket: Bucket): void {
    const { burst, perMinute } = this.#limits
    const now = this.#clock.now()
    const earned = ((now - bucket.refilledAt) * perMinute) / msPerMinute
    bucket.attempts = Math.min(burst, bucket.attempts + earned)
    bucket.refilledAt = now
  }

  #bucketOf(host: string): Bucket {
    const known = this.#buckets.get(host)
    if (known) return known
    this.#sweep()
    const bucket: Bucket = {
      attempts: this.#limits.burst,
      refilledAt: this.#clock.now(),
      queue: new Set(),
      waiting: 0,
      timer: undefined,
    }
    this.#buckets.set(host, bucket)
    return bucket
  }

  /** Forgets the hosts that have all their attempts again. */
  #sweep(): void {
    if (this.#buckets.size < this.#sweepSize) return
    for (const [host, bucket] of this.#buckets) {
      this.#refill(bucket)
      const isIdle = bucket.waiting === 0 && bucket.attempts >= this.#limits.burst
      if (isIdle) this.#buckets.delete(host)
    }
    this.#sweepSize = Math.max(minSweepSize, this.#buckets.size * 2)
  }
}
