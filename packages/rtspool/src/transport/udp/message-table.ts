import type { NativeSockets } from '../system/native-sockets.js'
import { ipv6SocketAddressBytes, serializeSocketAddress } from '../system/socket-address.js'
import type { DatagramDestination } from './datagram-group.js'

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

/**
 * Maximum number of datagrams in one segmented message: UDP_MAX_SEGMENTS of the oldest kernels that support
 * segmentation.
 */
const maxSegments = 64
/** Maximum bytes of one message: 65535 - 20 (IPv4) - 8 (UDP). */
const maxMessagePayload = 65_507
const initialCapacity = 16

/**
 * Packets that lie one after the other in the payload buffer, all of the same size except that the last may be
 * shorter.
 */
export interface Run {
  readonly offset: number
  readonly sizeBytes: number
  readonly segmentBytes: number
  readonly packetCount: number
}

/**
 * Memory from which `sendmmsg` reads a run of packets (packets of one message) and its
 * destinations, one slot for each destination.
 *
 * ```text
 * messages: [ name 0 | vector | control ] [ name 1 | vector | control ] …   one a slot
 *               │        │         └──────────────┬──────────┘
 *               ▼        └───────────┬────────────┼─────────┘
 *           addresses            one vector   one control      shared by all, rewritten each run
 * ```
 */
export class MessageTable {
  readonly #native: NativeSockets
  readonly #isSegmenting: boolean
  readonly #vector = allocate(vectorBytes)
  readonly #control = allocate(controlBytes)
  /** Memory with the packets of the present {@link Run}, one after the other. */
  readonly #payload = allocate(maxMessagePayload)
  readonly #payloadAddress: bigint
  #capacity = 0
  #names = allocate(0)
  #messages = allocate(0)
  #messagesAddress = 0n

  /**
   * Allocates the memory for messages to some destinations.
   *
   * @param isSegmenting - True if the kernel can cut one message into several datagrams.
   */
  constructor(native: NativeSockets, isSegmenting: boolean) {
    this.#native = native
    this.#isSegmenting = isSegmenting
    this.#payloadAddress = native.addressOf(this.#payload)
    this.#control.writeBigUInt64LE(BigInt(controlHeaderBytes + controlDataBytes), 0)
    this.#control.writeInt32LE(solUdp, 8)
    this.#control.writeInt32LE(udpSegment, 12)
    this.grow([], initialCapacity)
  }

  /** Number of destinations (slots) for which memory is allocated. */
  get capacity(): number {
    return this.#capacity
  }

  /**
   * Copies as many packets, from one index on, as fit into one message.
   *
   * @param first - Index of the first packet of the run.
   * @returns A run of no packets if the first one is larger than any datagram.
   */
  fill(packets: readonly Buffer[], first: number): Run {
    const segmentBytes = packets[first]?.length ?? 0
    const end = this.#isSegmenting ? Math.min(packets.length, first + maxSegments) : first + 1
    let sizeBytes = 0
    let next = first
    while (next < end) {
      const packet = packets[next] as Buffer
      // An empty segment would not be sent at all.
      if (packet.length === 0 && next > first) break
      if (packet.length > segmentBytes || sizeBytes + packet.length > maxMessagePayload) break
      const copiedBytes = this.#copy(packet, sizeBytes)
      sizeBytes += copiedBytes
      next++
      // Only the last segment may be shorter than the others.
      if (copiedBytes < segmentBytes) break
    }
    return { offset: 0, sizeBytes, segmentBytes, packetCount: next - first }
  }

  /** Copies a packet to a position. @returns Number of bytes; 0 if the application has given the memory away. */
  #copy(packet: Buffer, at: number): number {
    try {
      return packet.copy(this.#payload, at)
    } catch {
      // A view that has lost its memory should be empty. If it names another length, nothing can be copied.
      return 0
    }
  }

  /**
   * Makes the messages for all destinations refer to the packets of a run, and sets the segment size for the kernel.
   */
  point({ offset, sizeBytes, segmentBytes, packetCount }: Run): void {
    this.#vector.writeBigUInt64LE(this.#payloadAddress + BigInt(offset), 0)
    this.#vector.writeUInt32LE(sizeBytes, 8)
    // A segment size of 0 means one datagram.
    this.#control.writeUInt16LE(packetCount > 1 ? segmentBytes : 0, controlHeaderBytes)
  }

  /**
   * Sends the run (the packets of one message) to the destinations of `count` slots, from `slot` on. @returns Number of
   * messages that the kernel accepted; below 1 = an error.
   */
  send(descriptor: number, slot: number, count: number): number {
    const address = this.#messagesAddress + BigInt(slot * messageBytes)
    return this.#native.sendmmsg(descriptor, address, count)
  }

  /** Allocates memory for more destinations (slots), and writes the addresses of all members again. */
  grow(members: readonly DatagramDestination[], capacity = this.#capacity * 2): void {
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
    members.forEach((member, slot) => {
      this.place(slot, member)
    })
  }

  /** Writes the address and port of a destination into the memory of a slot. */
  place(slot: number, { address, port }: DatagramDestination): void {
    const name = serializeSocketAddress(address, port)
    name.copy(this.#names, slot * ipv6SocketAddressBytes)
    this.#messages.writeUInt32LE(name.length, slot * messageBytes + nameLengthOffset)
  }
}

/** Allocates memory at a fixed address: outside of V8's heap, which may move small arrays. */
function allocate(sizeBytes: number): Buffer {
  return Buffer.from(new ArrayBuffer(sizeBytes))
}
