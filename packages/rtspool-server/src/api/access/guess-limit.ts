import type { Clock } from 'rtspool'

/** Rate at which a client may try passwords: `burst` attempts at once, and `perMinute` further ones each minute. */
export interface GuessRate {
  /** Number of attempts that a client may make at once, after a time without attempts. */
  readonly burst: number
  readonly perMinute: number
}

interface Bucket {
  attempts: number
  filledAt: number
}

const maxBuckets = 10_000
const msPerMinute = 60_000

/**
 * Limits the rate of wrong passwords by a key, such as an address or a user name. The rate of one key does not affect
 * other keys.
 */
export class GuessLimit {
  readonly #clock: Clock
  readonly #rate: GuessRate
  readonly #buckets = new Map<string, Bucket>()

  constructor(clock: Clock, rate: GuessRate) {
    this.#clock = clock
    this.#rate = rate
  }

  /**
   * Uses up one attempt of a key, if the key has one left.
   *
   * @returns 0 if the password may be checked; otherwise the seconds until the next attempt.
   */
  take(key: string): number {
    const bucket = this.#bucketOf(key)
    if (bucket.attempts >= 1) {
      bucket.attempts--
      return 0
    }
    return Math.ceil(((1 - bucket.attempts) * 60) / this.#rate.perMinute)
  }

  /** Gives back one attempt of a key, after {@link take} was called for a password that proved right. */
  giveBack(key: string): void {
    this.#bucketOf(key).attempts++
  }

  #bucketOf(key: string): Bucket {
    const now = this.#clock.now()
    const { burst, perMinute } = this.#rate
    const bucket = this.#buckets.get(key) ?? { attempts: burst, filledAt: now }
    const earned = ((now - bucket.filledAt) * perMinute) / msPerMinute
    bucket.attempts = Math.min(burst, bucket.attempts + earned)
    bucket.filledAt = now
    // The least recently used one is first.
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > maxBuckets && oldest !== undefined) this.#buckets.delete(oldest)
    return bucket
  }
}
