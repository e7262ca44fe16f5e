import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { descriptorOf, type NativeSockets } from '../system/native-sockets.js'
import type { SendThreads } from '../threads/send-threads.js'
import type { TokenOwner } from '../threads/write-token.js'
import { ChannelTable, type InterleavedCarrier, type WebSocketCarrier } from './channel-table.js'
import type { DirectSends, DirectSlot } from './direct-sends.js'
import { type MessageOutput, messageOf } from './message-header.js'

/** Limits on the data that a peer has not read. Above a limit, its connection is congested. */
export interface BacklogLimits {
  /** Maximum number of bytes of one connection that wait in this process until the peer reads. */
  readonly maxBytes: number
  /** Maximum age of the oldest byte that the peer has not acknowledged, in milliseconds. */
  readonly maxAgeMs: number
  /**
   * Milliseconds that a peer which was congested waits for a key frame before it is sent other
   * pictures.
   */
  readonly maxEntryWaitMs?: number
}

/**
 * Record of progress: `total` bytes had been written to the connection at the time `at`. It gives
 * the age of bytes that the peer acknowledges later.
 */
interface Mark {
  readonly total: number
  readonly at: number
}

/**
 * Maximum number of channels with a {@link StreamWriter.grant}, an allowance above the limit, at a
 * time. The number is enough for one session. Grants for further channels are ignored.
 */
const maxGrants = 8

/**
 * Maximum size in bytes of one gathered write. Copying more into one buffer costs more than a further system call
 * (bench/churn).
 */
const maxGatheredBytes = 65_536

/**
 * A message or frames that {@link StreamWriter.gather} has collected, to be written together with
 * others.
 */
interface GatheredWrite {
  readonly bytes: Buffer
  readonly onTaken: () => void
  /** Number of RTP packets in the bytes. */
  readonly packets: number
}

/**
 * Maximum number of stored {@link Mark}s: more than enough for two a second over ten seconds.
 * Further ones are not stored.
 */
const maxMarks = 64

/**
 * Writes RTSP messages and media to a TCP connection, and measures how many bytes the peer has not
 * read.
 *
 * While nothing waits in Node, bytes go to the kernel by a native call, at half the cost of a
 * stream's write. Bytes that the kernel does not accept are written to Node's stream. Bench:
 * bench/fanout.
 */
export class StreamWriter implements InterleavedCarrier, TokenOwner {
  readonly channels = new ChannelTable()
  /** Stream that is ended last: the socket itself, or the WebSocket on it, whose messages this writer makes. */
  readonly #output: Writable
  readonly #socket: Socket
  readonly #native: NativeSockets | undefined
  /**
   * Table by which native calls write to the connection; `undefined` if bytes may not go to the kernel unchanged, as
   * with TLS.
   */
  readonly #direct: DirectSends | undefined
  readonly #slot: number
  readonly #limits: BacklogLimits
  #isCongested = false
  /**
   * State of the connection. `open` = writes are accepted. `ending`, after {@link end} = waiting bytes, and those that
   * a send thread returns, are still written. `released`, after {@link release} = the connection has closed, and its
   * slot in {@link DirectSends} is given up.
   */
  #state: 'open' | 'ending' | 'released' = 'open'
  readonly #onLoss: () => void
  #maxBytes: number
  /**
   * Number of bytes that {@link grant} allows above the limit, by interleaved channel. `#maxBytes` includes their sum.
   */
  readonly #grants = new Map<number, number>()
  /** Number of bytes written through Node's stream instead of native calls. */
  #streamed = 0
  #marks: Mark[] = []
  /** Writes that {@link gather} has collected, in order; `undefined` while it is not running. */
  #gathered: GatheredWrite[] | undefined

  /**
   * Creates the writer of one connection.
   *
   * @param output - The socket, or a WebSocket on it.
   * @param sends - Table for native calls; `undefined` = all bytes go through the stream.
   * @param socket - The socket below `output`, if `output` is a WebSocket.
   * @param onLoss - Called when a send thread has failed with bytes of the connection. Default:
   *   destroys the socket.
   */
  constructor(
    output: MessageOutput,
    sends: DirectSends | undefined,
    limits: BacklogLimits,
    socket = output as Socket,
    onLoss = (): unknown => socket.destroy(),
  ) {
    this.#output = output
    this.#socket = socket
    this.#native = sends?.native
    // Bytes written to the descriptor of a TLS socket would be sent in the clear, amid its records.
    this.#direct = socket instanceof TLSSocket ? undefined : sends
    this.#limits = limits
    this.#maxBytes = limits.maxBytes
    this.#onLoss = onLoss
    this.#slot = this.#direct?.take(this) ?? -1
    if (this.#direct) this.#followDestruction()
    output.writeBy?.(this)
    this.#regulate()
  }

  /**
   * True while the peer has too much unread data, so that media should be left out. Writes and {@link sample} set it;
   * only {@link sample} clears it.
   */
  get isCongested(): boolean {
    return this.#isCongested
  }

  get queuedBytes(): number {
    return this.#socket.writableLength + (this.#threads?.tokens.pendingOn(this.#slot) ?? 0)
  }

  /** True while writes are accepted: until the connection is ended or destroyed. */
  get isWritable(): boolean {
    return this.#output.writable && this.#socket.writable && this.#state === 'open'
  }

  get maxEntryWaitMs(): number | undefined {
    return this.#limits.maxEntryWaitMs
  }

  /**
   * Number of the connection in {@link DirectSends}, for groups that send to many connections at
   * once; `undefined` if native calls are impossible.
   */
  get direct(): DirectSlot | undefined {
    return this.#direct && { sends: this.#direct, slot: this.#slot }
  }

  get webSocket(): WebSocketCarrier | undefined {
    return this.#output === this.#socket ? undefined : this
  }

  /** Number of bytes of this connection passed to the kernel so far, without those that TLS adds. */
  get bytesHandedOver(): number {
    const direct = this.#direct?.writtenOn(this.#slot) ?? 0
    return this.#streamed + direct - this.#socket.writableLength
  }

  /**
   * Calls `write`, and sends everything that `write` writes in few system calls: small writes are joined, up to 64
   * KiB. Without native calls, nothing is joined. If a group of viewers has asked for a send thread meanwhile, the thread
   * sends them, unless it is busy.
   */
  gather(write: () => void): void {
    // A thread sends each write in order. To take the write side back would cost more.
    const isElsewhere = this.#threads?.tokens.isOnMain(this.#slot) === false
    if (!this.#direct || this.#gathered || isElsewhere) {
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
      let sizeBytes = 0
      for (const { bytes } of gathered) sizeBytes += bytes.length
      this.#direct.giveIfWanted(this.#slot, sizeBytes)
      this.#writeGathered(gathered)
    }
  }

  /**
   * Writes all of `bytes`, at once or when the kernel accepts them; in a message of their own on a WebSocket. Does
   * nothing if the connection is closing. The buffer must not be changed afterwards.
   *
   * @param packets - Number of RTP packets in the bytes.
   */
  writeFrames(bytes: Buffer, packets = 0): void {
    this.writeWire(this.#wired(bytes), packets)
  }

  /** Writes bytes like {@link writeFrames}, but without a message around them. */
  writeWire(bytes: Buffer, packets = 0): void {
    if (!this.isWritable) return
    if (this.#gathered) {
      this.#gathered.push({ bytes, onTaken: this.#regulate, packets })
      return
    }
    const sent = this.#direct?.send(this.#slot, bytes) ?? 0
    if (sent === bytes.length || (sent === 0 && this.#post(bytes, undefined, packets))) return
    this.#queue(bytes.subarray(sent), this.#regulate)
  }

  /** Writes a message like {@link writeFrames}, and calls `onTaken` when the kernel has accepted all of it. */
  writeMessage(message: Buffer, onTaken: () => void): void {
    this.writeControl(this.#wired(message), onTaken)
  }

  /** Writes bytes like {@link writeWire}, and calls `onTaken` when the kernel has accepted all of them. */
  writeControl(bytes: Buffer, onTaken: () => void, packets = 0): void {
    if (!this.isWritable) return
    if (this.#gathered) {
      this.#gathered.push({ bytes, onTaken, packets })
      return
    }
    const sent = this.#direct?.send(this.#slot, bytes) ?? 0
    if (sent === bytes.length) {
      onTaken()
      return
    }
    if (sent === 0 && this.#post(bytes, onTaken, packets)) return
    this.#queue(bytes.subarray(sent), () => {
      onTaken()
      this.#regulate()
    })
  }

  /**
   * Allows `sizeBytes` above the limit until {@link sample} finds no bytes waiting in this process,
   * for the cached packets that a new viewer is sent first.
   *
   * @param channel - Channel of the stream. A new grant for a channel replaces the old one, so that
   * a client gains nothing by playing and pausing without reading. Up to 8 channels have a grant at
   * a time.
   */
  grant(channel: number, sizeBytes: number): void {
    const before = this.#grants.get(channel)
    if (before === undefined && this.#grants.size >= maxGrants) return
    this.#grants.set(channel, sizeBytes)
    this.#maxBytes += sizeBytes - (before ?? 0)
  }

  /** Ends the connection after all waiting bytes have been written. */
  end(): void {
    if (this.#state !== 'open') return
    const output = this.#output
    this.finish(() => {
      if (!output.destroyed) output.end()
    })
  }

  /**
   * Accepts no more writes, and calls a function when only the event loop may write to the socket: at once, or later.
   * A further call replaces a function that waits.
   */
  finish(writeLast: () => void): void {
    if (this.#state === 'released') {
      writeLast()
      return
    }
    this.#state = 'ending'
    this.#direct?.shut(this.#slot)
    if (this.#threads) this.#threads.tokens.whenOnMain(this.#slot, writeLast)
    else writeLast()
  }

  /**
   * Writes to the stream the bytes that a send thread has taken and not sent.
   *
   * @param onTaken - Called when the kernel has accepted the bytes.
   */
  writeBack(bytes: Buffer, onTaken: () => void = this.#regulate): void {
    if (!this.#socket.writable) return
    this.#queue(bytes, () => {
      onTaken()
      this.#regulate()
    })
  }

  writeSideReturned(): void {
    this.#regulate()
  }

  threadFailed(): void {
    // The thread may hold its duplicate of the descriptor for long.
    const descriptor = descriptorOf(this.#socket)
    if (descriptor !== undefined) this.#native?.shutdown(descriptor)
    this.#onLoss()
  }

  /**
   * Releases the connection's slot in {@link DirectSends}, because the connection has closed.
   * Idempotent.
   */
  release(): void {
    if (this.#state === 'released') return
    this.#state = 'released'
    this.#direct?.release(this.#slot)
  }

  /**
   * Measures how many bytes the peer has not read, and updates {@link isCongested}. Call it about
   * twice a second.
   *
   * @param now - Milliseconds of a monotonic clock.
   * @returns Age of the oldest byte that the peer has not acknowledged, in milliseconds.
   */
  sample(now: number): number {
    const waiting = this.#socket.writableLength
    const queued = waiting + this.#unacknowledgedBytes()
    const written = this.#streamed + (this.#direct?.writtenOn(this.#slot) ?? 0)
    const taken = written - queued
    while ((this.#marks[0]?.total ?? Number.POSITIVE_INFINITY) <= taken) this.#marks.shift()
    if (queued > 0 && this.#marks.length < maxMarks && this.#marks.at(-1)?.total !== written) {
      this.#marks.push({ total: written, at: now })
    }
    if (this.#grants.size > 0 && !this.#isWaiting) this.#revokeGrants()
    const ageMs = now - (this.#marks[0]?.at ?? now)
    this.#judge(this.queuedBytes, ageMs)
    return ageMs
  }

  get #threads(): SendThreads | undefined {
    return this.#direct?.threads
  }

  /** True while bytes wait in this process: in Node's stream, or for a send thread. */
  get #isWaiting(): boolean {
    return this.queuedBytes > 0 || this.#threads?.tokens.of(this.#slot)?.hasPosted === true
  }

  #post(bytes: Buffer, onTaken: (() => void) | undefined, packets: number): boolean {
    return this.#threads?.tokens.post(this.#slot, bytes, onTaken, packets) === true
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
    let packetCount = 0
    for (const { packets } of writes) packetCount += packets
    this.writeControl(
      bytes,
      () => {
        for (const { onTaken } of writes) onTaken()
      },
      packetCount,
    )
  }

  #revokeGrants(): void {
    this.#grants.clear()
    this.#maxBytes = this.#limits.maxBytes
  }

  /**
   * Updates whether the connection is congested, from the number of unread bytes in this process and the age of the
   * oldest unacknowledged byte. Congestion ends only at half the limits, so that it does not change with every packet.
   */
  #judge(waiting: number, ageMs: number): void {
    const share = this.#isCongested ? 0.5 : 1
    this.#isCongested = waiting > this.#maxBytes * share || ageMs > this.#limits.maxAgeMs * share
    this.#regulate()
  }

  #queue(bytes: Buffer, onTaken: () => void): void {
    this.#direct?.shut(this.#slot)
    this.#streamed += bytes.length
    this.#socket.write(bytes, onTaken)
    if (this.#socket.writableLength > this.#maxBytes) this.#isCongested = true
    this.#regulate()
  }

  /**
   * Allows native calls if no bytes wait in Node and the connection is not congested; otherwise
   * forbids them.
   */
  readonly #regulate = (): void => {
    if (!this.#direct || this.#state !== 'open') return
    const socket = this.#socket
    const isOpen = socket.writable && socket.writableLength === 0 && !this.#isCongested
    if (isOpen) this.#direct.open(this.#slot, socket)
    else this.#direct.shut(this.#slot)
  }

  /**
   * Forbids native calls when Node destroys the socket. Node then closes the file descriptor, and
   * the system may give the same number to the next connection. A later send could reach another
   * peer.
   */
  #followDestruction(): void {
    const socket = this.#socket
    const destroy = socket._destroy
    socket._destroy = (error, callback) => {
      this.#direct?.close(this.#slot)
      destroy.call(socket, error, callback)
    }
  }

  /** Returns bytes as the peer is sent them: on a WebSocket inside a message. */
  #wired(bytes: Buffer): Buffer {
    return this.webSocket ? messageOf(bytes) : bytes
  }

  #unacknowledgedBytes(): number {
    const descriptor = this.#native && descriptorOf(this.#socket)
    return descriptor === undefined ? 0 : (this.#native?.unacknowledgedBytes(descriptor) ?? 0)
  }
}
