import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { descriptorOf, type NativeSockets } from '../system/native-sockets.js'
import { ChannelTable, type InterleavedCarrier } from './channel-table.js'
import type { DirectSends, DirectSlot } from './direct-sends.js'

/** How far a reader may fall behind before it is congested. */
export interface BacklogLimits {
  /** Bytes that wait in this process. */
  readonly maxBytes: number
  /** Age of the oldest byte that the peer has not acknowledged, in milliseconds. */
  readonly maxAgeMs: number
  /** How long a reader that has caught up waits for a key frame, in milliseconds. */
  readonly maxEntryWaitMs?: number
}

/** Everything up to `total` had been written at `at`. */
interface Mark {
  readonly total: number
  readonly at: number
}

/** Streams of one session, and some more: whoever asks for more at once is congested sooner. */
const maxGrants = 8

/** What is gathered is copied into one buffer while it is no larger than this. */
const maxGatheredBytes = 262_144

/** A message or frames that wait to leave in one write with others. */
interface GatheredWrite {
  readonly bytes: Buffer
  readonly onTaken: () => void
}

/** A writer that is looked at twice a second for ten seconds needs 20; more are not of use. */
const maxMarks = 64

/**
 * Writes to a TCP connection and knows how far its peer is behind: what carries the media of an RTSP connection.
 *
 * While nothing waits in Node, bytes go to the kernel by a system call of our own: half the cost of a write of
 * a stream, and what the kernel does not take is handed to the stream. Bench: bench/fanout.
 */
export class StreamWriter implements InterleavedCarrier {
  readonly channels = new ChannelTable()
  readonly #output: Writable
  readonly #socket: Socket
  readonly #native: NativeSockets | undefined
  /** Nothing where bytes may not go to the kernel as they are. */
  readonly #direct: DirectSends | undefined
  readonly #slot: number
  readonly #limits: BacklogLimits
  #isCongested = false
  #isReleased = false
  #maxBytes: number
  /** What is in `#maxBytes` besides the limit, by channel. */
  readonly #grants = new Map<number, number>()
  /** Bytes that went the way of the stream. */
  #streamed = 0
  #marks: Mark[] = []
  /** Writes since {@link gather}, in order. */
  #gathered: GatheredWrite[] | undefined

  /**
   * @param sends - `undefined`: everything goes the way of the stream.
   * @param socket - The one that the bytes leave by, where `output` wraps it.
   */
  constructor(
    output: Socket | Writable,
    sends: DirectSends | undefined,
    limits: BacklogLimits,
    socket = output as Socket,
  ) {
    this.#output = output
    this.#socket = socket
    this.#native = sends?.native
    // What is written to the descriptor of a TLS socket would go out in the clear, amid its records; the same
    // holds for the messages of a WebSocket.
    this.#direct = output !== socket || socket instanceof TLSSocket ? undefined : sends
    this.#limits = limits
    this.#maxBytes = limits.maxBytes
    this.#slot = this.#direct?.take() ?? -1
    if (this.#direct) this.#followDestruction()
    this.#regulate()
  }

  /** The peer is too far behind: media should skip. Set by writes and by {@link sample}, cleared by it. */
  get isCongested(): boolean {
    return this.#isCongested
  }

  get maxEntryWaitMs(): number | undefined {
    return this.#limits.maxEntryWaitMs
  }

  /** Where a group may send on its own, as long as the slot is open; `undefined` when it never is. */
  get direct(): DirectSlot | undefined {
    return this.#direct && { sends: this.#direct, slot: this.#slot }
  }

  /** Bytes that the kernel has been given so far; those that TLS or a WebSocket adds do not count. */
  get bytesHandedOver(): number {
    const direct = this.#direct?.writtenOn(this.#slot) ?? 0
    return this.#streamed + direct - this.#output.writableLength
  }

  /**
   * Runs `write`, and sends everything that it writes in as few system calls as possible: one, up to 256 KiB. A call
   * costs as much as 60 KiB (bench/churn).
   */
  gather(write: () => void): void {
    if (!this.#direct || this.#gathered) {
      write()
      return
    }
    const gathered: GatheredWrite[] = []
    this.#gathered = gathered
    // Groups send past the writer while the slot is open.
    this.#direct.shut(this.#slot)
    try {
      write()
    } finally {
      this.#gathered = undefined
      this.#regulate()
      this.#writeGathered(gathered)
    }
  }

  /** Writes all of `bytes`, now or later; nothing when the connection is closing. The buffer is not changed. */
  writeFrames(bytes: Buffer): void {
    if (!this.#output.writable) return
    if (this.#gathered) {
      this.#gathered.push({ bytes, onTaken: this.#regulate })
      return
    }
    const sent = this.#direct?.send(this.#slot, bytes) ?? 0
    if (sent < bytes.length) this.#queue(bytes.subarray(sent), this.#regulate)
  }

  /** The same for what is not media, with a call when the kernel has taken it. */
  writeMessage(bytes: Buffer, onTaken: () => void): void {
    if (!this.#output.writable) return
    if (this.#gathered) {
      this.#gathered.push({ bytes, onTaken })
      return
    }
    const sent = this.#direct?.send(this.#slot, bytes) ?? 0
    if (sent === bytes.length) {
      onTaken()
      return
    }
    this.#queue(bytes.subarray(sent), () => {
      onTaken()
      this.#regulate()
    })
  }

  /**
   * Allows this many bytes over the limit until the peer has caught up: what a new reader begins with.
   *
   * @param channel - Each stream has its own grant; a new one for the same channel replaces the one before, so that a
   * client that plays and pauses without reading gets no further. Up to 8 channels have one at a time.
   */
  grant(channel: number, sizeBytes: number): void {
    const before = this.#grants.get(channel)
    if (before === undefined && this.#grants.size >= maxGrants) return
    this.#grants.set(channel, sizeBytes)
    this.#maxBytes += sizeBytes - (before ?? 0)
  }

  /** Writes nothing more, once what waits has been written. */
  end(): void {
    this.#direct?.shut(this.#slot)
    this.#output.end()
  }

  /** Gives its place among the direct sends back; the connection is closed. Idempotent. */
  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#direct?.release(this.#slot)
  }

  /**
   * Looks how far the peer is behind; to be called about twice a second.
   *
   * @returns Age of the oldest byte that the peer has not taken, in milliseconds.
   */
  sample(now: number): number {
    const waiting = this.#output.writableLength
    const queued = waiting + this.#unacknowledgedBytes()
    const written = this.#streamed + (this.#direct?.writtenOn(this.#slot) ?? 0)
    const taken = written - queued
    while ((this.#marks[0]?.total ?? Number.POSITIVE_INFINITY) <= taken) this.#marks.shift()
    if (queued > 0 && this.#marks.length < maxMarks && this.#marks.at(-1)?.total !== written) {
      this.#marks.push({ total: written, at: now })
    }
    if (waiting === 0 && this.#grants.size > 0) this.#revokeGrants()
    const ageMs = now - (this.#marks[0]?.at ?? now)
    this.#judge(waiting, ageMs)
    return ageMs
  }

  #writeGathered(writes: readonly GatheredWrite[]): void {
    let begin = 0
    while (begin < writes.length) {
      let sizeBytes = writes[begin]?.bytes.length ?? 0
      let end = begin + 1
      for (; end < writes.length; end++) {
        const next = writes[end]?.bytes.length ?? 0
        if (sizeBytes + next > maxGatheredBytes) break
        sizeBytes += next
      }
      this.#writeTogether(writes.slice(begin, end))
      begin = end
    }
  }

  #writeTogether(writes: readonly GatheredWrite[]): void {
    const [first] = writes
    if (!first) return
    const bytes = writes.length === 1 ? first.bytes : Buffer.concat(writes.map((one) => one.bytes))
    this.writeMessage(bytes, () => {
      for (const { onTaken } of writes) onTaken()
    })
  }

  #revokeGrants(): void {
    this.#grants.clear()
    this.#maxBytes = this.#limits.maxBytes
  }

  /** Congestion ends only at half the limits, so that it does not come and go with every packet. */
  #judge(waiting: number, ageMs: number): void {
    const share = this.#isCongested ? 0.5 : 1
    this.#isCongested = waiting > this.#maxBytes * share || ageMs > this.#limits.maxAgeMs * share
    this.#regulate()
  }

  #queue(bytes: Buffer, onTaken: () => void): void {
    this.#direct?.shut(this.#slot)
    this.#streamed += bytes.length
    this.#output.write(bytes, onTaken)
    if (this.#output.writableLength > this.#maxBytes) this.#isCongested = true
    this.#regulate()
  }

  /** Opens the direct way while nothing waits in front of it, and media are wanted at all. */
  readonly #regulate = (): void => {
    if (!this.#direct || this.#isReleased) return
    const socket = this.#socket
    const isOpen = socket.writable && socket.writableLength === 0 && !this.#isCongested
    if (isOpen) this.#direct.open(this.#slot, socket)
    else this.#direct.shut(this.#slot)
  }

  /**
   * Node closes the descriptor when it destroys the socket, for whatever reason, and the system gives the number to
   * the next connection at once: nothing may be sent on it any more, not even in the same turn.
   */
  #followDestruction(): void {
    const socket = this.#socket
    const destroy = socket._destroy
    socket._destroy = (error, callback) => {
      this.#direct?.shut(this.#slot)
      destroy.call(socket, error, callback)
    }
  }

  #unacknowledgedBytes(): number {
    const descriptor = this.#native && descriptorOf(this.#socket)
    return descriptor === undefined ? 0 : (this.#native?.unacknowledgedBytes(descriptor) ?? 0)
  }
}
