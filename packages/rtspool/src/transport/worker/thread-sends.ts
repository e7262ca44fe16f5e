import type { ThreadMemory } from '../threads/entries.js'
import { entryKinds, reportKinds } from '../threads/entries.js'
import { type RingEntry, ringEntry, SharedRing } from '../threads/shared-ring.js'

/** Functions with which {@link ThreadSends} sends and waits. */
export interface ThreadKernel {
  /**
   * Sends bytes from the memory of the ring of entries, as many as the kernel accepts at once.
   *
   * @param offset - Offset of the first byte in the ring's memory.
   * @returns Number of bytes sent; 0 or less = none.
   */
  send(descriptor: number, offset: number, sizeBytes: number): number
  /**
   * Called when the ring of reports is full. Tells the event loop, and blocks until reports are read, for a short time
   * at most.
   */
  waitForReader(reports: SharedRing): void
}

/** Handles the entries for UDP destinations. */
export interface DatagramEntries {
  /** Handles an entry about UDP destinations. @returns `false` for an entry of another kind, which is left alone. */
  handle(entry: RingEntry, ring: SharedRing): boolean
}

/**
 * Handles the entries that the event loop has written for one send thread, in order. Sends without
 * blocking, and reports entries that the kernel does not accept whole.
 *
 * ```text
 * entry ─▶ send ─┬─ all bytes ─▶ next entry
 *                └─ fewer ─────▶ report, and from then on a report for each entry of the slot, until `reopen`
 * ```
 *
 * It never waits for a connection: the event loop does, for the few that are slow.
 */
export class ThreadSends {
  readonly #entries: SharedRing
  readonly #reports: SharedRing
  readonly #written: Int32Array
  readonly #kernel: ThreadKernel
  readonly #datagrams: DatagramEntries | undefined
  readonly #descriptors: Int32Array
  /**
   * Flag by slot: 1 if the thread has given the right to write to the connection back to the event loop; 0 otherwise.
   */
  readonly #isBack: Uint8Array
  readonly #groups = new Map<number, number[]>()
  readonly #entry = ringEntry()
  /**
   * True if the event loop must be notified: of a report, or of a handled entry for which the event loop waits. The
   * reader sets the flag to false.
   */
  hasNews = false

  constructor(memory: ThreadMemory, kernel: ThreadKernel, datagrams?: DatagramEntries) {
    this.#entries = new SharedRing(memory.entries)
    this.#reports = new SharedRing(memory.reports)
    this.#written = new Int32Array(memory.written)
    this.#descriptors = new Int32Array(this.#written.length).fill(-1)
    this.#isBack = new Uint8Array(this.#written.length)
    this.#kernel = kernel
    this.#datagrams = datagrams
  }

  /**
   * Handles the next entry.
   *
   * @returns `false` if there is none, or if the entry ends the thread; see {@link hasEnded}.
   */
  take(): boolean {
    const entry = this.#entry
    if (!this.#entries.read(entry)) return false
    if (entry.kind === entryKinds.quit) this.hasEnded = true
    else if (!this.#datagrams?.handle(entry, this.#entries)) this.#handle(entry)
    this.#entries.advance(entry)
    return !this.hasEnded
  }

  /** True once the entry `quit` has been handled, by which the event loop ends the thread. */
  hasEnded = false

  /** Blocks the thread until the event loop has written an entry. @param timeoutMs - Maximum time in milliseconds. */
  sleep(timeoutMs: number): void {
    this.#entries.sleep(timeoutMs)
  }

  /**
   * Writes a report for the event loop; see {@link reportKinds}. Blocks while the ring of reports is full.
   *
   * @param values - Signed 32-bit numbers of the payload.
   */
  report(kind: number, id: number, argument: number, ...values: number[]): void {
    const reports = this.#reports
    this.hasNews = true
    for (;;) {
      reports.free(reports.handled)
      const offset = reports.reserve(kind, id, argument, values.length * 4)
      if (offset >= 0) {
        for (let index = 0; index < values.length; index++) {
          reports.words[offset / 4 + index] = values[index] as number
        }
        reports.commit()
        return
      }
      this.#kernel.waitForReader(reports)
    }
  }

  #handle({ kind, id, argument, offset, start }: RingEntry): void {
    switch (kind) {
      case entryKinds.open:
        this.#descriptors[id] = argument
        this.#isBack[id] = 0
        return
      case entryKinds.reopen:
        this.#isBack[id] = 0
        return
      case entryKinds.shut:
        this.#isBack[id] = 1
        this.hasNews = true
        return
      case entryKinds.close:
        this.#descriptors[id] = -1
        this.#isBack[id] = 1
        this.hasNews = true
        return
      case entryKinds.mark:
        this.hasNews = true
        return
      case entryKinds.join:
        this.#join(id, argument)
        return
      case entryKinds.leave:
        this.#leave(id, argument)
        return
      case entryKinds.send: {
        const slots = this.#groups.get(id)
        if (!slots) return
        for (let index = 0; index < slots.length; index++) {
          this.#send(slots[index] as number, offset, argument, start)
        }
        return
      }
      case entryKinds.post:
        this.#send(id, offset, argument, start)
    }
  }

  #send(slot: number, offset: number, sizeBytes: number, position: number): void {
    if (this.#isBack[slot] === 1) {
      this.report(reportKinds.back, slot, position, 0)
      return
    }
    const sent = this.#kernel.send(this.#descriptors[slot] as number, offset, sizeBytes)
    if (sent > 0) this.#written[slot] = ((this.#written[slot] as number) + sent) | 0
    if (sent === sizeBytes) return
    this.#isBack[slot] = 1
    this.report(reportKinds.back, slot, position, Math.max(0, sent))
  }

  #join(group: number, slot: number): void {
    const slots = this.#groups.get(group)
    if (slots) slots.push(slot)
    else this.#groups.set(group, [slot])
  }

  #leave(group: number, slot: number): void {
    const slots = this.#groups.get(group)
    const index = slots?.indexOf(slot) ?? -1
    if (!slots || index < 0) return
    const last = slots.pop() as number
    if (index < slots.length) slots[index] = last
    if (slots.length === 0) this.#groups.delete(group)
  }
}
