import { entryKinds, reportKinds } from './entries.js'
import type { SendThread } from './send-thread.js'
import { type RingEntry, ringEntry } from './shared-ring.js'
import type { ThreadMarks } from './thread-marks.js'
import type { WriteTokens } from './write-tokens.js'

/** Receiver of the reports that send threads write about unsent packets of one group of viewers. */
export interface MediaReports {
  /**
   * Called when a thread has not sent all bytes of an entry to a viewer.
   *
   * @param slot - Slot of the viewer's connection.
   * @param media - Object given to {@link SendThread.reserve} with the entry.
   * @param frames - The entry's bytes: a copy, shared by the reports about one entry.
   * @param sentBytes - Number of bytes of `frames` that were sent.
   * @returns `false` if the rest of `frames` must be written to the viewer's stream.
   */
  notSent(slot: number, media: unknown, frames: Buffer, sentBytes: number): boolean
  /** Handles a report about UDP destinations of the group; see {@link reportKinds}. Absent in groups over TCP. */
  reported?(thread: SendThread, report: RingEntry): void
  /** Called when a thread has failed or ended, before its unsent media are forgotten. Absent in groups over TCP. */
  threadStopped?(thread: SendThread): void
}

/** Passes the reports of send threads to the groups of viewers, and unsent bytes to the owners of connections. */
export class ThreadReports {
  readonly #tokens: WriteTokens
  readonly #marks: ThreadMarks
  readonly #groups = new Map<number, MediaReports>()
  #nextGroup = 1
  readonly #entry = ringEntry()
  #copy:
    | { readonly thread: SendThread; readonly position: number; readonly bytes: Buffer }
    | undefined

  constructor(tokens: WriteTokens, marks: ThreadMarks) {
    this.#tokens = tokens
    this.#marks = marks
  }

  /**
   * Registers a group of viewers, until {@link forget}.
   *
   * @returns Number of the group, with which entries and reports name the group.
   */
  register(reports: MediaReports): number {
    const group = this.#nextGroup
    this.#nextGroup = group === 0x7fffffff ? 1 : group + 1
    this.#groups.set(group, reports)
    return group
  }

  /**
   * Forgets a group of viewers, as soon as no thread can report about it: when all have handled the entries written so
   * far.
   *
   * @param threads - All threads that send at present.
   */
  forget(group: number, threads: readonly SendThread[]): void {
    const left = new Set(threads)
    if (left.size === 0) this.#groups.delete(group)
    for (const thread of left) {
      this.#marks.whenPassed(thread, () => {
        left.delete(thread)
        if (left.size === 0) this.#groups.delete(group)
      })
    }
  }

  /**
   * Handles a report of a thread: passes it to its group, or unsent bytes to the owner of their connection.
   *
   * @param report - Valid during the call only.
   */
  reported(thread: SendThread, report: RingEntry): void {
    if (report.kind !== reportKinds.back) {
      this.#groups.get(report.id)?.reported?.(thread, report)
      return
    }
    const { id: slot, argument: position } = report
    const token = this.#tokens.of(slot)
    if (!token || token.thread !== thread) return
    this.#tokens.takeBack(slot)
    if (token.isClosing) return
    const sentBytes = thread.reportValue(report, 0)
    const entry = this.#entry
    thread.entryAt(position, entry)
    const media = thread.mediaOf(position)
    const frames = media instanceof Buffer ? media : this.#copyOf(thread, entry)
    token.isWritingBack = true
    const isDone =
      entry.kind === entryKinds.send &&
      this.#groups.get(entry.id)?.notSent(slot, media, frames, sentBytes)
    if (!isDone) token.owner.writeBack(frames.subarray(sentBytes), undefined)
    token.isWritingBack = false
  }

  /**
   * Drops the copy of an entry's bytes that its reports share. Call it when all waiting reports have been read: later
   * ones are about other entries.
   */
  advanced(): void {
    this.#copy = undefined
  }

  /** Tells the groups of viewers that a thread sends no more. */
  stopped(thread: SendThread): void {
    for (const group of this.#groups.values()) group.threadStopped?.(thread)
  }

  #copyOf(thread: SendThread, { offset, argument, start }: RingEntry): Buffer {
    const known = this.#copy
    if (known?.thread === thread && known.position === start) return known.bytes
    const bytes = Buffer.from(thread.bytes.subarray(offset, offset + argument))
    this.#copy = { thread, position: start, bytes }
    return bytes
  }
}
