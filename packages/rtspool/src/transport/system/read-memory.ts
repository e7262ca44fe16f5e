import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { isNode } from './runtime.js'

/** Size in bytes of the memory that sockets share: the largest read of libuv. */
const sizeBytes = 64 * 1024

let allocated: Buffer | undefined
/** Memory behind `allocated`, and behind each view of it. */
let shared: ArrayBufferLike | undefined

/**
 * Returns the memory into which all sockets of {@link readShared} are read, one after the other. Allocated by the first
 * call.
 */
export function sharedMemory(): Buffer {
  allocated ??= Buffer.allocUnsafeSlow(sizeBytes)
  shared = allocated.buffer
  return allocated
}

/** Parts of a socket of Node that its option `onread` sets. Node keeps the properties under symbols. */
interface ReadTarget {
  [name: symbol]: unknown
  readonly _handle?: { useUserBuffer?(buffer: Buffer): unknown } | null
}

/**
 * Reads a TCP socket into memory that all such sockets share, as Node's option `onread` does for sockets that a program
 * opens itself. Otherwise each read allocates its own memory, which V8's collector has to free.
 *
 * ```text
 * socket ─▶ shared memory ─▶ receive(view)          while the stream flows and nothing waits in it
 *                        └─▶ copy ─▶ stream ─▶ 'data'      while the stream is paused
 * ```
 *
 * @param receive - Called with the bytes of each read. The view is valid during the call: see {@link owned}.
 * @returns `false` if the socket goes on to emit `data` only: with TLS, on another runtime, or after a change in Node.
 */
export function readShared(socket: Socket, receive: (bytes: Buffer) => void): boolean {
  const target = socket as unknown as ReadTarget
  const handle = target._handle
  const names = isNode(process.versions) ? namesOf(target) : undefined
  if (!names || socket instanceof TLSSocket || typeof handle?.useUserBuffer !== 'function')
    return false
  const memory = sharedMemory()
  target[names.callback] = (readBytes: number, bytes: Buffer): boolean => {
    const isFlowing = socket.readableFlowing === true && socket.readableLength === 0
    if (!isFlowing) return socket.push(Buffer.from(bytes.subarray(0, readBytes)))
    duringRead(receive, bytes.subarray(0, readBytes))
    return !socket.isPaused()
  }
  target[names.buffer] = memory
  handle.useUserBuffer(memory)
  return true
}

let isReading = false

/**
 * Returns whether a read into shared memory is being handled. The packets of the read lie in that memory, unless they
 * were decrypted or joined.
 */
export const isReadingShared = (): boolean => isReading

/** Calls a receiver with bytes in the memory that sockets share. */
export function duringRead(receive: (bytes: Buffer) => void, bytes: Buffer): void {
  isReading = true
  try {
    receive(bytes)
  } finally {
    isReading = false
  }
}

/** Returns whether bytes lie in the memory that sockets share, which the next read overwrites. */
export const isShared = (bytes: Buffer): boolean => bytes.buffer === shared

/**
 * Returns bytes that the caller may keep: the same, or a copy if they lie in the memory that sockets share. A receiver
 * of {@link readShared} may use the bytes of its call unchanged until it returns.
 */
export const owned = (bytes: Buffer): Buffer => (isShared(bytes) ? copyOf(bytes) : bytes)

/** Returns a copy in memory of its own: one from Node's pool would keep the other buffers of the pool in memory. */
function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}

/** Symbols under which a socket of Node keeps the memory of its option `onread`, and the function to call. */
interface ReadNames {
  readonly buffer: symbol
  readonly callback: symbol
}

let known: ReadNames | undefined

/** Returns the symbols of the option `onread`; `undefined` if a socket of this version of Node has none. */
function namesOf(target: ReadTarget): ReadNames | undefined {
  if (known && known.buffer in target && known.callback in target) return known
  const symbols = Object.getOwnPropertySymbols(target)
  const named = (name: string): symbol | undefined =>
    symbols.find(({ description }) => description === name)
  const [buffer, callback] = [named('kBuffer'), named('kBufferCb')]
  known = buffer && callback && { buffer, callback }
  return known
}
