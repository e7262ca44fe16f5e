import { getSystemErrorName } from 'node:util'
import type { NativeSockets } from '../system/native-sockets.js'
import { ipv6SocketAddressBytes, serializeSocketAddress } from '../system/socket-address.js'
import {
  countLost,
  type DatagramDestination,
  type DatagramGroup,
  type DatagramLoss,
  type DatagramObserver,
} from './datagram-group.js'
import { type RouteMemory, SegmentLimits } from './segment-limits.js'

// struct mmsghdr { struct msghdr { name, namelen, iov, iovlen, control, controllen, flags }, len }
const messageBytes = 64
const nameOffset = 0
const nameLengthOffset = 8
const vectorOffset = 16
const vectorCountOffset = 24
const controlOffset = 32
const controlLengthOffset = 40
/** Size in bytes of `struct iovec { base, len }`. */
const vectorBytes = 16
/** Size in bytes of `struct cmsghdr { len, level, type }` with the 16-bit segment size, padded to 8. */
const controlBytes = 24
const controlHeaderBytes = 16
const controlDataBytes = 2
const solUdp = 17
const udpSegment = 103

/** Maximum number of messages in one `sendmmsg` call (UIO_MAXIOV). More are sent by further calls. */
const maxMessages = 1024
/**
 * Maximum number of datagrams in one segmented message: UDP_MAX_SEGMENTS of the oldest kernels that support
 * segmentation.
 */
const maxSegments = 64
/** Maximum bytes of one message: 65535 - 20 (IPv4) - 8 (UDP). */
const maxMessagePayload = 65_507
const initialCapacity = 16

/** Error codes of the system for a full send queue. */
const eagain = 11
const enobufs = 105
/** Error codes for a segment above the MTU of the route: EINVAL before Linux 6.14, EMSGSIZE since. */
const einval = 22
const emsgsize = 90
/** Error code for a route that accepts no segments of any size, because it is encrypted (IPsec). */
const eio = 5

/**
 * Packets that lie one after the other in the payload buffer, all of the same size except that the last may be
 * shorter.
 */
interface Run {
  readonly offset: number
  readonly sizeBytes: number
  readonly segmentBytes: number
  readonly packetCount: number
}

export interface BatchedDatagramGroupOptions {
  /** True if the kernel can cut one message into several datagrams (`UDP_SEGMENT`). */
  readonly isSegmenting: boolean
  readonly loss: DatagramLoss
  /**
   * Segment sizes that routes have refused, shared by the groups of one socket. Default: a memory for this group
   * alone.
   */
  readonly routes?: RouteMemory | undefined
}

/**
 * Sends packets to all members in few system calls: `sendmmsg` with one message for each member. A message contains a
 * run of packets of equal size (the last may be shorter), and the kernel cuts it into datagrams (`UDP_SEGMENT`).
 *
 * ```text
 * messages: [ name 0 | vector | control ] [ name 1 | vector | control ] …   one a member
 *               │        │         └──────────────┬──────────┘
 *               ▼        └───────────┬────────────┼─────────┘
 *           addresses            one vector   one control      shared by all, rewritten each run
 * ```
 *
 * The tables change only when a member is added or removed. Bench: bench/fanout.
 */
export class BatchedDatagramGroup implements DatagramGroup {
  readonly #native: NativeSockets
  readonly #descriptor: () => number
  readonly #isSegmenting: boolean
  readonly #loss: DatagramLoss
  readonly #limits: SegmentLimits
  readonly #slots = new Map<DatagramDestination, number>()
  readonly #members: DatagramDestination[] = []
  /** Observer of each member, at the same index as in `#members`. */
  readonly #observers: (DatagramObserver | undefined)[] = []
  readonly #vector = allocate(vectorBytes)
  readonly #control = allocate(controlBytes)
  #capacity = 0
  #names = allocate(0)
  #messages = allocate(0)
  #messagesAddress = 0n
  /** Packets of the present {@link Run}, one after the other. */
  readonly #payload = allocate(maxMessagePayload)
  readonly #payloadAddress: bigint
  /**
   * Slot at which the next call begins. A call that ends at a full queue sets it, so that not always the same members
   * lose packets.
   */
  #start = 0

  /**
   * @param descriptor - Returns the descriptor of the socket, or a negative number once the socket is closed. The
   *   number of a closed descriptor may belong to another socket.
   */
  constructor(
    native: NativeSockets,
    descriptor: () => number,
    options: BatchedDatagramGroupOptions,
  ) {
    this.#native = native
    this.#descriptor = descriptor
    this.#isSegmenting = options.isSegmenting
    this.#loss = options.loss
    this.#limits = new SegmentLimits(options.routes ?? new WeakMap())
    this.#payloadAddress = native.addressOf(this.#payload)
    this.#control.writeBigUInt64LE(BigInt(controlHeaderBytes + controlDataBytes), 0)
    this.#control.writeInt32LE(solUdp, 8)
    this.#control.writeInt32LE(udpSegment, 12)
    this.#grow(initialCapacity)
  }

  get size(): number {
    return this.#members.length
  }

  add(destination: DatagramDestination, observer?: DatagramObserver): void {
    if (this.#slots.has(destination)) return
    const slot = this.#members.length
    if (slot === this.#capacity) this.#grow(this.#capacity * 2)
    this.#members.push(destination)
    this.#observers.push(observer)
    this.#slots.set(destination, slot)
    this.#place(slot, destination)
  }

  /** Removes a member. The last member moves to the freed slot. */
  remove(destination: DatagramDestination): void {
    const slot = this.#slots.get(destination)
    if (slot === undefined) return
    this.#slots.delete(destination)
    const last = this.#members.pop()
    const observer = this.#observers.pop()
    this.#limits.clear(this.#members.length)
    if (last === undefined || last === destination) return
    this.#members[slot] = last
    this.#observers[slot] = observer
    this.#slots.set(last, slot)
    this.#place(slot, last)
  }

  send(packets: readonly Buffer[]): void {
    if (this.#members.length === 0) return
    for (let first = 0; first < packets.length; ) first = this.#sendRun(packets, first)
  }

  /**
   * Sends as many packets from `first` on as one message can contain.
   *
   * @returns Index of the first packet that was not sent.
   */
  #sendRun(packets: readonly Buffer[], first: number): number {
    const segmentBytes = packets[first]?.length ?? 0
    const end = this.#isSegmenting ? Math.min(packets.length, first + maxSegments) : first + 1
    let sizeBytes = 0
    let next = first
    while (next < end) {
      const packet = packets[next] as Buffer
      // An empty segment would not be sent at all.
      if (packet.length === 0 && next > first) break
      if (packet.length > segmentBytes || sizeBytes + packet.length > maxMessagePayload) break
      packet.copy(this.#payload, sizeBytes)
      sizeBytes += packet.length
      next++
      // Only the last segment may be shorter than the others.
      if (packet.length < segmentBytes) break
    }
    if (next === first) {
      // The packet is larger than any datagram: a TCP publisher may send such packets.
      this.#lose(0, this.#members.length, 1, { sizeBytes: segmentBytes, error: emsgsize })
      return first + 1
    }
    this.#sendToAll({ offset: 0, sizeBytes, segmentBytes, packetCount: next - first })
    return next
  }

  #sendToAll(run: Run): void {
    this.#point(run)
    const count = this.#members.length
    const start = this.#start % count
    if (this.#sendSlots(start, count, run)) this.#sendSlots(0, start, run)
    else this.#lose(0, start, run.packetCount, { sizeBytes: run.sizeBytes, error: eagain })
  }

  /** Points all `sendmmsg` messages at a run of the payload, and sets the segment size for the kernel. */
  #point({ offset, sizeBytes, segmentBytes, packetCount }: Run): void {
    this.#vector.writeBigUInt64LE(this.#payloadAddress + BigInt(offset), 0)
    this.#vector.writeUInt32LE(sizeBytes, 8)
    // A segment size of 0 means one datagram.
    this.#control.writeUInt16LE(packetCount > 1 ? segmentBytes : 0, controlHeaderBytes)
  }

  /**
   * Sends a {@link Run} to the members from slot `from` up to `to`.
   *
   * @returns `false` if the queue was full. The packets of the remaining members are then dropped.
   */
  #sendSlots(from: number, to: number, run: Run): boolean {
    const { packetCount, sizeBytes } = run
    for (let slot = from; slot < to; ) {
      const isRefused = packetCount > 1 && this.#limits.refuses(slot, run.segmentBytes)
      const end = this.#endOfStretch(slot, to, run, isRefused)
      if (isRefused) {
        if (!this.#sendSingly(slot, end, run)) {
          this.#lose(end, to, packetCount, { sizeBytes, error: eagain })
          return false
        }
        slot = end
        continue
      }
      const sent = this.#sendMessages(slot, Math.min(maxMessages, end - slot))
      if (sent > 0) {
        if (packetCount === 1) this.#countFragmented(slot, slot + sent, sizeBytes)
        slot += sent
        continue
      }
      const error = this.#native.lastError()
      if (error === eagain || error === enobufs) {
        this.#lose(slot, to, packetCount, { sizeBytes, error })
        this.#start = slot
        return false
      }
      // The next round sends single packets to a slot that has just been limited.
      if (packetCount > 1 && isOfRoute(error)) this.#limit(slot, run, error)
      else this.#lose(slot, ++slot, packetCount, { sizeBytes, error })
    }
    return true
  }

  /**
   * Returns the end of a series of members, from `slot` on, whose routes all accept the run's segments or all refuse
   * them.
   *
   * @returns First slot after the series.
   */
  #endOfStretch(slot: number, to: number, run: Run, isRefused: boolean): number {
    if (this.#limits.count === 0 || run.packetCount === 1) return to
    let end = slot + 1
    while (end < to && this.#limits.refuses(end, run.segmentBytes) === isRefused) end++
    return end
  }

  #limit(slot: number, { segmentBytes }: Run, error: number): void {
    const member = this.#members[slot] as DatagramDestination
    const largest = error === eio ? 0 : segmentBytes - 1
    this.#limits.limit(slot, member, largest)
    if (largest > 0) this.#observers[slot]?.fragmented(member, segmentBytes)
  }

  /**
   * Sends the packets of a {@link Run} to some members as single datagrams.
   *
   * @returns `false` if the queue was full. The remaining packets are then dropped.
   */
  #sendSingly(from: number, to: number, run: Run): boolean {
    let isTaken = true
    for (let offset = 0; offset < run.sizeBytes; offset += run.segmentBytes) {
      const sizeBytes = Math.min(run.segmentBytes, run.sizeBytes - offset)
      if (isTaken) {
        const piece = { offset, sizeBytes, segmentBytes: sizeBytes, packetCount: 1 }
        this.#point(piece)
        isTaken = this.#sendSlots(from, to, piece)
      } else this.#lose(from, to, 1, { sizeBytes, error: eagain })
    }
    for (let slot = from; slot < to; slot++) {
      this.#limits.noteRun(slot, this.#members[slot] as DatagramDestination)
    }
    this.#point(run)
    return isTaken
  }

  #countFragmented(from: number, to: number, sizeBytes: number): void {
    if (this.#limits.count === 0) return
    for (let slot = from; slot < to; slot++) {
      if (this.#limits.fragments(slot, sizeBytes)) this.#loss.fragmentedPackets++
    }
  }

  /** Counts packets as lost for the members from slot `from` up to `to`, and calls their observers. */
  #lose(
    from: number,
    to: number,
    packets: number,
    { sizeBytes, error }: { readonly sizeBytes: number; readonly error: number },
  ): void {
    for (let slot = from; slot < to; slot++) {
      const member = this.#members[slot] as DatagramDestination
      countLost(this.#loss, member, packets, sizeBytes)
      this.#observers[slot]?.unsent(member, getSystemErrorName(-error))
    }
  }

  #sendMessages(slot: number, count: number): number {
    const address = this.#messagesAddress + BigInt(slot * messageBytes)
    return this.#native.sendmmsg(this.#descriptor(), address, count)
  }

  #grow(capacity: number): void {
    this.#capacity = capacity
    this.#names = allocate(capacity * ipv6SocketAddressBytes)
    this.#messages = allocate(capacity * messageBytes)
    this.#messagesAddress = this.#native.addressOf(this.#messages)
    const names = this.#native.addressOf(this.#names)
    const vector = this.#native.addressOf(this.#vector)
    const control = this.#native.addressOf(this.#control)
    for (let slot = 0; slot < capacity; slot++) {
      const at = slot * messageBytes
      const name = names + BigInt(slot * ipv6SocketAddressBytes)
      this.#messages.writeBigUInt64LE(name, at + nameOffset)
      this.#messages.writeBigUInt64LE(vector, at + vectorOffset)
      this.#messages.writeBigUInt64LE(1n, at + vectorCountOffset)
      if (!this.#isSegmenting) continue
      this.#messages.writeBigUInt64LE(control, at + controlOffset)
      this.#messages.writeBigUInt64LE(BigInt(controlBytes), at + controlLengthOffset)
    }
    this.#limits.grow(capacity)
    this.#members.forEach((member, slot) => {
      this.#writeName(slot, member)
    })
  }

  #place(slot: number, destination: DatagramDestination): void {
    this.#limits.place(slot, destination)
    this.#writeName(slot, destination)
  }

  #writeName(slot: number, { address, port }: DatagramDestination): void {
    const name = serializeSocketAddress(address, port)
    name.copy(this.#names, slot * ipv6SocketAddressBytes)
    this.#messages.writeUInt32LE(name.length, slot * messageBytes + nameLengthOffset)
  }
}

/** Returns whether an error means that the route refuses segments of this size. */
const isOfRoute = (error: number): boolean =>
  error === emsgsize || error === einval || error === eio

/** Allocates memory at a fixed address: outside of V8's heap, which may move small arrays. */
function allocate(sizeBytes: number): Buffer {
  return Buffer.from(new ArrayBuffer(sizeBytes))
}
