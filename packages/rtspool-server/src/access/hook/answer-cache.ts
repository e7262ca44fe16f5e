import { createHmac, randomBytes } from 'node:crypto'
import type { Clock, LoginAnswer } from 'rtspool'

const maxAnswers = 10_000

/**
 * Caches the answers of a login hook for a limited time. The key of an answer is an HMAC of the login request, so that
 * no credentials are stored. Above 10,000 answers, the oldest are removed.
 */
export class AnswerCache {
  readonly #clock: Clock
  readonly #key = randomBytes(32)
  readonly #answers = new Map<string, { readonly answer: LoginAnswer; readonly until: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#answers.size
  }

  /**
   * Returns the cache key of a login request: an HMAC in base64 of all values on which the answer depends.
   *
   * @param facts - Values in a fixed order, such as action, path and credentials; `undefined` for an absent value.
   */
  keyOf(facts: readonly (string | undefined)[]): string {
    const text = JSON.stringify(facts.map((fact) => fact ?? null))
    return createHmac('sha256', this.#key).update(text).digest('base64')
  }

  find(key: string): LoginAnswer {
    const found = this.#answers.get(key)
    if (!found) return undefined
    if (found.until > this.#clock.now()) return found.answer
    this.#answers.delete(key)
    return undefined
  }

  /**
   * Stores the answer of the login hook under a key of {@link keyOf}.
   *
   * @param seconds - Time for which the answer is valid. With 0, the answer is not stored, and an older answer is
   *   removed.
   */
  note(key: string, answer: LoginAnswer, seconds: number): void {
    this.#answers.delete(key)
    if (seconds <= 0) return
    if (this.#answers.size >= maxAnswers) {
      const [oldest = ''] = this.#answers.keys()
      this.#answers.delete(oldest)
    }
    this.#answers.set(key, { answer, until: this.#clock.now() + seconds * 1000 })
  }

  clear(): void {
    this.#answers.clear()
  }
}
