import type { Socket } from 'node:net'
import { getSystemErrorName } from 'node:util'
import { ffiLibc } from './ffi-libc.js'
import { koffiLibc } from './koffi-libc.js'
import { type Libc, msgDontwait, msgNosignal } from './libc.js'
import { isNode } from './runtime.js'
import { ipv6SocketAddressBytes, serializeSocketAddress } from './socket-address.js'

/**
 * System calls on the descriptors of Node's sockets, for tasks that Node has no function for. Examples: many
 * datagrams in one call, the length of the kernel's send queue. Loaded through the optional package `koffi`, or
 * `node:ffi` of Node 26.
 */
export interface NativeSockets {
  /**
   * Creates a UDP socket and binds it, as `socket(2)` and `bind(2)` do. An IPv6 socket does not receive IPv4.
   *
   * @returns The descriptor, which the caller owns.
   * @throws A system error with `code`, as Node's own `bind` throws it.
   */
  bindDatagram(address: string, port: number): number
  /**
   * Opens a second UDP socket at the address and port of another one, connected to `destination`.
   * It receives datagrams from `destination`, and ICMP errors for datagrams that either socket sent
   * there (`IP_RECVERR`). The port stays closed to other programs.
   *
   * @param descriptor - Descriptor of the socket that is bound to `address` and `port`.
   * @returns The descriptor, which the caller owns, or -1. Datagrams from other senders may have
   *   reached the socket before it was connected: the caller must read them.
   */
  connectBeside(
    descriptor: number,
    bound: { readonly address: string; readonly port: number },
    destination: { readonly address: string; readonly port: number },
  ): number
  /**
   * Sets the hop limit of multicast from an IPv6 socket (`IPV6_MULTICAST_HOPS`). Node sets the IPv4
   * option instead on a socket that was opened from a descriptor.
   *
   * @param hops - 0 to 255.
   * @returns `true` if the kernel accepted the value.
   */
  setMulticastHops(descriptor: number, hops: number): boolean
  /**
   * Receives a datagram or an error (`recvmsg(2)`), without blocking.
   *
   * @param message - Address of a `struct msghdr`.
   * @returns Number of bytes received, or -1; see {@link lastError}.
   */
  recvmsg(descriptor: number, message: bigint, flags: number): number
  close(descriptor: number): void
  /**
   * Duplicates a descriptor (`fcntl(F_DUPFD_CLOEXEC)`).
   *
   * @returns The duplicate, which the caller owns; -1 if the process has too many descriptors.
   */
  duplicate(descriptor: number): number
  /**
   * Sets the number of unread bytes from which a TCP socket counts as readable (`SO_RCVLOWAT`). The end of the
   * connection, an error and a full receive buffer count in any case.
   *
   * @param bytes - 1 = the kernel's default. If as many bytes are unread already, the socket is readable at once.
   * @returns `true` if the kernel accepted the value.
   */
  setReceiveLowWater(descriptor: number, bytes: number): boolean
  /** Ends both directions of a connection, for all duplicates of its descriptor (`shutdown(2)`). */
  shutdown(descriptor: number): void
  /**
   * Sends several messages (`sendmmsg(2)`), without blocking.
   *
   * @param messages - Address of `count` structures `mmsghdr`.
   * @returns Number of messages sent, or -1; see {@link lastError}.
   */
  sendmmsg(descriptor: number, messages: bigint, count: number): number
  /**
   * Sends bytes (`send(2)`), without blocking and without SIGPIPE.
   *
   * @param address - Address of the first byte as a number: exact below 2^48, and cheaper to pass than a bigint.
   * @returns Number of bytes that the kernel accepted, or -1.
   */
  send(descriptor: number, address: number, length: number): number
  /**
   * Returns the number of bytes in the kernel that the peer has not acknowledged (`ioctl(SIOCOUTQ)`); 0 if the kernel
   * does not report it.
   */
  unacknowledgedBytes(descriptor: number): number
  /** Returns whether the kernel can cut one buffer into several datagrams (`UDP_SEGMENT`, Linux 4.18). */
  hasSegmentation(descriptor: number): boolean
  /** Returns the error number (`errno`) of the last call that failed. */
  lastError(): number
  /**
   * Returns the address of a buffer's first byte. The caller must keep the buffer in memory while the address is
   * used.
   */
  addressOf(buffer: Buffer): bigint
}

/** Request code of `ioctl(SIOCOUTQ)`, from asm-generic/ioctls.h (TIOCOUTQ). */
const siocoutq = 0x5411
const solUdp = 17
const udpSegment = 103
const fDupfdCloexec = 1030
/** Lowest number that a duplicated descriptor gets: 0 to 2 are the standard streams. */
const firstDuplicate = 3
const shutRdwr = 2
const sockDgram = 2
const sockNonblock = 0o4000
const sockCloexec = 0o2000000
const solSocket = 1
const soReuseaddr = 2
const soRcvlowat = 18
const ipprotoIp = 0
const ipRecverr = 11
const ipprotoIpv6 = 41
const ipv6MulticastHops = 18
const ipv6Recverr = 25
const ipv6V6only = 26

let loaded: NativeSockets | undefined
let isTried = false

/**
 * Loads the native calls on the first call; later calls return the same object.
 *
 * @returns `undefined` without koffi and `node:ffi`, Node, glibc or a 64-bit little-endian Linux.
 */
export function nativeSockets(): NativeSockets | undefined {
  if (!isTried) {
    isTried = true
    const libc = loadLibc()
    loaded = libc && bindNative(libc)
  }
  return loaded
}

function loadLibc(): Libc | undefined {
  const isKnownLayout = process.arch === 'x64' || process.arch === 'arm64'
  if (process.platform !== 'linux' || !isKnownLayout || !isNode(process.versions)) return undefined
  for (const load of [koffiLibc, () => ffiLibc()]) {
    try {
      const libc = load()
      if (libc) return libc
    } catch {
      // koffi is not installed or not built for this machine, or libc is another one. Without `node:ffi` too, Node's
      // own sockets are used.
    }
  }
  return undefined
}

/** Makes the calls of a C library into the tasks that Node has no function for. */
export function bindNative(libc: Libc): NativeSockets {
  const { socket, bind, connect, getsockopt, setsockopt, ioctl, fcntl, close } = libc
  const { recvmsg, sendmmsg, send, shutdown, errno, addressOf } = libc
  const number = Buffer.alloc(4)
  const length = Buffer.alloc(4)
  const setOption = (descriptor: number, level: number, option: number, value: number): boolean => {
    number.writeInt32LE(value)
    return setsockopt(descriptor, level, option, number, number.length) === 0
  }
  const systemError = (call: string): Error => {
    const value = -errno()
    const code = getSystemErrorName(value)
    return Object.assign(new Error(`${call} ${code}`), { code, errno: value, syscall: call })
  }
  return {
    bindDatagram: (address, port) => {
      const name = serializeSocketAddress(address, port)
      const isIpv6 = name.length === ipv6SocketAddressBytes
      const family = name.readUInt16LE()
      const descriptor = socket(family, sockDgram | sockNonblock | sockCloexec, 0)
      if (descriptor < 0) throw systemError('socket')
      if (isIpv6) setOption(descriptor, ipprotoIpv6, ipv6V6only, 1)
      if (bind(descriptor, name, name.length) === 0) return descriptor
      const error = systemError('bind')
      close(descriptor)
      throw error
    },
    connectBeside: (descriptor, bound, destination) => {
      const name = serializeSocketAddress(bound.address, bound.port)
      const peer = serializeSocketAddress(destination.address, destination.port)
      const isIpv6 = name.length === ipv6SocketAddressBytes
      const beside = socket(name.readUInt16LE(), sockDgram | sockNonblock | sockCloexec, 0)
      if (beside < 0) return -1
      if (isIpv6) setOption(beside, ipprotoIpv6, ipv6V6only, 1)
      // The kernel wants the option on both sockets. The bound one has it for this moment only.
      setOption(beside, solSocket, soReuseaddr, 1)
      setOption(descriptor, solSocket, soReuseaddr, 1)
      const isReady =
        setOption(beside, isIpv6 ? ipprotoIpv6 : ipprotoIp, isIpv6 ? ipv6Recverr : ipRecverr, 1) &&
        bind(beside, name, name.length) === 0 &&
        connect(beside, peer, peer.length) === 0
      setOption(descriptor, solSocket, soReuseaddr, 0)
      if (isReady) return beside
      close(beside)
      return -1
    },
    setMulticastHops: (descriptor, hops) =>
      setOption(descriptor, ipprotoIpv6, ipv6MulticastHops, hops),
    recvmsg: (descriptor, message, flags) => recvmsg(descriptor, message, flags | msgDontwait),
    close: (descriptor) => void close(descriptor),
    duplicate: (descriptor) => fcntl(descriptor, fDupfdCloexec, firstDuplicate),
    setReceiveLowWater: (descriptor, bytes) => setOption(descriptor, solSocket, soRcvlowat, bytes),
    shutdown: (descriptor) => void shutdown(descriptor, shutRdwr),
    sendmmsg: (descriptor, messages, count) =>
      sendmmsg(descriptor, messages, count, msgDontwait | msgNosignal),
    send,
    unacknowledgedBytes: (descriptor) =>
      ioctl(descriptor, siocoutq, number) === 0 ? number.readInt32LE() : 0,
    hasSegmentation: (descriptor) => {
      length.writeUInt32LE(number.length)
      return getsockopt(descriptor, solUdp, udpSegment, number, length) === 0
    },
    lastError: errno,
    addressOf,
  }
}

interface WithHandle {
  readonly _handle?: { readonly fd?: number } | null
}

/**
 * Returns the file descriptor of an open TCP socket. Node keeps it in an undocumented property.
 * Returns `undefined` without that property; the caller then uses Node's streams.
 */
export function descriptorOf(socket: Socket): number | undefined {
  const descriptor = (socket as unknown as WithHandle)._handle?.fd
  return descriptor !== undefined && descriptor >= 0 ? descriptor : undefined
}
