import { createHmac, randomBytes } from 'node:crypto'
import type { Clock, LoginAnswer } from 'rtspool'

const maxAnswers = 10_000

/**
 * Remembers answers for a time, by the HMAC of their questions: no credentials are kept. Beyond
 * 10,000 answers the oldest are forgotten.
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

  /** Returns the key of a question: all that its answer depends on. */
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

  /** @param seconds - Time for which the answer holds; 0 = it replaces an older one, and is not kept. */
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
