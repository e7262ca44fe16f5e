import type { SendThread } from './send-thread.js'

/**
 * Owner of a connection's stream, usually its writer. Bytes that a send thread has taken and not sent return to the
 * owner.
 */
export interface TokenOwner {
  /**
   * Writes bytes to the stream at once, in front of all bytes that are written later.
   *
   * @param onTaken - Called when the kernel has accepted the bytes.
   */
  writeBack(bytes: Buffer, onTaken: (() => void) | undefined): void
  /**
   * Called when a send thread has given the right to write back, so that the event loop may write to the connection
   * again.
   */
  writeSideReturned(): void
  /** Called when the send thread of the connection has failed: bytes of the connection are lost, and it must end. */
  threadFailed(): void
}

/** Bytes of a connection that wait until the send thread has given the right to write back to the event loop. */
interface PendingWrite {
  readonly bytes: Buffer
  readonly onTaken: (() => void) | undefined
}

/**
 * Right to write to one connection, called the write side of the connection. Either the event loop (`main`) has the
 * right, or a send thread.
 *
 * ```text
 *         give                  report, or take back                     the thread has passed `shut`
 *  main ──────────▶ thread ─────────────────────────────▶ returning ─────────────────────────────────▶ main
 *                   writes are entries of the ring        writes wait; reported bytes go to the stream
 * ```
 */
export class WriteToken {
  readonly owner: TokenOwner
  state: 'main' | 'thread' | 'returning' = 'main'
  /**
   * Thread that has, or last had, the right to write to the connection; `undefined` before the first. Stays the same
   * while {@link descriptor} is open.
   */
  thread: SendThread | undefined
  /** Descriptor on which the thread writes to the connection: a duplicate of the socket's; -1 = none. */
  descriptor = -1
  /**
   * Number of groups that want a thread to send on the connection. At 0 the event loop takes the right to write back.
   */
  wanted = 0
  /** Function that chooses the thread for the connection, of the last group that wants one; `undefined` at first. */
  choose: (() => SendThread | undefined) | undefined
  /** Position in the thread's ring behind the last bytes that {@link post} has written; `undefined` = none. */
  #postedTo: number | undefined
  /** True once the connection's socket is destroyed. */
  isClosing = false
  /**
   * Position in the thread's ring behind the entry by which the event loop takes the right to write back. `undefined`
   * while this entry waits for room, and if there is none.
   */
  returnsAt: number | undefined
  /** True while bytes that a thread has returned unsent are written to the stream, in front of all others. */
  isWritingBack = false
  /** Total size in bytes of the writes stored in {@link pending}. */
  pendingBytes = 0
  pending: PendingWrite[] = []
  /** Function to call once, when the event loop has the right to write to the connection; `undefined` if none waits. */
  onMain: (() => void) | undefined
  /** Value that the connection's counter of sent bytes in `ThreadMemory.written` had when it was last read. */
  seenWritten = 0

  constructor(owner: TokenOwner) {
    this.owner = owner
  }

  /**
   * True while the thread has not handled all bytes of {@link post}, or its reports about them have not been read.
   */
  get hasPosted(): boolean {
    return this.#postedTo !== undefined && this.thread?.hasPassed(this.#postedTo) === false
  }

  /**
   * Gives bytes to the thread; see {@link SendThread.post}.
   *
   * @param packets - Number of RTP packets in the bytes, which the thread counts.
   */
  post(slot: number, bytes: Buffer, packets: number): boolean {
    const { thread } = this
    if (!thread?.post(slot, bytes)) return false
    thread.packetsOut += packets
    this.#postedTo = thread.position
    return true
  }

  /** Stores bytes in {@link pending} until the event loop has the right to write to the connection. */
  wait(bytes: Buffer, onTaken: (() => void) | undefined): void {
    this.pending.push({ bytes, onTaken })
    this.pendingBytes += bytes.length
  }

  /**
   * Writes the stored bytes in {@link pending} to the stream, in order, because the event loop has the right to write
   * again.
   */
  writePending(): void {
    const { pending } = this
    if (pending.length === 0) return
    this.pending = []
    this.pendingBytes = 0
    for (const { bytes, onTaken } of pending) this.owner.writeBack(bytes, onTaken)
  }
}
