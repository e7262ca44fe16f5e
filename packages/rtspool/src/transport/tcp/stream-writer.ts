import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { descriptorOf, type NativeSockets } from '../system/native-sockets.js'
import { ChannelTable, type InterleavedCarrier } from './channel-table.js'
import type { DirectSends, DirectSlot } from './direct-sends.js'

/** Limits on the backlog of a reader before it is congested. */
export interface BacklogLimits {
  /** Limit on the bytes that wait in this process. */
  readonly maxBytes: number
  /** Limit on the age of the oldest unacknowledged byte, in milliseconds. */
  readonly maxAgeMs: number
  /** Milliseconds that a reader which has caught up waits for a key frame. */
  readonly maxEntryWaitMs?: number
}

/** Mark in the byte stream: everything up to `total` had been written at `at`. */
interface Mark {
  readonly total: number
  readonly at: number
}

/** Channels that can hold a grant at a time: enough for one session. Further channels get none. */
const maxGrants = 8

/**
 * Gathered writes are copied into one buffer up to this size. Copying more costs more than a system
 * call (bench/churn).
 */
const maxGatheredBytes = 65_536

/** A message or frames that wait to be sent in one write with others. */
interface GatheredWrite {
  readonly bytes: Buffer
  readonly onTaken: () => void
}

/** Enough marks for two looks a second in ten seconds; more are useless. */
const maxMarks = 64

/**
 * Writes to a TCP connection and measures its peer's backlog. Carries the media of an RTSP
 * connection.
 *
 * While nothing waits in Node, bytes go to the kernel by a native call, at half the cost of a
 * stream's write. The stream gets the bytes that the kernel does not accept. Bench: bench/fanout.
 */
export class StreamWriter implements InterleavedCarrier {
  readonly channels = new ChannelTable()
  readonly #output: Writable
  readonly #socket: Socket
  readonly #native: NativeSockets | undefined
  /** Absent if bytes may not go to the kernel unchanged. */
  readonly #direct: DirectSends | undefined
  readonly #slot: number
  readonly #limits: BacklogLimits
  #isCongested = false
  #isReleased = false
  #maxBytes: number
  /** Bytes above the limit in `#maxBytes`, by channel. */
  readonly #grants = new Map<number, number>()
  /** Bytes written through the stream. */
  #streamed = 0
  #marks: Mark[] = []
  /** Writes since {@link gather}, in order. */
  #gathered: GatheredWrite[] | undefined

  /**
   * @param sends - `undefined` = all bytes go through the stream.
   * @param socket - The socket below `output`, if `output` wraps it.
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
    // Bytes written to the descriptor of a TLS socket would be sent in the clear, amid its records.
    // WebSocket messages would break in the same way.
    this.#direct = output !== socket || socket instanceof TLSSocket ? undefined : sends
    this.#limits = limits
    this.#maxBytes = limits.maxBytes
    this.#slot = this.#direct?.take() ?? -1
    if (this.#direct) this.#followDestruction()
    this.#regulate()
  }

  /**
   * True while the peer is too far behind: media should be left out. Writes and {@link sample} set
   * it, {@link sample} clears it.
   */
  get isCongested(): boolean {
    return this.#isCongested
  }

  get maxEntryWaitMs(): number | undefined {
    return this.#limits.maxEntryWaitMs
  }

  /** Slot on which a group may send directly while it is open; `undefined` if it never is. */
  get direct(): DirectSlot | undefined {
    return this.#direct && { sends: this.#direct, slot: this.#slot }
  }

  /** Bytes passed to the kernel so far, without those that TLS or a WebSocket adds. */
  get bytesHandedOver(): number {
    const direct = this.#direct?.writtenOn(this.#slot) ?? 0
    return this.#streamed + direct - this.#output.writableLength
  }

  /**
   * Runs `write`, and sends everything that it writes in few system calls: small writes together, up to 64 KiB.
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

  /**
   * Writes all of `bytes`, now or later. Does nothing if the connection is closing. The buffer is
   * not changed.
   */
  writeFrames(bytes: Buffer): void {
    if (!this.#output.writable) return
    if (this.#gathered) {
      this.#gathered.push({ bytes, onTaken: this.#regulate })
      return
    }
    const sent = this.#direct?.send(this.#slot, bytes) ?? 0
    if (sent < bytes.length) this.#queue(bytes.subarray(sent), this.#regulate)
  }

  /** Writes a message in the same way, and calls `onTaken` when the kernel has accepted it. */
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
   * Allows so many bytes above the limit until the peer has caught up, for the packets that a new
   * reader begins with.
   *
   * @param channel - Each stream has its own grant. A new grant for a channel replaces the old one,
   *   so that a client gains nothing by playing and pausing without reading. Up to 8 channels have
   *   a grant at a time.
   */
  grant(channel: number, sizeBytes: number): void {
    const before = this.#grants.get(channel)
    if (before === undefined && this.#grants.size >= maxGrants) return
    this.#grants.set(channel, sizeBytes)
    this.#maxBytes += sizeBytes - (before ?? 0)
  }

  /** Ends the stream after the waiting bytes have been written. */
  end(): void {
    this.#direct?.shut(this.#slot)
    this.#output.end()
  }

  /** Frees the slot, because the connection has closed. Idempotent. */
  release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#direct?.release(this.#slot)
  }

  /**
   * Measures the peer's backlog. Call it about twice a second.
   *
   * @returns Age of the oldest byte that the peer has not received, in milliseconds.
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

  /**
   * Decides about congestion, which ends only at half the limits, so that it does not change with
   * every packet.
   */
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

  /** Opens the slot if nothing waits in front of it and the connection carries media. */
  readonly #regulate = (): void => {
    if (!this.#direct || this.#isReleased) return
    const socket = this.#socket
    const isOpen = socket.writable && socket.writableLength === 0 && !this.#isCongested
    if (isOpen) this.#direct.open(this.#slot, socket)
    else this.#direct.shut(this.#slot)
  }

  /**
   * Closes the slot when Node destroys the socket. Node closes the descriptor, and the system
   * reuses its number for the next connection at once, so not even a send in the same turn is safe.
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
