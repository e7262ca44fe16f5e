import type { SendThread } from './send-thread.js'
import type { ThreadMarks } from './thread-marks.js'

/** Native calls that the event loop needs for send threads. */
export interface ThreadCalls {
  /** Duplicates a descriptor. @returns The duplicate, which the caller owns; -1 if there are too many. */
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
  /** Duplicates of threads that send no more and have not ended yet. */
  readonly #orphans = new Map<SendThread, number[]>()

  constructor(calls: ThreadCalls, marks: ThreadMarks) {
    this.#calls = calls
    this.#marks = marks
  }

  /** Duplicates a descriptor for a thread; -1 = too many. Close the duplicate with {@link close} or {@link closeNow}. */
  open(descriptor: number): number {
    return this.#calls.duplicate(descriptor)
  }

  /** Closes a duplicate of whose entries the thread has handled all. */
  closeNow(descriptor: number): void {
    this.#calls.close(descriptor)
  }

  /**
   * Closes a duplicate when the thread has handled all entries written so far, or has ended.
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
   * Begins to keep the duplicates of a thread that sends no more, until {@link ended}: the thread may still be in a
   * call.
   *
   * @returns List to which the caller adds duplicates of the thread.
   */
  stopped(thread: SendThread): number[] {
    const orphans: number[] = []
    this.#orphans.set(thread, orphans)
    return orphans
  }

  /** Closes the duplicates of a thread that has ended. */
  ended(thread: SendThread): void {
    for (const descriptor of this.#orphans.get(thread) ?? []) this.#calls.close(descriptor)
    this.#orphans.delete(thread)
  }

  /** Keeps a duplicate of a thread that sends no more. @returns `false` for a running thread. */
  #adopt(thread: SendThread, descriptor: number): boolean {
    const orphans = this.#orphans.get(thread)
    orphans?.push(descriptor)
    return orphans !== undefined
  }
}
