import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { getSystemErrorName } from 'node:util'
import { isNode } from './runtime.js'
import { ipv6SocketAddressBytes, serializeSocketAddress } from './socket-address.js'

/**
 * System calls on the descriptors of Node's sockets, for what Node has no function for: many datagrams in one
 * call, and a look at the kernel's send queue. Reached through `koffi`, which is optional.
 */
export interface NativeSockets {
  /**
   * `socket(2)` and `bind(2)` for UDP. IPv6 sockets take no IPv4.
   *
   * @returns The descriptor, which the caller owns.
   * @throws A system error with `code`, as Node's own `bind` gives it.
   */
  bindDatagram(address: string, port: number): number
  /**
   * A second UDP socket at the place of another one, which hears nothing but `destination`, and of what was sent
   * there by either socket, what came back as ICMP (`IP_RECVERR`). The port stays closed to other programs.
   *
   * @param descriptor - Of the socket that is bound to `address` and `port`.
   * @returns The descriptor, which the caller owns, or -1. Datagrams of anybody that come before it is connected
   *   may have reached it: the caller reads them.
   */
  connectBeside(
    descriptor: number,
    bound: { readonly address: string; readonly port: number },
    destination: { readonly address: string; readonly port: number },
  ): number
  /**
   * The hop limit of what an IPv6 socket sends to groups (`IPV6_MULTICAST_HOPS`). Node sets that of IPv4 on a socket
   * that it was given by its descriptor.
   *
   * @param hops - 0 to 255.
   * @returns Whether the kernel took it.
   */
  setMulticastHops(descriptor: number, hops: number): boolean
  /** `recvmsg(2)`, never blocking. @returns Bytes received, or -1. */
  recvmsg(descriptor: number, message: bigint, flags: number): number
  close(descriptor: number): void
  /** `sendmmsg(2)`. @returns Messages sent, or -1: see {@link lastError}. */
  sendmmsg(descriptor: number, messages: bigint, count: number): number
  /**
   * `send(2)`, never blocking, never raising SIGPIPE.
   *
   * @param address - Of the first byte, as a number: below 2^48 it is exact, and cheaper to hand over.
   * @returns Bytes taken, or -1.
   */
  send(descriptor: number, address: number, length: number): number
  /** Bytes in the kernel that the peer has not acknowledged (`ioctl(SIOCOUTQ)`), or 0 when it cannot tell. */
  unacknowledgedBytes(descriptor: number): number
  /** Whether the kernel cuts one buffer into datagrams (`UDP_SEGMENT`, Linux 4.18). */
  hasSegmentation(descriptor: number): boolean
  /** `errno` of the last call that failed. */
  lastError(): number
  /** Address of the first byte. The caller keeps the buffer alive as long as the address is used. */
  addressOf(buffer: Buffer): bigint
}

type Koffi = typeof import('koffi')

const msgDontwait = 0x40
const msgNosignal = 0x4000
/** From asm-generic/ioctls.h (TIOCOUTQ). */
const siocoutq = 0x5411
const solUdp = 17
const udpSegment = 103
const sockDgram = 2
const sockNonblock = 0o4000
const sockCloexec = 0o2000000
const solSocket = 1
const soReuseaddr = 2
const ipprotoIp = 0
const ipRecverr = 11
const ipprotoIpv6 = 41
const ipv6MulticastHops = 18
const ipv6Recverr = 25
const ipv6V6only = 26

let loaded: NativeSockets | undefined
let isTried = false

/**
 * The system calls, loaded once.
 *
 * @returns `undefined` where there is no koffi, no 64-bit little-endian Linux, no glibc, or no Node.
 */
export function nativeSockets(): NativeSockets | undefined {
  if (!isTried) {
    isTried = true
    loaded = load()
  }
  return loaded
}

function load(): NativeSockets | undefined {
  const isKnownLayout = process.arch === 'x64' || process.arch === 'arm64'
  if (process.platform !== 'linux' || !isKnownLayout || !isNode(process.versions)) return undefined
  try {
    return bind(createRequire(import.meta.url)('koffi') as Koffi)
  } catch {
    // Not installed, not built for this machine, or another libc: Node's own sockets do the work.
    return undefined
  }
}

function bind(koffi: Koffi): NativeSockets {
  const libc = koffi.load('libc.so.6')
  const sendmmsg = libc.func('int sendmmsg(int, uint64_t, unsigned int, int)')
  const send = libc.func('long send(int, uint64_t, unsigned long, int)')
  const ioctl = libc.func('int ioctl(int, unsigned long, void *)')
  const getsockopt = libc.func('int getsockopt(int, int, int, void *, void *)')
  const setsockopt = libc.func('int setsockopt(int, int, int, void *, unsigned int)')
  const socket = libc.func('int socket(int, int, int)')
  const bindTo = libc.func('int bind(int, void *, unsigned int)')
  const connectTo = libc.func('int connect(int, void *, unsigned int)')
  const recvmsg = libc.func('long recvmsg(int, uint64_t, int)')
  const close = libc.func('int close(int)')
  const number = Buffer.alloc(4)
  const length = Buffer.alloc(4)
  const setOption = (descriptor: number, level: number, option: number, value: number): boolean => {
    number.writeInt32LE(value)
    return setsockopt(descriptor, level, option, number, number.length) === 0
  }
  const systemError = (call: string): Error => {
    const errno = -koffi.errno()
    const code = getSystemErrorName(errno)
    return Object.assign(new Error(`${call} ${code}`), { code, errno, syscall: call })
  }
  return {
    bindDatagram: (address, port) => {
      const name = serializeSocketAddress(address, port)
      const isIpv6 = name.length === ipv6SocketAddressBytes
      const family = name.readUInt16LE()
      const descriptor = socket(family, sockDgram | sockNonblock | sockCloexec, 0)
      if (descriptor < 0) throw systemError('socket')
      if (isIpv6) setOption(descriptor, ipprotoIpv6, ipv6V6only, 1)
      if (bindTo(descriptor, name, name.length) === 0) return descriptor
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
      // Both must allow it, and the other one allows it for this moment only.
      setOption(beside, solSocket, soReuseaddr, 1)
      setOption(descriptor, solSocket, soReuseaddr, 1)
      const isReady =
        setOption(beside, isIpv6 ? ipprotoIpv6 : ipprotoIp, isIpv6 ? ipv6Recverr : ipRecverr, 1) &&
        bindTo(beside, name, name.length) === 0 &&
        connectTo(beside, peer, peer.length) === 0
      setOption(descriptor, solSocket, soReuseaddr, 0)
      if (isReady) return beside
      close(beside)
      return -1
    },
    setMulticastHops: (descriptor, hops) =>
      setOption(descriptor, ipprotoIpv6, ipv6MulticastHops, hops),
    recvmsg: (descriptor, message, flags) =>
      Number(recvmsg(descriptor, message, flags | msgDontwait)),
    close: (descriptor) => void close(descriptor),
    sendmmsg: (descriptor, messages, count) =>
      sendmmsg(descriptor, messages, count, msgDontwait | msgNosignal),
    send: (descriptor, address, size) => send(descriptor, address, size, msgDontwait | msgNosignal),
    unacknowledgedBytes: (descriptor) =>
      ioctl(descriptor, siocoutq, number) === 0 ? number.readInt32LE() : 0,
    hasSegmentation: (descriptor) => {
      length.writeUInt32LE(number.length)
      return getsockopt(descriptor, solUdp, udpSegment, number, length) === 0
    },
    lastError: () => koffi.errno(),
    addressOf: (buffer) => BigInt(koffi.address(buffer)),
  }
}

interface WithHandle {
  readonly _handle?: { readonly fd?: number } | null
}

/**
 * The file descriptor of an open TCP socket. Node keeps it in an undocumented place; where that changes, the
 * answer is `undefined` and everything goes the documented way.
 */
export function descriptorOf(socket: Socket): number | undefined {
  const descriptor = (socket as unknown as WithHandle)._handle?.fd
  return descriptor !== undefined && descriptor >= 0 ? descriptor : undefined
}
