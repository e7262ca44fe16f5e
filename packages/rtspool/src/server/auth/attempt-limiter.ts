import type { Clock, ClockTimer } from '../../clock.js'
import { RequestError } from '../../errors.js'
import { hostOf } from '../../host-of.js'

/** Limits on the rate at which clients may try credentials. */
export interface AttemptLimits {
  /** Number of wrong attempts of one host in a row that are checked without waiting. */
  readonly burst: number
  /** Number of further wrong attempts of one host that are checked each minute. */
  readonly perMinute: number
  /**
   * Mean delay in milliseconds of the response to a wrong attempt; the delay varies by half of this
   * value.
   */
  readonly delayMs: number
  /**
   * Maximum number of requests, over all hosts, that may wait at a time; a further one is refused.
   * `maxWaitingPerHost` is the limit for one host.
   */
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

/**
 * Ends the wait of one request: with `true` if its time is over, with `false` if the connection or the server has
 * closed. Further calls do nothing.
 */
type Done = (isOver: boolean) => void

/** Remaining attempts of one host to send credentials, and the requests that wait for one. */
interface Bucket {
  attempts: number
  refilledAt: number
  readonly queue: Set<Done>
  /**
   * Number of requests of this host that wait: for an attempt to send credentials, or for the delayed response to a
   * wrong one.
   */
  waiting: number
  timer: ClockTimer | undefined
}

const msPerMinute = 60_000
/** Number of remembered hosts above which hosts without recent wrong attempts are removed. */
const minSweepSize = 1024

/**
 * Slows down the guessing of passwords, without locking anybody out. Each wrong attempt uses up one
 * attempt of its host. A host that has no attempts left must wait for the next one.
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

  /**
   * Number of requests of all hosts that wait at the moment: for an attempt, or for the delayed response to a wrong
   * attempt.
   */
  get waiting(): number {
    return this.#waiting
  }

  /** Number of remembered hosts, each of which has sent wrong credentials lately. */
  get hosts(): number {
    return this.#buckets.size
  }

  /**
   * Uses up one of a host's attempts to send credentials, or waits for the next one. If the credentials were right,
   * the caller must return the attempt by {@link giveBack}.
   *
   * @param address - Address of the client, or a key for attempts that are counted apart from those of a host.
   * @param signal - Returns a signal that ends the wait when it aborts; called only before a wait.
   * @returns `undefined` if the caller may check the credentials at once. Otherwise a promise: `true` after the wait,
   *   `false` if the connection or the server closes.
   * @throws {RequestError} `ERR_TOO_MANY_ATTEMPTS` if too many requests wait already.
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

  /**
   * Delays the response to a wrong attempt. Does not wait if too many requests wait already.
   *
   * @param random - Number from 0 to below 1 that varies the delay: 0.5 to 1.5 times `delayMs`.
   * @param signal - Returns a signal that ends the delay early when it aborts.
   */
  async holdBack(address: string, random: number, signal: () => AbortSignal): Promise<void> {
    const bucket = this.#bucketOf(hostOf(address))
    if (this.#isClosed || this.#isFull(bucket)) return
    const { delayMs } = this.#limits
    await this.#wait(bucket, signal(), (done) => {
      const timer = this.#clock.schedule(() => done(true), delayMs * (0.5 + random), false)
      return () => timer.cancel()
    })
  }

  /** Ends the waits of all requests with `false`, because the server closes. */
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

  /**
   * Waits until the function that `start` receives is called. Ends early when the connection or the
   * server closes.
   *
   * @param start - Returns a function that is called when the wait ends.
   * @returns `true` after the wait, `false` if it ended early.
   */
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

  /**
   * Continues as many waiting requests, in order of arrival, as their host has attempts left. If
   * requests remain, sets a timer for the next attempt.
   */
  #serve(bucket: Bucket): void {
    this.#refill(bucket)
    for (const done of bucket.queue) {
      if (bucket.attempts < 1) break
      bucket.attempts--
      done(true)
    }
    if (bucket.queue.size === 0 || bucket.timer) return
    // Whole milliseconds: if the clock rounded the delay down to nothing, the rest would never run.
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

  /** Removes the hosts that have all their attempts to send credentials again, and so need no memory. */
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
