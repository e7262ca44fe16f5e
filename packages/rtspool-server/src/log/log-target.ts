import { close, constants, fstatSync, open, openSync, type Stats, write, writeSync } from 'node:fs'
import { isatty } from 'node:tty'

type Failure = NodeJS.ErrnoException

/** Destination for the lines of a log: a file descriptor or a file. */
export interface LogTarget {
  /**
   * Starts to write bytes, and calls `done` once, with the number of bytes written or with an error. Never blocks the
   * event loop. The bytes must stay unchanged until `done` is called.
   */
  write(bytes: Uint8Array, done: (error: Failure | null, count: number) => void): void
  /**
   * Writes bytes at the end of the process, when no callback is called any more. Blocks for at most `timeoutMs`, and
   * reports no errors.
   */
  writeSync(bytes: Uint8Array, timeoutMs: number): void
  /**
   * Opens the log file again by its name, for a file that was renamed. Then calls `done`, with the error if there is
   * one. Does nothing, without an error, if the target has no name.
   */
  reopen(done: (error: Failure | null) => void): void
}

const stderrFd = 2
/** Milliseconds between two attempts to write to a full target at the end of the process. */
const retryMs = 10
/**
 * Permissions of a log file. The group can read it, for logrotate and collectors. Others cannot,
 * because the log contains addresses and user names.
 */
const fileMode = 0o640
const fileFlags =
  constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (constants.O_NONBLOCK ?? 0)
/** Error codes of the system for a wrong name of the log file, with which another attempt is useless. */
const wrongNames = new Set([
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'EACCES',
  'EPERM',
  'EROFS',
  'ENAMETOOLONG',
  'ELOOP',
])

/** Writes to a file descriptor. A log file that could not be opened is tried again with each write. */
class DescriptorTarget implements LogTarget {
  #fd: number | undefined
  readonly #file: string | undefined
  /**
   * True if a write to the descriptor returns at once even if nobody reads. A blocked write would keep the process from
   * ending.
   */
  readonly #returns: boolean

  constructor(fd: number | undefined, file?: string, returns = true) {
    this.#fd = fd
    this.#file = file
    this.#returns = returns
  }

  write(bytes: Uint8Array, done: (error: Failure | null, count: number) => void): void {
    const fd = this.#fd
    if (fd !== undefined) write(fd, bytes, (error, count) => done(error, count))
    else this.reopen((error) => (error ? done(error, 0) : this.write(bytes, done)))
  }

  writeSync(bytes: Uint8Array, timeoutMs: number): void {
    const end = performance.now() + timeoutMs
    let left = bytes
    while (this.#fd !== undefined && this.#returns && left.length > 0) {
      try {
        left = left.subarray(writeSync(this.#fd, left))
      } catch (error) {
        if (!isFull(error) || performance.now() > end) return
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs)
      }
    }
  }

  reopen(done: (error: Failure | null) => void): void {
    if (this.#file === undefined) {
      done(null)
      return
    }
    open(this.#file, fileFlags, fileMode, (error, fd) => {
      if (error) return done(error)
      const before = this.#fd
      this.#fd = fd
      // An error of `close` cannot be handled.
      if (before !== undefined) close(before, () => undefined)
      done(null)
    })
  }
}

const isFull = (error: unknown): boolean => codeOf(error) === 'EAGAIN'

const codeOf = (error: unknown): string | undefined => (error as Partial<Failure>).code

/**
 * Returns the standard error as a target to which a write never blocks.
 *
 * A pipe or a terminal is opened a second time in non-blocking mode, because the descriptor itself
 * is shared with the parent process. Sockets cannot be opened by name; Node makes its own
 * non-blocking.
 */
export function standardErrorTarget(): LogTarget {
  const stats = statsOf(stderrFd)
  const isTerminal = isatty(stderrFd)
  if (!stats || !(stats.isFIFO() || stats.isSocket() || isTerminal)) {
    return new DescriptorTarget(stderrFd)
  }
  try {
    const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY
    if (process.platform === 'linux') {
      return new DescriptorTarget(openSync(`/proc/self/fd/${stderrFd}`, flags))
    }
  } catch {
    // A socket, a pipe of another user or without a reader, or no /proc: use the stream of Node.
  }
  // The first use of this property makes a pipe or a socket non-blocking; a terminal blocks.
  const stream = process.stderr
  // Node prints early warnings there, before this process can listen for them.
  stream.on('error', () => undefined)
  return new DescriptorTarget(stderrFd, undefined, !isTerminal && process.platform !== 'win32')
}

function statsOf(fd: number): Stats | undefined {
  try {
    return fstatSync(fd)
  } catch {
    return undefined
  }
}

/**
 * Returns a file as a target, to whose end the lines are appended.
 *
 * @throws {Error} If the name is wrong. After any other error, each write tries to open the file
 *   again.
 */
export function fileTarget(file: string): LogTarget {
  try {
    return new DescriptorTarget(openSync(file, fileFlags, fileMode), file)
  } catch (error) {
    if (wrongNames.has(codeOf(error) ?? '')) throw error
    return new DescriptorTarget(undefined, file)
  }
}
