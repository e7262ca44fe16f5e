import type { SendThread } from './send-thread.js'

/** Owner of a connection's stream, to which bytes return that a thread has not sent. */
export interface TokenOwner {
  /** Writes bytes to the stream at once, in front of all bytes that are written later. */
  writeBack(bytes: Buffer, onTaken: (() => void) | undefined): void
  /** Called when the event loop has the write side again. */
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
 * Right to write to one connection. Either the event loop has it, or a send thread.
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
  /** Thread that has, or last had, the write side. It stays the same as long as the descriptor. */
  thread: SendThread | undefined
  /** The connection's descriptor in the thread, a duplicate of the socket's; -1 = none. */
  descriptor = -1
  /** Number of groups that want the thread to send. */
  wanted = 0
  /** True once the connection's socket is destroyed. */
  isClosing = false
  /** Position in the thread's ring behind the entry that takes the write side back; `undefined` until it is there. */
  returnsAt: number | undefined
  /** True while reported bytes are written to the stream. */
  isWritingBack = false
  /** Bytes in {@link pending}. */
  pendingBytes = 0
  pending: PendingWrite[] = []
  /** Function to call when the event loop has the write side. */
  onMain: (() => void) | undefined
  /** Value of the shared counter of bytes when it was last read. */
  seenWritten = 0

  constructor(owner: TokenOwner) {
    this.owner = owner
  }

  /** Keeps a write until the event loop has the write side. */
  wait(bytes: Buffer, onTaken: (() => void) | undefined): void {
    this.pending.push({ bytes, onTaken })
    this.pendingBytes += bytes.length
  }

  /** Writes the bytes that wait to the stream. */
  writePending(): void {
    const { pending } = this
    if (pending.length === 0) return
    this.pending = []
    this.pendingBytes = 0
    for (const { bytes, onTaken } of pending) this.owner.writeBack(bytes, onTaken)
  }
}
