import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { type Libc, libcName } from './libc.js'

/** Types of a function's result and arguments, by the names of `node:ffi`. */
interface Signature {
  readonly return: string
  readonly arguments: readonly string[]
}

/** The part of `node:ffi` (Node 26) that is used here. */
export interface Ffi {
  /** Opens a library and looks up functions in it. The functions keep the library open. */
  dlopen(
    path: string,
    definitions: Readonly<Record<string, Signature>>,
  ): { readonly functions: Readonly<Record<string, (...args: never[]) => unknown>> }
  /** Reads a 32-bit number from an address. */
  getInt32(address: bigint): number
  /** Returns the address of a buffer's first byte. @throws If the buffer has lost its memory. */
  getRawPointer(source: Buffer): bigint
}

const ebadf = 9

const int = 'int32'
const unsigned = 'uint32'
/** Type of sizes, and of addresses that are passed as numbers. */
const long = 'uint64'
const pointer = 'pointer'

/**
 * Signatures of the functions. Results of `write` and `recvmsg` are `int32` instead of `ssize_t`: no call here moves
 * 2 GiB, and a 64-bit result would be a bigint.
 */
const definitions = {
  __errno_location: { return: pointer, arguments: [] },
  socket: { return: int, arguments: [int, int, int] },
  bind: { return: int, arguments: [int, pointer, unsigned] },
  connect: { return: int, arguments: [int, pointer, unsigned] },
  getsockopt: { return: int, arguments: [int, int, int, pointer, pointer] },
  setsockopt: { return: int, arguments: [int, int, int, pointer, unsigned] },
  ioctl: { return: int, arguments: [int, long, pointer] },
  fcntl: { return: int, arguments: [int, int, int] },
  shutdown: { return: int, arguments: [int, int] },
  close: { return: int, arguments: [int] },
  recvmsg: { return: int, arguments: [int, pointer, int] },
  sendmmsg: { return: int, arguments: [int, pointer, unsigned, int] },
  write: { return: int, arguments: [int, long, long] },
} as const satisfies Readonly<Record<string, Signature>>

type Functions = Omit<Libc, 'send' | 'errno' | 'addressOf'> & {
  __errno_location(): bigint
  write(descriptor: number, address: number, length: number): number
}

/**
 * Loads the C library through `node:ffi`, which is experimental: Node prints a warning when the module loads.
 *
 * @param load - Returns the module; `undefined` if Node has none.
 * @returns `undefined` without the module, or if its calls do not do what this code expects of them.
 * @throws Without glibc.
 */
export function ffiLibc(load: () => Ffi | undefined = loadFfi): Libc | undefined {
  const ffi = load()
  if (!ffi) return undefined
  const functions = ffi.dlopen(libcName, definitions).functions as unknown as Functions
  const { socket, bind, recvmsg, sendmmsg, write } = functions
  const location = functions.__errno_location()
  let errno = 0
  /** Keeps the error number of a call that failed: later calls, even Node's own, overwrite it. */
  const kept = (result: number): number => {
    if (result < 0) errno = ffi.getInt32(location)
    return result
  }
  const libc: Libc = {
    ...functions,
    socket: (family, type, protocol) => kept(socket(family, type, protocol)),
    bind: (descriptor, name, length) => kept(bind(descriptor, name, length)),
    recvmsg: (descriptor, message, flags) => kept(recvmsg(descriptor, message, flags)),
    sendmmsg: (descriptor, messages, count, flags) =>
      kept(sendmmsg(descriptor, messages, count, flags)),
    // Node passes three arguments at half the cost of four. Its own streams write in the same way: its sockets do not
    // block, and it ignores SIGPIPE.
    send: (descriptor, address, length) => kept(write(descriptor, address, length)),
    errno: () => errno,
    addressOf: (buffer) => {
      try {
        return ffi.getRawPointer(buffer)
      } catch {
        return 0n
      }
    },
  }
  return isAsExpected(libc) ? libc : undefined
}

/** Returns whether calls take numbers, and tell results and errors, as this module needs it. */
function isAsExpected(libc: Libc): boolean {
  const isRefused = libc.send(-1, 0, 0) === -1 && libc.errno() === ebadf
  return isRefused && libc.sendmmsg(-1, 0n, 0, 0) === -1
}

/** Loads `node:ffi`, but not where it could not be used: its warning would be in vain. */
function loadFfi(): Ffi | undefined {
  const isAllowed = process.permission?.has('ffi') ?? true
  if (!isBuiltin('node:ffi') || !isAllowed) return undefined
  if (!readFileSync('/proc/self/maps', 'latin1').includes(libcName)) return undefined
  return process.getBuiltinModule('node:ffi') as Ffi | undefined
}
