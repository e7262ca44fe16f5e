import { entryKinds, maxSlots, reportKinds } from './entries.js'
import type { SendThread } from './send-thread.js'
import { type RingEntry, ringEntry } from './shared-ring.js'
import { ThreadPool, type ThreadPoolOptions } from './thread-pool.js'
import { type TokenOwner, WriteToken } from './write-token.js'

/** Native calls that the event loop needs for send threads. */
export interface ThreadCalls {
  /** Duplicates a descriptor. @returns The duplicate, which the caller owns; -1 if there are too many. */
  duplicate(descriptor: number): number
  close(descriptor: number): void
}

export interface SendThreadsOptions extends ThreadPoolOptions {
  readonly calls: ThreadCalls
  /** Minimum number of viewers in a group to whom threads send. */
  readonly handOverFrom: number
  /** Called when a thread has failed. */
  readonly onFailure?: ((error: Error) => void) | undefined
}

/** Receives the reports of threads about the packets of one group of viewers. */
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
}

/**
 * Send threads of one server, and a {@link WriteToken} for each connection: the right to write, which the event loop or
 * a thread has. The event loop decides everything; a thread sends as told, in order. Bench: bench/threads.
 */
export class SendThreads {
  /**
   * Number that changes with the state of any connection or thread. A group that sees a new number decides again about
   * the thread of each viewer.
   */
  version = 0
  readonly handOverFrom: number
  readonly #options: SendThreadsOptions
  readonly #tokens: (WriteToken | undefined)[] = []
  readonly #pool: ThreadPool
  readonly #writtenOn: Int32Array
  /** Slots of connections whose write side is on its way from a thread back to the event loop. */
  readonly #leaving = new Set<number>()
  /**
   * Functions to call when a thread has handled all entries in front of the position `end`. `undefined` = the entry
   * that marks the position waits for room.
   */
  readonly #passing = new Set<{ thread: SendThread; end: number | undefined; passed: () => void }>()
  readonly #groups = new Map<number, MediaReports>()
  #nextGroup = 1
  readonly #entry = ringEntry()
  #copy:
    | { readonly thread: SendThread; readonly position: number; readonly bytes: Buffer }
    | undefined
  /** Duplicated descriptors of failed threads, which are closed when the thread has ended. */
  readonly #orphans = new Map<SendThread, number[]>()

  constructor(options: SendThreadsOptions) {
    this.#options = options
    this.handOverFrom = options.handOverFrom
    const written = new SharedArrayBuffer((options.sizes?.slots ?? maxSlots) * 4)
    this.#writtenOn = new Int32Array(written)
    this.#pool = new ThreadPool(options, written, {
      reported: (thread, report) => this.#reported(thread, report),
      advanced: (thread) => this.#advanced(thread),
      changed: () => this.version++,
      stopped: (thread, error) => this.#stopped(thread, error),
      ended: (thread) => this.#closeOrphans(thread),
    })
  }

  /** The threads that send at present. */
  get threads(): readonly SendThread[] {
    return this.#pool.threads
  }

  /**
   * Registers a connection under its slot, until {@link forget}. At first the event loop has the write side. Does
   * nothing for a slot from {@link maxSlots} on, which stays on the event loop.
   */
  register(slot: number, owner: TokenOwner): void {
    if (slot >= this.#writtenOn.length) return
    while (this.#tokens.length <= slot) this.#tokens.push(undefined)
    this.#tokens[slot] = new WriteToken(owner)
  }

  tokenOf(slot: number): WriteToken | undefined {
    return this.#tokens[slot]
  }

  /**
   * Forgets a connection whose slot has no holder any more.
   *
   * @param forgotten - Called when the slot may be given to another connection: at once, or when
   *   the thread has passed all entries for the slot.
   */
  forget(slot: number, forgotten: () => void): void {
    const token = this.#tokens[slot]
    const done = (): void => {
      this.#tokens[slot] = undefined
      forgotten()
    }
    this.closeSlot(slot)
    if (token === undefined || token.state === 'main') done()
    else token.onMain = done
  }

  /** Returns whether the event loop, and not a thread, has the write side of a connection: the right to write to it. */
  isOnMain(slot: number): boolean {
    const state = this.#tokens[slot]?.state
    return state === undefined || state === 'main'
  }

  /**
   * Gives the write side of a connection to a thread. No bytes of the connection may wait in Node's stream.
   *
   * @param descriptor - The socket's descriptor, of which the thread gets a duplicate.
   * @param choose - Chooses the thread of a connection that has had none. Default: the one with the
   *   fewest viewers.
   * @returns `false` if the event loop keeps the write side.
   */
  give(slot: number, descriptor: number, choose = () => this.#pool.leastLoaded()): boolean {
    const token = this.#tokens[slot]
    if (token?.state !== 'main' || token.isClosing || token.onMain) return false
    if (token.thread) {
      token.thread.control(entryKinds.reopen, slot, 0)
    } else {
      const thread = choose()
      if (!thread) return false
      const duplicate = this.#options.calls.duplicate(descriptor)
      if (duplicate < 0) return false
      token.thread = thread
      token.descriptor = duplicate
      thread.control(entryKinds.open, slot, duplicate)
      thread.load++
      token.seenWritten = Atomics.load(this.#writtenOn, slot)
    }
    token.state = 'thread'
    token.thread.connections++
    this.version++
    return true
  }

  /**
   * Asks the thread of a connection to give the write side back; `writeSideReturned` of the owner follows. Does nothing
   * if no thread has the write side.
   */
  takeBack(slot: number): void {
    const token = this.#tokens[slot]
    if (token?.state === 'thread') this.#return(slot, token, entryKinds.shut)
  }

  /** Takes the write side back for good, and drops the bytes that wait, because the socket is destroyed. Idempotent. */
  closeSlot(slot: number): void {
    const token = this.#tokens[slot]
    if (!token || token.isClosing) return
    token.isClosing = true
    token.pending = []
    token.pendingBytes = 0
    if (token.descriptor >= 0) this.#return(slot, token, entryKinds.close)
    this.version++
  }

  /**
   * Takes the write side of a connection back, and calls a function when the event loop has the write side: at once, or
   * later. A further call replaces a function that waits.
   */
  whenOnMain(slot: number, call: () => void): void {
    const token = this.#tokens[slot]
    this.takeBack(slot)
    if (!token || token.state === 'main') call()
    else token.onMain = call
  }

  /**
   * Writes bytes to a connection whose write side the event loop does not have.
   *
   * @param onTaken - Called when the bytes have been given to the thread, or to the kernel.
   * @returns `false` if the caller must write the bytes to the stream.
   */
  post(slot: number, bytes: Buffer, onTaken?: () => void): boolean {
    const token = this.#tokens[slot]
    if (!token || token.state === 'main' || token.isWritingBack) return false
    if (token.isClosing) return true
    if (token.state === 'thread') {
      if (token.thread?.post(slot, bytes)) {
        onTaken?.()
        return true
      }
      this.takeBack(slot)
    }
    token.wait(bytes, onTaken)
    return true
  }

  /** Returns the number of bytes of a connection that wait until the event loop has the write side. */
  pendingOn(slot: number): number {
    return this.#tokens[slot]?.pendingBytes ?? 0
  }

  /** Returns the number of bytes that threads have given to the kernel on a slot since the last call. */
  writtenSince(slot: number): number {
    const token = this.#tokens[slot]
    if (!token || token.descriptor < 0) return 0
    const written = Atomics.load(this.#writtenOn, slot)
    const since = (written - token.seenWritten) >>> 0
    token.seenWritten = written
    return since
  }

  /**
   * Registers a group of viewers, until {@link forgetGroup}.
   *
   * @returns Number of the group, with which entries and reports name the group.
   */
  registerGroup(reports: MediaReports): number {
    const group = this.#nextGroup
    this.#nextGroup = group === 0x7fffffff ? 1 : group + 1
    this.#groups.set(group, reports)
    return group
  }

  /** Forgets a group when all threads have handled the entries written so far. */
  forgetGroup(group: number): void {
    const left = new Set(this.threads)
    if (left.size === 0) this.#groups.delete(group)
    for (const thread of left) {
      this.whenPassed(thread, () => {
        left.delete(thread)
        if (left.size === 0) this.#groups.delete(group)
      })
    }
  }

  /**
   * Calls a function when a thread has handled all entries written so far, and the reports about them are read. Calls
   * the function also when the thread has failed or ended.
   */
  whenPassed(thread: SendThread, passed: () => void): void {
    const one: { thread: SendThread; end: number | undefined; passed: () => void } = {
      thread,
      end: undefined,
      passed,
    }
    this.#passing.add(one)
    thread.control(entryKinds.mark, 0, 0, {
      onEntered: (end) => {
        one.end = end
      },
    })
  }

  /** Duplicates a descriptor for a thread; -1 = too many. Close it with {@link closeDuplicate}. */
  duplicate(descriptor: number): number {
    return this.#options.calls.duplicate(descriptor)
  }

  /** Closes a duplicate when the thread has handled all entries written so far, or has ended. */
  closeDuplicate(thread: SendThread, descriptor: number): void {
    const orphans = this.#orphans.get(thread)
    if (orphans) orphans.push(descriptor)
    else if (!this.threads.includes(thread)) this.#options.calls.close(descriptor)
    else {
      this.whenPassed(thread, () => {
        const failed = this.#orphans.get(thread)
        if (failed) failed.push(descriptor)
        else this.#options.calls.close(descriptor)
      })
    }
  }

  /**
   * Returns the thread for a further viewer of a group. A group uses one thread for each
   * `handOverFrom` viewers, and another one only when those have as many: to wake a thread costs
   * more than a few sends.
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
    const room = Math.floor(viewers / this.handOverFrom) - shares.length
    const isFilled = shares.every(({ members }) => members.size >= this.handOverFrom)
    const another =
      shares.length === 0 || (room > 0 && isFilled)
        ? this.#pool.leastLoaded((thread) => !isKnown(thread))
        : undefined
    return another ?? this.#pool.leastLoaded(isKnown) ?? this.#pool.leastLoaded()
  }

  /** Starts the threads now. Resolves when they can send, or have failed. */
  start(): Promise<void> {
    return this.#pool.start()
  }

  /** Reads the reports that threads have written so far. */
  collect(): void {
    this.#pool.collect()
  }

  /**
   * Ends all threads. The write sides must be on the event loop, or their connections closed.
   * Idempotent.
   */
  close(): Promise<void> {
    return this.#pool.close()
  }

  #return(slot: number, token: WriteToken, kind: number): void {
    const { thread } = token
    if (!thread) return
    if (token.state === 'thread') thread.connections--
    token.state = 'returning'
    token.returnsAt = undefined
    this.#leaving.add(slot)
    this.version++
    thread.control(kind, slot, 0, {
      onEntered: (end) => {
        token.returnsAt = end
      },
    })
  }

  #reported(thread: SendThread, report: RingEntry): void {
    if (report.kind !== reportKinds.back) {
      this.#groups.get(report.id)?.reported?.(thread, report)
      return
    }
    const { id: slot, argument: position } = report
    const token = this.#tokens[slot]
    if (!token || token.thread !== thread) return
    this.takeBack(slot)
    if (token.isClosing) return
    const sentBytes = thread.reportValue(report, 0)
    const entry = this.#entry
    thread.entryAt(position, entry)
    const frames = this.#copyOf(thread, entry)
    token.isWritingBack = true
    const isDone =
      entry.kind === entryKinds.send &&
      this.#groups.get(entry.id)?.notSent(slot, thread.mediaOf(position), frames, sentBytes)
    if (!isDone) token.owner.writeBack(frames.subarray(sentBytes), undefined)
    token.isWritingBack = false
  }

  #copyOf(thread: SendThread, { offset, argument, start }: RingEntry): Buffer {
    const known = this.#copy
    if (known?.thread === thread && known.position === start) return known.bytes
    const bytes = Buffer.from(thread.bytes.subarray(offset, offset + argument))
    this.#copy = { thread, position: start, bytes }
    return bytes
  }

  #advanced(thread: SendThread): void {
    this.#copy = undefined
    for (const one of this.#passing) {
      if (one.thread !== thread || one.end === undefined || !thread.hasPassed(one.end)) continue
      this.#passing.delete(one)
      one.passed()
    }
    for (const slot of this.#leaving) {
      const token = this.#tokens[slot]
      if (token?.thread !== thread) continue
      if (token.returnsAt !== undefined && thread.hasPassed(token.returnsAt))
        this.#returned(slot, token)
    }
  }

  #returned(slot: number, token: WriteToken): void {
    this.#leaving.delete(slot)
    token.state = 'main'
    this.version++
    const { onMain } = token
    token.onMain = undefined
    if (token.isClosing) {
      this.#closeDescriptor(token)
      onMain?.()
      return
    }
    token.writePending()
    if (onMain) onMain()
    else token.owner.writeSideReturned()
  }

  #closeDescriptor(token: WriteToken): void {
    if (token.descriptor < 0) return
    this.#options.calls.close(token.descriptor)
    token.descriptor = -1
    if (token.thread) token.thread.load--
    token.thread = undefined
  }

  /**
   * Takes over from a thread that sends no more. Connections whose write side the thread has, end; the descriptors of
   * the thread are closed later.
   */
  #stopped(thread: SendThread, error: Error | undefined): void {
    const orphans: number[] = []
    this.#orphans.set(thread, orphans)
    for (const passing of this.#passing) {
      if (passing.thread !== thread) continue
      this.#passing.delete(passing)
      passing.passed()
    }
    this.#tokens.forEach((token, slot) => {
      if (token?.thread !== thread) return
      orphans.push(token.descriptor)
      token.descriptor = -1
      token.thread = undefined
      this.#leaving.delete(slot)
      if (token.state !== 'main') this.#lose(token)
    })
    if (error) this.#options.onFailure?.(error)
  }

  /** Ends a connection whose thread has failed with unsent bytes. */
  #lose(token: WriteToken): void {
    const { isClosing, onMain } = token
    token.state = 'main'
    token.isClosing = true
    token.pending = []
    token.pendingBytes = 0
    token.onMain = undefined
    onMain?.()
    if (!isClosing) token.owner.threadFailed()
  }

  /** Closes the descriptors of a thread that has ended. */
  #closeOrphans(thread: SendThread): void {
    for (const descriptor of this.#orphans.get(thread) ?? []) this.#options.calls.close(descriptor)
    this.#orphans.delete(thread)
  }
}
