/**
 * Functions of the C library on descriptors of sockets, called through a package or a module of Node. Unless said
 * otherwise, a function takes and returns what its manual page says; below 0 = failure, see {@link Libc.errno}.
 */
export interface Libc {
  socket(family: number, type: number, protocol: number): number
  bind(descriptor: number, name: Buffer, length: number): number
  connect(descriptor: number, name: Buffer, length: number): number
  getsockopt(
    descriptor: number,
    level: number,
    option: number,
    value: Buffer,
    length: Buffer,
  ): number
  setsockopt(
    descriptor: number,
    level: number,
    option: number,
    value: Buffer,
    length: number,
  ): number
  /** Calls `ioctl(2)` with a pointer to `value`. */
  ioctl(descriptor: number, request: number, value: Buffer): number
  /** Calls `fcntl(2)` with a number as its third argument. */
  fcntl(descriptor: number, command: number, value: number): number
  shutdown(descriptor: number, how: number): number
  close(descriptor: number): number
  /** Receives a datagram. `message` = address of a `struct msghdr`. */
  recvmsg(descriptor: number, message: bigint, flags: number): number
  /** Sends datagrams. `messages` = address of `count` structures `mmsghdr`. */
  sendmmsg(descriptor: number, messages: bigint, count: number, flags: number): number
  /**
   * Sends bytes on a TCP socket of Node, which never blocks, without SIGPIPE.
   *
   * @param address - Address of the first byte, below 2^48.
   */
  send(descriptor: number, address: number, length: number): number
  /**
   * Returns the error number of the last `socket`, `bind`, `recvmsg`, `sendmmsg` or `send` that failed in this thread.
   */
  errno(): number
  /** Returns the address of a buffer's first byte; 0 if the buffer has lost its memory. */
  addressOf(buffer: Buffer): bigint
}

/** Name of glibc's file, the only C library whose structures the server knows. */
export const libcName = 'libc.so.6'
/** Flag of send(2) and its relatives: return instead of waiting. */
export const msgDontwait = 0x40
/** Flag of send(2) and its relatives: no signal if the peer has closed the connection. */
export const msgNosignal = 0x4000
