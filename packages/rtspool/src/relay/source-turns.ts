import type { Clock } from '../clock.js'
import type { RelayFailure } from './failure.js'
import { FinalFailures } from './final-failures.js'
import type { ResolvedRelaySource } from './relay-options.js'

/**
 * Decides which source of a relay is tried next. In each round, all sources have one turn; a source that has refused the
 * credentials is skipped.
 */
export class SourceTurns {
  /** Milliseconds from a final failure of a source to its next turn; 0 = it has none. */
  retryMs: number
  readonly #finals: FinalFailures
  #sources: readonly ResolvedRelaySource[]
  /** Position in the list of the source that is used or tried, from 0. */
  #rank = 0
  /** Number of sources tried or skipped in this round. */
  #taken = 0

  /** @param sources - Sources in the order of preference, at least one. */
  constructor(sources: readonly ResolvedRelaySource[], clock: Clock, retryMs: number) {
    this.#sources = sources
    this.retryMs = retryMs
    this.#finals = new FinalFailures(clock)
  }

  get sources(): readonly ResolvedRelaySource[] {
    return this.#sources
  }

  get first(): ResolvedRelaySource {
    return this.#sources[0] as ResolvedRelaySource
  }

  /** Source that is used or tried. */
  get present(): ResolvedRelaySource {
    return this.#sources[this.#rank] ?? this.first
  }

  /** True unless all sources have refused the credentials less than {@link retryMs} ago. */
  get isAnyFree(): boolean {
    return this.#sources.some((each) => !this.#isLocked(each))
  }

  /** Milliseconds until the first source is worth another attempt; 0 = now, Infinity = never. */
  get firstWaitMs(): number {
    return this.#finals.waitMsOf(this.first, this.retryMs)
  }

  /** Uses other sources, from the first one on. */
  replace(sources: readonly ResolvedRelaySource[]): void {
    this.#sources = sources
    this.#rank = 0
    this.forgive()
  }

  /** Begins a new round, in which each source has a turn, whatever its failures are. */
  forgive(): void {
    this.#finals.clear()
    this.endRound()
  }

  /** Ends the round: a delay begins, or nobody needs the stream any more. */
  endRound(): void {
    this.#taken = 0
  }

  /** Takes the turn of the present source, or of the next one if the present source has refused the credentials. */
  take(): ResolvedRelaySource {
    if (this.#isLocked(this.present)) this.moveOn()
    this.#taken++
    return this.present
  }

  /** Notes the end of a connection to a source, or of an attempt to connect. */
  noteFailure(source: ResolvedRelaySource, failure: RelayFailure): void {
    this.#finals.note(source, failure)
  }

  /** Notes that packets of the present source arrive. The next turns are those of a new round. */
  noteArrival(): void {
    this.#finals.forget(this.present)
    this.endRound()
  }

  /** Notes that the first source has replaced the present one. */
  returnToFirst(): void {
    this.#rank = 0
  }

  /**
   * Moves on to the next source that has not refused the credentials.
   *
   * @returns True if that source has a turn in this round; false if the round is over.
   */
  moveOn(): boolean {
    const { length } = this.#sources
    const others = this.#sources.map((_, index) => (this.#rank + 1 + index) % length)
    const skipped = others.findIndex((rank) => this.#isFree(rank))
    this.#rank = others[Math.max(0, skipped)] ?? 0
    if (skipped === -1) return false
    this.#taken += skipped
    return length > 1 && this.#taken < length
  }

  #isFree(rank: number): boolean {
    const source = this.#sources[rank]
    return source !== undefined && !this.#isLocked(source)
  }

  #isLocked(source: ResolvedRelaySource): boolean {
    return this.#finals.isLocked(source, this.retryMs)
  }
}
