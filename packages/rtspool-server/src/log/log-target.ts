import { close, constants, fstatSync, open, openSync, type Stats, write, writeSync } from 'node:fs'
import { isatty } from 'node:tty'

type Failure = NodeJS.ErrnoException

/** Destination for the bytes of a log. */
export interface LogTarget {
  /** Writes at least one byte, or reports an error; never blocks the event loop. */
  write(bytes: Uint8Array, done: (error: Failure | null, count: number) => void): void
  /** Writes before the process ends, for at most `timeoutMs` and without reporting errors. */
  writeSync(bytes: Uint8Array, timeoutMs: number): void
  /** Opens a file again by its name. Targets without a name succeed at once. */
  reopen(done: (error: Failure | null) => void): void
}

const stderrFd = 2
/** Longest sleep between two tries before the process ends. */
const retryMs = 10
/**
 * Readable by the group, which logrotate and collectors belong to. Others are excluded, because the
 * log has addresses and user names.
 */
const fileMode = 0o640
const fileFlags =
  constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (constants.O_NONBLOCK ?? 0)
/** Errors caused by a wrong file name, which trying again cannot mend. */
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

/** Writes to a descriptor, or to a file that is reopened until it succeeds. */
class DescriptorTarget implements LogTarget {
  #fd: number | undefined
  readonly #file: string | undefined
  /**
   * True if a write always returns. A thread blocked in a write would keep the process from ending.
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
 * The standard error, opened so that a write never waits for its reader.
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
 * A file that lines are appended to.
 *
 * @throws {Error} If the name is wrong. A file that cannot be opened for another reason is tried
 *   again with each write.
 */
export function fileTarget(file: string): LogTarget {
  try {
    return new DescriptorTarget(openSync(file, fileFlags, fileMode), file)
  } catch (error) {
    if (wrongNames.has(codeOf(error) ?? '')) throw error
    return new DescriptorTarget(undefined, file)
  }
}
