import type { SendThread } from './send-thread.js'

/** Owner of a connection's stream. The bytes that a thread has taken and not sent return to the owner. */
export interface TokenOwner {
  /**
   * Writes bytes to the stream at once, in front of all bytes that are written later.
   *
   * @param onTaken - Called when the kernel has accepted the bytes.
   */
  writeBack(bytes: Buffer, onTaken: (() => void) | undefined): void
  /**
   * Called when a send thread has given the write side back, so that the event loop may write to the connection again.
   */
  writeSideReturned(): void
  /** Called when the thread has failed. The connection has lost bytes, and must end. */
  threadFailed(): void
}

/** Bytes that wait until the thread has given the write side back. */
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
   * Thread that has, or last had, the write side; `undefined` before the first. Stays the same while {@link descriptor}
   * is open.
   */
  thread: SendThread | undefined
  /** The connection's descriptor in the thread, a duplicate of the socket's; -1 = none. */
  descriptor = -1
  /** Number of groups that want a thread to send on the connection. At 0 the event loop takes the write side back. */
  wanted = 0
  /** True once the connection's socket is destroyed. */
  isClosing = false
  /**
   * Position in the thread's ring behind the entry that takes the write side back. `undefined` while this entry waits
   * for room, and if there is none.
   */
  returnsAt: number | undefined
  /** True while bytes that a thread has not sent are written to the stream. */
  isWritingBack = false
  /** Number of bytes in {@link pending}. */
  pendingBytes = 0
  pending: PendingWrite[] = []
  /** Function to call once when the event loop has the write side; `undefined` without one. */
  onMain: (() => void) | undefined
  /** Value of the connection's counter in `ThreadMemory.written` at the last look. */
  seenWritten = 0

  constructor(owner: TokenOwner) {
    this.owner = owner
  }

  /** Keeps a write in {@link pending} until the event loop has the write side. */
  wait(bytes: Buffer, onTaken: (() => void) | undefined): void {
    this.pending.push({ bytes, onTaken })
    this.pendingBytes += bytes.length
  }

  /** Writes the bytes in {@link pending} to the stream. */
  writePending(): void {
    const { pending } = this
    if (pending.length === 0) return
    this.pending = []
    this.pendingBytes = 0
    for (const { bytes, onTaken } of pending) this.owner.writeBack(bytes, onTaken)
  }
}
