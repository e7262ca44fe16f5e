import type { Duplicates } from './duplicates.js'
import { entryKinds } from './entries.js'
import type { SendThread } from './send-thread.js'
import { type TokenOwner, WriteToken } from './write-token.js'

/**
 * A {@link WriteToken} for each connection: the right to write, which the event loop or a thread has. The right passes
 * by entries (messages) in the thread's ring, so that no order depends on timing.
 */
export class WriteTokens {
  readonly #tokens: (WriteToken | undefined)[] = []
  readonly #writtenOn: Int32Array
  readonly #duplicates: Duplicates
  readonly #changed: () => void
  readonly #leastLoaded: () => SendThread | undefined
  /** Slots of connections for which a thread is giving the right to write back to the event loop. */
  readonly #leaving = new Set<number>()

  /**
   * Creates the tokens of a server without connections.
   *
   * @param written - Counters shared by all threads; see `ThreadMemory`.
   * @param leastLoaded - Returns the thread with the fewest viewers; `undefined` without one that can send.
   * @param changed - Called when the state of a connection has changed.
   */
  constructor(
    written: SharedArrayBuffer,
    duplicates: Duplicates,
    leastLoaded: () => SendThread | undefined,
    changed: () => void,
  ) {
    this.#writtenOn = new Int32Array(written)
    this.#duplicates = duplicates
    this.#leastLoaded = leastLoaded
    this.#changed = changed
  }

  /**
   * Registers a connection under its slot, until {@link forget}. At first the event loop has the right to write to it.
   * Does nothing for a slot behind the last counter, which stays on the event loop.
   */
  register(slot: number, owner: TokenOwner): void {
    if (slot >= this.#writtenOn.length) return
    while (this.#tokens.length <= slot) this.#tokens.push(undefined)
    this.#tokens[slot] = new WriteToken(owner)
  }

  /** Returns the token of a connection; `undefined` for an unknown slot, or a negative number. */
  of(slot: number): WriteToken | undefined {
    return slot < 0 ? undefined : this.#tokens[slot]
  }

  /**
   * Forgets a connection whose slot has no holder any more.
   *
   * @param forgotten - Called when the slot may be given to another connection: at once, or when the thread has handled
   *   all entries for the slot.
   */
  forget(slot: number, forgotten: () => void): void {
    const token = this.#tokens[slot]
    const done = (): void => {
      this.#tokens[slot] = undefined
      forgotten()
    }
    this.close(slot)
    if (token === undefined || token.state === 'main') done()
    else token.onMain = done
  }

  /** Returns whether the event loop, and not a thread, has the right to write to the connection with this slot. */
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
  give(slot: number, descriptor: number, choose = this.#leastLoaded): boolean {
    const token = this.#tokens[slot]
    if (token?.state !== 'main' || token.isClosing || token.onMain) return false
    if (token.thread) {
      token.thread.control(entryKinds.reopen, slot, 0)
    } else {
      const thread = choose()
      if (!thread) return false
      const duplicate = this.#duplicates.open(descriptor)
      if (duplicate < 0) return false
      token.thread = thread
      token.descriptor = duplicate
      thread.control(entryKinds.open, slot, duplicate)
      thread.load++
      token.seenWritten = Atomics.load(this.#writtenOn, slot)
    }
    token.state = 'thread'
    token.thread.connections++
    this.#changed()
    return true
  }

  /**
   * Asks the thread of a connection to give the right to write (the write side) back; `writeSideReturned` of the owner
   * follows. Does nothing if no thread has it.
   */
  takeBack(slot: number): void {
    const token = this.#tokens[slot]
    if (token?.state === 'thread') this.#return(slot, token, entryKinds.shut)
  }

  /**
   * Takes the right to write to a connection back from its thread for good, and drops its waiting bytes, because the
   * socket is destroyed. Idempotent.
   */
  close(slot: number): void {
    const token = this.#tokens[slot]
    if (!token || token.isClosing) return
    token.isClosing = true
    token.pending = []
    token.pendingBytes = 0
    if (token.descriptor >= 0) this.#return(slot, token, entryKinds.close)
    this.#changed()
  }

  /**
   * Takes the right to write to a connection back from its thread. Calls a function when the event loop has it: at
   * once, or later. A further call replaces a function that waits.
   */
  whenOnMain(slot: number, call: () => void): void {
    const token = this.#tokens[slot]
    this.takeBack(slot)
    if (!token || token.state === 'main') call()
    else token.onMain = call
  }

  /**
   * Writes bytes to a connection to which a thread, and not the event loop, has the right to write.
   *
   * @param onTaken - Called when the bytes have been given to the thread, or to the kernel.
   * @param packets - Number of RTP packets in the bytes.
   * @returns `false` if the caller must write the bytes to the stream.
   */
  post(slot: number, bytes: Buffer, onTaken?: () => void, packets = 0): boolean {
    const token = this.#tokens[slot]
    if (!token || token.state === 'main' || token.isWritingBack) return false
    if (token.isClosing) return true
    if (token.state === 'thread') {
      if (token.post(slot, bytes, packets)) {
        onTaken?.()
        return true
      }
      this.takeBack(slot)
    }
    token.wait(bytes, onTaken)
    return true
  }

  /** Returns the number of bytes of a connection that wait until the event loop has the right to write to it. */
  pendingOn(slot: number): number {
    return this.#tokens[slot]?.pendingBytes ?? 0
  }

  /** Returns the number of bytes that threads have given to the kernel on a slot since the last call for that slot. */
  writtenSince(slot: number): number {
    const token = this.#tokens[slot]
    if (!token || token.descriptor < 0) return 0
    const written = Atomics.load(this.#writtenOn, slot)
    const since = (written - token.seenWritten) >>> 0
    token.seenWritten = written
    return since
  }

  /**
   * Gives the event loop the right to write to the connections that a thread has returned. Call it when the thread has
   * handled further entries.
   */
  advanced(thread: SendThread): void {
    for (const slot of this.#leaving) {
      const token = this.#tokens[slot]
      if (token?.thread !== thread) continue
      if (token.returnsAt !== undefined && thread.hasPassed(token.returnsAt))
        this.#returned(slot, token)
    }
  }

  /**
   * Takes the connections back from a thread that sends no more. Those to which the thread had the right to write, end.
   *
   * @param orphans - Receives the duplicated descriptors of the thread, which the caller must close.
   */
  stopped(thread: SendThread, orphans: number[]): void {
    this.#tokens.forEach((token, slot) => {
      if (token?.thread !== thread) return
      orphans.push(token.descriptor)
      token.descriptor = -1
      token.thread = undefined
      this.#leaving.delete(slot)
      if (token.state !== 'main') this.#lose(token)
    })
  }

  #return(slot: number, token: WriteToken, kind: number): void {
    const { thread } = token
    if (!thread) return
    if (token.state === 'thread') thread.connections--
    token.state = 'returning'
    token.returnsAt = undefined
    this.#leaving.add(slot)
    this.#changed()
    thread.control(kind, slot, 0, {
      onEntered: (end) => {
        token.returnsAt = end
      },
    })
  }

  #returned(slot: number, token: WriteToken): void {
    this.#leaving.delete(slot)
    token.state = 'main'
    this.#changed()
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
    this.#duplicates.closeNow(token.descriptor)
    token.descriptor = -1
    if (token.thread) token.thread.load--
    token.thread = undefined
  }

  /** Makes the owner end a connection, because its thread has failed with bytes that may be partly sent. */
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
}
