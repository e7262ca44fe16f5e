import type { NativeSockets } from '../system/native-sockets.js'
import { ipv6SocketAddressBytes, parseSocketAddress } from '../system/socket-address.js'
import type { DatagramDestination } from './datagram-group.js'

/** Where the datagrams of a socket come from and go to. */
export interface BoundSocket {
  readonly descriptor: number
  readonly address: string
  readonly port: number
}

/** What a look brings. The buffers are the receiver's to keep. */
export interface RefusalHandlers {
  /** @param quoted - The beginning of the datagram that was refused, as far as it came back. */
  refused(quoted: Buffer): void
  /** A datagram that came for the socket beside. */
  received(datagram: Buffer, from: DatagramDestination): void
  closed(): void
}

// struct msghdr { name, namelen, iov, iovlen, control, controllen, flags }
const messageBytes = 56
/** `struct iovec { base, len }` */
const vectorBytes = 16
const controlBytes = 256
/** `struct cmsghdr { len, level, type }` in front of `struct sock_extended_err { errno, origin, … }`. */
const errnoOffset = 16
const originOffset = 20
const smallestErrorBytes = 21
const originIcmp = 2
const originIcmp6 = 3
const econnrefused = 111
const msgErrqueue = 0x2000
const maxDatagramBytes = 65_535
/** Of each kind, in one look: the rest waits for the next one. */
const maxMessages = 64

/** One for all: what is received is copied before anything else is. */
const payload = Buffer.from(new ArrayBuffer(maxDatagramBytes))

/**
 * Learns when one destination refuses what a UDP socket sends it: nobody listens at its port (ICMP port
 * unreachable). It is a second socket at the same place, connected to the destination, so that the kernel gives it
 * what comes from there; nothing is sent through it, and the errors do not disturb the socket that sends.
 */
export class RefusalSocket {
  readonly #native: NativeSockets
  readonly #handlers: RefusalHandlers
  readonly #name = Buffer.from(new ArrayBuffer(ipv6SocketAddressBytes))
  readonly #control = Buffer.from(new ArrayBuffer(controlBytes))
  readonly #vector = Buffer.from(new ArrayBuffer(vectorBytes))
  readonly #message = Buffer.from(new ArrayBuffer(messageBytes))
  #descriptor: number

  private constructor(native: NativeSockets, descriptor: number, handlers: RefusalHandlers) {
    this.#native = native
    this.#descriptor = descriptor
    this.#handlers = handlers
    this.#vector.writeBigUInt64LE(native.addressOf(payload), 0)
    this.#vector.writeBigUInt64LE(BigInt(payload.length), 8)
    this.#message.writeBigUInt64LE(native.addressOf(this.#name), 0)
    this.#message.writeBigUInt64LE(native.addressOf(this.#vector), 16)
    this.#message.writeBigUInt64LE(1n, 24)
    this.#message.writeBigUInt64LE(native.addressOf(this.#control), 32)
  }

  /** @returns `undefined` when the system does not let us, for example for want of descriptors. */
  static open(
    native: NativeSockets,
    bound: BoundSocket,
    destination: DatagramDestination,
    handlers: RefusalHandlers,
  ): RefusalSocket | undefined {
    const descriptor = native.connectBeside(bound.descriptor, bound, destination)
    if (descriptor < 0) return undefined
    const socket = new RefusalSocket(native, descriptor, handlers)
    socket.#readDatagrams()
    return socket
  }

  /** Reads what has come since the last look. */
  look(): void {
    if (this.#descriptor < 0) return
    for (let count = 0; count < maxMessages; count++) {
      const size = this.#receive(msgErrqueue)
      if (size < 0) break
      if (this.#isRefusal()) this.#handlers.refused(Buffer.from(payload.subarray(0, size)))
    }
    this.#readDatagrams()
  }

  /** Idempotent. */
  close(): void {
    if (this.#descriptor < 0) return
    this.#readDatagrams()
    this.#native.close(this.#descriptor)
    this.#descriptor = -1
    this.#handlers.closed()
  }

  #readDatagrams(): void {
    for (let count = 0; count < maxMessages; count++) {
      const size = this.#receive(0)
      // A refusal that is reported here as well says nothing about what has come.
      if (size < 0 && this.#native.lastError() === econnrefused) continue
      if (size < 0) return
      const datagram = Buffer.from(payload.subarray(0, size))
      this.#handlers.received(datagram, parseSocketAddress(this.#name))
    }
  }

  #isRefusal(): boolean {
    if (Number(this.#message.readBigUInt64LE(40)) < smallestErrorBytes) return false
    const origin = this.#control.readUInt8(originOffset)
    const isIcmp = origin === originIcmp || origin === originIcmp6
    return isIcmp && this.#control.readUInt32LE(errnoOffset) === econnrefused
  }

  #receive(flags: number): number {
    this.#message.writeUInt32LE(this.#name.length, 8)
    this.#message.writeBigUInt64LE(BigInt(this.#control.length), 40)
    const address = this.#native.addressOf(this.#message)
    const size = this.#native.recvmsg(this.#descriptor, address, flags)
    return Math.min(size, payload.length)
  }
}
