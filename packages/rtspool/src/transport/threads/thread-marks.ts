import { entryKinds } from './entries.js'
import type { SendThread } from './send-thread.js'

interface Mark {
  readonly thread: SendThread
  /**
   * Position in the thread's ring behind the entry that marks the end of the awaited entries. `undefined` = this entry
   * waits for room.
   */
  end: number | undefined
  readonly passed: () => void
}

/** Table of functions to call once a send thread has handled all entries (messages to it) that were written before. */
export class ThreadMarks {
  readonly #marks = new Set<Mark>()

  /**
   * Calls a function when a thread has handled all entries written so far, and the reports about them are read. Calls
   * the function also when the thread has failed or ended.
   */
  whenPassed(thread: SendThread, passed: () => void): void {
    const mark: Mark = { thread, end: undefined, passed }
    this.#marks.add(mark)
    thread.control(entryKinds.mark, 0, 0, {
      onEntered: (end) => {
        mark.end = end
      },
    })
  }

  /**
   * Calls the waiting functions whose awaited entries a thread has handled. Call it when the thread has handled further
   * entries.
   */
  advanced(thread: SendThread): void {
    for (const mark of this.#marks) {
      if (mark.thread === thread && mark.end !== undefined && thread.hasPassed(mark.end))
        this.#call(mark)
    }
  }

  /** Calls all functions that wait for a thread, because the thread sends no more, and handles no entries. */
  stopped(thread: SendThread): void {
    for (const mark of this.#marks) if (mark.thread === thread) this.#call(mark)
  }

  #call(mark: Mark): void {
    this.#marks.delete(mark)
    mark.passed()
  }
}
