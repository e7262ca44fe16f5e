import type { SendThread } from './send-thread.js'
import type { ThreadMarks } from './thread-marks.js'

/** Native calls that the event loop needs for send threads. */
export interface ThreadCalls {
  /**
   * Duplicates a descriptor.
   *
   * @returns The duplicate, which the caller owns; -1 if the process has too many descriptors.
   */
  duplicate(descriptor: number): number
  close(descriptor: number): void
}

/**
 * Duplicates of socket descriptors, on which send threads send. A duplicate is closed only when its thread cannot use
 * it any more: the thread has handled the last entry for it, or has ended.
 */
export class Duplicates {
  readonly #calls: ThreadCalls
  readonly #marks: ThreadMarks
  /**
   * Duplicated descriptors of send threads that send no more and have not ended yet, by thread. A thread may still use
   * them.
   */
  readonly #orphans = new Map<SendThread, number[]>()

  constructor(calls: ThreadCalls, marks: ThreadMarks) {
    this.#calls = calls
    this.#marks = marks
  }

  /**
   * Duplicates a descriptor for a thread; -1 = the process has too many descriptors. Close the duplicate with
   * {@link close} or {@link closeNow}.
   */
  open(descriptor: number): number {
    return this.#calls.duplicate(descriptor)
  }

  /** Closes a duplicated descriptor at once: its thread has handled all entries for it, and no longer uses it. */
  closeNow(descriptor: number): void {
    this.#calls.close(descriptor)
  }

  /**
   * Closes a duplicated descriptor when its thread has handled all entries (messages to the thread) written so far, or
   * has ended.
   *
   * @param isRunning - False if the thread sends no more.
   */
  close(thread: SendThread, descriptor: number, isRunning: boolean): void {
    if (this.#adopt(thread, descriptor)) return
    if (!isRunning) {
      this.#calls.close(descriptor)
      return
    }
    this.#marks.whenPassed(thread, () => {
      if (!this.#adopt(thread, descriptor)) this.#calls.close(descriptor)
    })
  }

  /**
   * Begins to keep the duplicated descriptors of a thread that sends no more open, until {@link ended}: the thread may
   * still be in a call.
   *
   * @returns List to which the caller adds duplicates of the thread.
   */
  stopped(thread: SendThread): number[] {
    const orphans: number[] = []
    this.#orphans.set(thread, orphans)
    return orphans
  }

  /** Closes the duplicated descriptors that were kept open for a thread, because it has ended. */
  ended(thread: SendThread): void {
    for (const descriptor of this.#orphans.get(thread) ?? []) this.#calls.close(descriptor)
    this.#orphans.delete(thread)
  }

  /**
   * Keeps a duplicated descriptor open, if its thread sends no more but has not ended.
   *
   * @returns `false` for a running thread.
   */
  #adopt(thread: SendThread, descriptor: number): boolean {
    const orphans = this.#orphans.get(thread)
    orphans?.push(descriptor)
    return orphans !== undefined
  }
}
