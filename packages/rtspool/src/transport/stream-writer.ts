import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { descriptorOf, type NativeSockets } from './native-sockets.js'

/** How far a reader may fall behind before it is congested. */
export interface BacklogLimits {
  /** Bytes that wait in this process. */
  readonly maxBytes: number
  /** Age of the oldest byte that the peer has not acknowledged, in milliseconds. */
  readonly maxAgeMs: number
}

/** Everything up to `total` had been written at `at`. */
interface Mark {
  readonly total: number
  readonly at: number
}

/** A writer that is looked at twice a second for ten seconds needs 20; more are not of use. */
const maxMarks = 64

/**
 * Writes to a TCP connection and knows how far its peer is behind.
 *
 * While nothing waits in Node, bytes go to the kernel by a system call of our own: half the cost of a write of
 * a stream, and what the kernel does not take is handed to the stream. Bench: bench/fanout.
 */
export class StreamWriter {
  /** The peer is too far behind: media should skip. Set by writes and by {@link sample}, cleared by it. */
  isCongested = false
  readonly #socket: Socket
  readonly #native: NativeSockets | undefined
  /** Whether bytes may go to the kernel as they are. */
  readonly #isPlain: boolean
  readonly #limits: BacklogLimits
  #maxBytes: number
  #written = 0
  #marks: Mark[] = []

  constructor(socket: Socket, native: NativeSockets | undefined, limits: BacklogLimits) {
    this.#socket = socket
    this.#native = native
    // What is written to the descriptor of a TLS socket would go out in the clear, amid its records.
    this.#isPlain = !(socket instanceof TLSSocket)
    this.#limits = limits
    this.#maxBytes = limits.maxBytes
  }

  /** Writes all of `bytes`, now or later; nothing when the connection is closing. The buffer is not changed. */
  write(bytes: Buffer): void {
    const socket = this.#socket
    if (!socket.writable) return
    this.#written += bytes.length
    const sent = socket.writableLength === 0 ? this.#sendNow(bytes) : 0
    if (sent === bytes.length) return
    socket.write(sent > 0 ? bytes.subarray(sent) : bytes)
    if (socket.writableLength > this.#maxBytes) this.isCongested = true
  }

  /** The same for what is not media, with a call when the kernel has taken it. */
  writeMessage(bytes: Buffer, onTaken: () => void): void {
    if (!this.#socket.writable) return
    this.#written += bytes.length
    this.#socket.write(bytes, onTaken)
  }

  /** Allows this many bytes over the limit until the peer has caught up: what a new reader begins with. */
  grant(sizeBytes: number): void {
    this.#maxBytes = this.#limits.maxBytes + sizeBytes
  }

  /**
   * Looks how far the peer is behind; to be called about twice a second.
   *
   * @returns Age of the oldest byte that the peer has not taken, in milliseconds.
   */
  sample(now: number): number {
    const waiting = this.#socket.writableLength
    const queued = waiting + this.#unacknowledgedBytes()
    const taken = this.#written - queued
    while ((this.#marks[0]?.total ?? Number.POSITIVE_INFINITY) <= taken) this.#marks.shift()
    if (
      queued > 0 &&
      this.#marks.length < maxMarks &&
      this.#marks.at(-1)?.total !== this.#written
    ) {
      this.#marks.push({ total: this.#written, at: now })
    }
    if (waiting === 0) this.#maxBytes = this.#limits.maxBytes
    const ageMs = now - (this.#marks[0]?.at ?? now)
    this.#judge(waiting, ageMs)
    return ageMs
  }

  /** Congestion ends only at half the limits, so that it does not come and go with every packet. */
  #judge(waiting: number, ageMs: number): void {
    const share = this.isCongested ? 0.5 : 1
    this.isCongested = waiting > this.#maxBytes * share || ageMs > this.#limits.maxAgeMs * share
  }

  #sendNow(bytes: Buffer): number {
    const descriptor = this.#native && this.#isPlain ? descriptorOf(this.#socket) : undefined
    if (descriptor === undefined) return 0
    return Math.max(0, this.#native?.send(descriptor, bytes, bytes.length) ?? 0)
  }

  #unacknowledgedBytes(): number {
    const descriptor = this.#native && descriptorOf(this.#socket)
    return descriptor === undefined ? 0 : (this.#native?.unacknowledgedBytes(descriptor) ?? 0)
  }
}
