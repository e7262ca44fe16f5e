import type { NativeSockets } from './native-sockets.js'
import { ipv6SocketAddressBytes, serializeSocketAddress } from './socket-address.js'

/** Where datagrams go. One object a reader: groups know their members by identity. */
export interface DatagramDestination {
  /** Numeric. */
  readonly address: string
  readonly port: number
}

/** Sends the same datagrams to all its members. */
export interface DatagramGroup {
  readonly size: number
  add(destination: DatagramDestination): void
  remove(destination: DatagramDestination): void
  /**
   * Sends each packet to each member, the packets of one member in order. Never blocks: what the kernel does
   * not take is dropped and counted.
   *
   * @param packets - Not kept.
   */
  send(packets: readonly Buffer[]): void
}

/** A group without system calls of its own: one `send` a packet and member. Node queues what the kernel does not take. */
export class PlainDatagramGroup implements DatagramGroup {
  readonly #members = new Set<DatagramDestination>()
  readonly #send: (packet: Buffer, port: number, address: string) => void
  readonly #hasRoom: (datagrams: number) => boolean

  /** @param hasRoom - Whether so many datagrams may be queued; where not, they are dropped, and it counts them. */
  constructor(
    send: (packet: Buffer, port: number, address: string) => void,
    hasRoom: (datagrams: number) => boolean,
  ) {
    this.#send = send
    this.#hasRoom = hasRoom
  }

  get size(): number {
    return this.#members.size
  }

  add(destination: DatagramDestination): void {
    this.#members.add(destination)
  }

  remove(destination: DatagramDestination): void {
    this.#members.delete(destination)
  }

  send(packets: readonly Buffer[]): void {
    if (!this.#hasRoom(packets.length * this.#members.size)) return
    for (const { address, port } of this.#members) {
      for (const packet of packets) this.#send(packet, port, address)
    }
  }
}

// struct mmsghdr { struct msghdr { name, namelen, iov, iovlen, control, controllen, flags }, len }
const messageBytes = 64
const nameOffset = 0
const nameLengthOffset = 8
const vectorOffset = 16
const vectorCountOffset = 24
const controlOffset = 32
const controlLengthOffset = 40
/** `struct iovec { base, len }` */
const vectorBytes = 16
/** `struct cmsghdr { len, level, type }`, then the 16-bit segment size, padded to 8. */
const controlBytes = 24
const controlHeaderBytes = 16
const controlDataBytes = 2
const solUdp = 17
const udpSegment = 103

/** Messages of one `sendmmsg`: the kernel takes no more (UIO_MAXIOV). */
const maxMessages = 1024
/** Datagrams of one segmented message (UDP_MAX_SEGMENTS of the oldest kernels that have it). */
const maxSegments = 64
/** 65535 - 20 (IPv4) - 8 (UDP) */
const maxMessagePayload = 65_507
/** 1500 (Ethernet) - 20 (IPv4) - 8 (UDP): larger packets are fragmented by IP, which segmentation cannot do. */
const maxSegmentBytes = 1472
const initialCapacity = 16

/** The queue of the interface is full. */
const eagain = 11
const enobufs = 105
/** The route cannot be used with segmentation: its MTU is small, or it is encrypted. */
const einval = 22
const eio = 5

/** Packets of equal size (the last may be shorter) that lie one after the other in the payload. */
interface Run {
  readonly offset: number
  readonly sizeBytes: number
  readonly segmentBytes: number
  readonly packetCount: number
}

/** Counts of what the kernel did not take. */
export interface DatagramLoss {
  sendErrors: number
}

/**
 * A group that leaves in one system call a run of packets: `sendmmsg` with one message a member, and
 * `UDP_SEGMENT` cutting each message into packets of equal size (the last may be shorter).
 *
 * ```text
 * messages: [ name 0 | vector | control ] [ name 1 | vector | control ] …   one a member
 *               │        │         └──────────────┬──────────┘
 *               ▼        └───────────┬────────────┼─────────┘
 *           addresses            one vector   one control      shared by all, rewritten each run
 * ```
 *
 * The tables change only when members come and go. Bench: bench/fanout.
 */
export class BatchedDatagramGroup implements DatagramGroup {
  readonly #native: NativeSockets
  readonly #descriptor: () => number
  readonly #isSegmenting: boolean
  readonly #loss: DatagramLoss
  readonly #slots = new Map<DatagramDestination, number>()
  readonly #members: DatagramDestination[] = []
  readonly #vector = allocate(vectorBytes)
  readonly #control = allocate(controlBytes)
  #capacity = 0
  #names = allocate(0)
  #messages = allocate(0)
  #messagesAddress = 0n
  /** Packets of a run, one after the other. */
  readonly #payload = allocate(maxMessagePayload)
  readonly #payloadAddress: bigint
  /** Where the next call begins, so that a full queue does not always hit the same members. */
  #start = 0

  /** @param descriptor - Of the socket; negative once that is closed: its number may belong to another by then. */
  constructor(
    native: NativeSockets,
    descriptor: () => number,
    options: { readonly isSegmenting: boolean; readonly loss: DatagramLoss },
  ) {
    this.#native = native
    this.#descriptor = descriptor
    this.#isSegmenting = options.isSegmenting
    this.#loss = options.loss
    this.#payloadAddress = native.addressOf(this.#payload)
    this.#control.writeBigUInt64LE(BigInt(controlHeaderBytes + controlDataBytes), 0)
    this.#control.writeInt32LE(solUdp, 8)
    this.#control.writeInt32LE(udpSegment, 12)
    this.#grow(initialCapacity)
  }

  get size(): number {
    return this.#members.length
  }

  add(destination: DatagramDestination): void {
    if (this.#slots.has(destination)) return
    const slot = this.#members.length
    if (slot === this.#capacity) this.#grow(this.#capacity * 2)
    this.#members.push(destination)
    this.#slots.set(destination, slot)
    this.#writeName(slot, destination)
  }

  /** The last member takes the place of the one that goes. */
  remove(destination: DatagramDestination): void {
    const slot = this.#slots.get(destination)
    if (slot === undefined) return
    this.#slots.delete(destination)
    const last = this.#members.pop()
    if (last === undefined || last === destination) return
    this.#members[slot] = last
    this.#slots.set(last, slot)
    this.#writeName(slot, last)
  }

  send(packets: readonly Buffer[]): void {
    if (this.#members.length === 0) return
    for (let first = 0; first < packets.length; ) first = this.#sendRun(packets, first)
  }

  /** Sends the longest run of packets that fits one message. @returns Index of the packet after it. */
  #sendRun(packets: readonly Buffer[], first: number): number {
    const segmentBytes = packets[first]?.length ?? 0
    const isCut = this.#isSegmenting && segmentBytes <= maxSegmentBytes
    const end = isCut ? Math.min(packets.length, first + maxSegments) : first + 1
    let sizeBytes = 0
    let next = first
    while (next < end) {
      const packet = packets[next] as Buffer
      // An empty segment would be no segment.
      if (packet.length === 0 && next > first) break
      if (packet.length > segmentBytes || sizeBytes + packet.length > maxMessagePayload) break
      packet.copy(this.#payload, sizeBytes)
      sizeBytes += packet.length
      next++
      // Only the last segment may be shorter than the others.
      if (packet.length < segmentBytes) break
    }
    if (next === first) {
      // Larger than any datagram: a TCP publisher may send such packets.
      this.#loss.sendErrors += this.#members.length
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
  }

  /** Makes all messages carry this piece of the payload. */
  #point({ offset, sizeBytes, segmentBytes, packetCount }: Run): void {
    this.#vector.writeBigUInt64LE(this.#payloadAddress + BigInt(offset), 0)
    this.#vector.writeUInt32LE(sizeBytes, 8)
    // A segment size of 0 means: one datagram.
    this.#control.writeUInt16LE(packetCount > 1 ? segmentBytes : 0, controlHeaderBytes)
  }

  /** @returns `false` when the queue is full and the rest was dropped. */
  #sendSlots(from: number, to: number, run: Run): boolean {
    for (let slot = from; slot < to; ) {
      const count = Math.min(maxMessages, to - slot)
      const sent = this.#sendMessages(slot, count)
      if (sent > 0) {
        slot += sent
        continue
      }
      const error = this.#native.lastError()
      if (error === eagain || error === enobufs) {
        this.#loss.sendErrors += (to - slot) * run.packetCount
        this.#start = slot
        return false
      }
      if (run.packetCount > 1 && (error === einval || error === eio)) this.#sendSingly(slot, run)
      else this.#loss.sendErrors += run.packetCount
      slot++
    }
    return true
  }

  /** Sends the packets of a run to one member as datagrams of their own. */
  #sendSingly(slot: number, run: Run): void {
    for (let offset = 0; offset < run.sizeBytes; offset += run.segmentBytes) {
      const sizeBytes = Math.min(run.segmentBytes, run.sizeBytes - offset)
      this.#point({ offset, sizeBytes, segmentBytes: sizeBytes, packetCount: 1 })
      if (this.#sendMessages(slot, 1) < 1) this.#loss.sendErrors++
    }
    this.#point(run)
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
    this.#members.forEach((member, slot) => {
      this.#writeName(slot, member)
    })
  }

  #writeName(slot: number, { address, port }: DatagramDestination): void {
    const name = serializeSocketAddress(address, port)
    name.copy(this.#names, slot * ipv6SocketAddressBytes)
    this.#messages.writeUInt32LE(name.length, slot * messageBytes + nameLengthOffset)
  }
}

/** Memory at a fixed address: never inside the heap of the engine, where small arrays may move. */
function allocate(sizeBytes: number): Buffer {
  return Buffer.from(new ArrayBuffer(sizeBytes))
}
