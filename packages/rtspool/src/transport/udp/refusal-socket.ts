import type { NativeSockets } from '../system/native-sockets.js'
import { ipv6SocketAddressBytes, parseSocketAddress } from '../system/socket-address.js'
import type { DatagramDestination } from './datagram-group.js'

/** A UDP socket with its descriptor and the address that it is bound to. */
export interface BoundSocket {
  readonly descriptor: number
  readonly address: string
  readonly port: number
}

/**
 * Handlers of the errors and datagrams that {@link RefusalSocket.look} reads. The handlers may keep
 * the buffers.
 */
export interface RefusalHandlers {
  /**
   * Called for each ICMP error by which the destination refuses a datagram.
   *
   * @param quoted - Beginning of the refused datagram, as far as the ICMP message quotes it.
   */
  refused(quoted: Buffer): void
  /** Called for each datagram that was sent to the bound socket and arrived here. */
  received(datagram: Buffer, from: DatagramDestination): void
  closed(): void
}

// struct msghdr { name, namelen, iov, iovlen, control, controllen, flags }
const messageBytes = 56
/** Size in bytes of `struct iovec { base, len }`. */
const vectorBytes = 16
const controlBytes = 256
/**
 * Offset in a control message: `struct cmsghdr { len, level, type }`, then `struct sock_extended_err { errno, origin,
 * … }`.
 */
const errnoOffset = 16
const originOffset = 20
const smallestErrorBytes = 21
const originIcmp = 2
const originIcmp6 = 3
const econnrefused = 111
const msgErrqueue = 0x2000
const maxDatagramBytes = 65_535
/**
 * Maximum number of datagrams, and of errors, that one {@link RefusalSocket.look} reads. Further
 * ones wait for the next call.
 */
const maxMessages = 64

/** Buffer that all sockets share: received bytes are copied before anything else is received. */
const payload = Buffer.from(new ArrayBuffer(maxDatagramBytes))

/**
 * Detects that a destination refuses the datagrams of a UDP socket because nobody listens at its
 * port (ICMP port unreachable).
 *
 * Uses a second socket at the same address and port, connected to the destination, so that the
 * kernel reports the ICMP errors to it. The second socket sends nothing, and its errors do not
 * disturb the sending socket.
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

  /**
   * Opens a socket.
   *
   * @returns `undefined` if the system refuses, for example because the process has no more file
   * descriptors.
   */
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

  /** Reads the errors and datagrams that have arrived since the last call, and passes them to the handlers. */
  look(): void {
    if (this.#descriptor < 0) return
    for (let count = 0; count < maxMessages; count++) {
      const size = this.#receive(msgErrqueue)
      if (size < 0) break
      if (this.#isRefusal()) this.#handlers.refused(Buffer.from(payload.subarray(0, size)))
    }
    this.#readDatagrams()
  }

  /** Passes datagrams that have arrived to the handlers, and closes the socket. Idempotent. */
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
      // A refusal reported here as well says nothing about received datagrams.
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
