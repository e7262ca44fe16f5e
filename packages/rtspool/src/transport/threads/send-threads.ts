import { Duplicates, type ThreadCalls } from './duplicates.js'
import { maxSlots } from './entries.js'
import type { SendThread } from './send-thread.js'
import { ThreadMarks } from './thread-marks.js'
import { ThreadPool, type ThreadPoolOptions } from './thread-pool.js'
import { type MediaReports, ThreadReports } from './thread-reports.js'
import { WriteTokens } from './write-tokens.js'

export interface SendThreadsOptions extends ThreadPoolOptions {
  readonly calls: ThreadCalls
  /** Minimum number of viewers in a group to whom threads send. */
  readonly handOverFrom: number
  /** Called with the reason when a send thread has failed. */
  readonly onFailure?: ((error: Error) => void) | undefined
}

/**
 * Send threads of one server. The event loop decides everything; a thread sends as told, in order.
 *
 * ```text
 *              ┌─ tokens      who may write to a connection
 * SendThreads ─┼─ reports     bytes and packets that threads have not sent
 *              ├─ duplicates  descriptors of the threads
 *              └─ pool        starts threads, and ends those that stand still
 * ```
 *
 * Bench: bench/threads.
 */
export class SendThreads {
  /**
   * Number that changes with the state of any connection or thread. A group that sees a new number decides again about
   * the thread of each viewer.
   */
  version = 0
  readonly handOverFrom: number
  /** Right to write to each connection, which the event loop or a thread has, by the connection's slot. */
  readonly tokens: WriteTokens
  readonly #splitFrom: number
  readonly #pool: ThreadPool
  readonly #marks = new ThreadMarks()
  readonly #duplicates: Duplicates
  readonly #reports: ThreadReports
  readonly #onFailure: ((error: Error) => void) | undefined

  constructor(options: SendThreadsOptions) {
    this.handOverFrom = options.handOverFrom
    this.#splitFrom = options.splitFrom
    this.#onFailure = options.onFailure
    const written = new SharedArrayBuffer((options.sizes?.slots ?? maxSlots) * 4)
    this.#duplicates = new Duplicates(options.calls, this.#marks)
    this.tokens = new WriteTokens(
      written,
      this.#duplicates,
      () => this.#pool.withRoom(),
      () => this.version++,
    )
    this.#reports = new ThreadReports(this.tokens, this.#marks)
    this.#pool = new ThreadPool(options, written, {
      reported: (thread, report) => this.#reports.reported(thread, report),
      advanced: (thread) => this.#advanced(thread),
      changed: () => this.version++,
      stopped: (thread, error) => this.#stopped(thread, error),
      ended: (thread) => this.#duplicates.ended(thread),
    })
  }

  /** The threads that send at present. */
  get threads(): readonly SendThread[] {
    return this.#pool.threads
  }

  /**
   * Registers a group of viewers, until {@link forgetGroup}.
   *
   * @returns Number of the group, with which entries and reports name the group.
   */
  registerGroup(reports: MediaReports): number {
    return this.#reports.register(reports)
  }

  /**
   * Forgets a group of viewers, as soon as no thread can report about it: when all have handled the entries written so
   * far.
   */
  forgetGroup(group: number): void {
    this.#reports.forget(group, this.threads)
  }

  /**
   * Duplicates a descriptor for a thread; -1 = the process has too many descriptors. Close it with
   * {@link closeDuplicate}.
   */
  duplicate(descriptor: number): number {
    return this.#duplicates.open(descriptor)
  }

  /**
   * Closes a duplicated descriptor when its thread has handled all entries (messages to the thread) written so far, or
   * has ended.
   */
  closeDuplicate(thread: SendThread, descriptor: number): void {
    this.#duplicates.close(thread, descriptor, this.threads.includes(thread))
  }

  /**
   * Returns the thread for a further viewer of a group. A group uses one thread for each
   * `splitFrom` viewers, and another one only when those have as many.
   *
   * @param shares - The threads of the group, and the viewers of the group that each serves.
   * @param viewers - Number of viewers of the group that threads can serve.
   * @returns `undefined` until all threads can send.
   */
  threadFor(
    shares: readonly { readonly thread: SendThread; readonly members: { readonly size: number } }[],
    viewers: number,
  ): SendThread | undefined {
    const isKnown = (thread: SendThread): boolean => shares.some((one) => one.thread === thread)
    const room = Math.floor(viewers / this.#splitFrom) - shares.length
    const isFilled = shares.every(({ members }) => members.size >= this.#splitFrom)
    const another =
      shares.length === 0 || (room > 0 && isFilled)
        ? this.#pool.withRoom((thread) => !isKnown(thread))
        : undefined
    return another ?? this.#pool.leastLoaded(isKnown) ?? this.#pool.withRoom()
  }

  /** Starts the threads now, and not when the first group needs them. Resolves when they can send, or have failed. */
  start(): Promise<void> {
    return this.#pool.start()
  }

  /** Reads the reports that threads have written so far, and passes them to groups and connections. */
  collect(): void {
    this.#pool.collect()
  }

  /**
   * Ends all threads. Call this when the event loop has the right to write to all open connections again. Idempotent.
   */
  close(): Promise<void> {
    return this.#pool.close()
  }

  #advanced(thread: SendThread): void {
    this.#reports.advanced()
    this.#marks.advanced(thread)
    this.tokens.advanced(thread)
  }

  #stopped(thread: SendThread, error: Error | undefined): void {
    const orphans = this.#duplicates.stopped(thread)
    this.#reports.stopped(thread)
    this.#marks.stopped(thread)
    this.tokens.stopped(thread, orphans)
    if (error) this.#onFailure?.(error)
  }
}
