import { close, constants, fstatSync, open, openSync, type Stats, write, writeSync } from 'node:fs'
import { isatty } from 'node:tty'

type Failure = NodeJS.ErrnoException

/** Takes the bytes of a log. */
export interface LogTarget {
  /** Writes at least one byte, or answers with an error; never blocks the event loop. */
  write(bytes: Uint8Array, done: (error: Failure | null, count: number) => void): void
  /** Writes on the way out, no longer than `timeoutMs` and without an error. */
  writeSync(bytes: Uint8Array, timeoutMs: number): void
  /** Opens a file again by its name; what cannot be opened by a name answers without an error. */
  reopen(done: (error: Failure | null) => void): void
}

const stderrFd = 2
/** Longest sleep between two tries on the way out. */
const retryMs = 10
/** Readable by the group, which logrotate and collectors belong to; the log has addresses and names of users. */
const fileMode = 0o640
const fileFlags =
  constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (constants.O_NONBLOCK ?? 0)
/** Mistakes in the name of a file, which no second try mends. */
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

/** Writes to a descriptor, or to a file that is opened again until it can be. */
class DescriptorTarget implements LogTarget {
  #fd: number | undefined
  readonly #file: string | undefined
  /** Whether a write comes back in any case: a thread that waits in one keeps the process from ending. */
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
      // Nothing can be done about what a close reports.
      if (before !== undefined) close(before, () => undefined)
      done(null)
    })
  }
}

const isFull = (error: unknown): boolean => codeOf(error) === 'EAGAIN'

const codeOf = (error: unknown): string | undefined => (error as Partial<Failure>).code

/**
 * The standard error, in a way that a write never waits for its reader.
 *
 * A pipe or a terminal is opened a second time, without blocking: the descriptor itself is shared with whoever started the
 * process, and is to stay as it is. Sockets cannot be opened by a name; Node makes theirs non-blocking.
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
    // A socket, a pipe of another user, one without a reader, or no /proc: as elsewhere.
  }
  // The first use of this property makes a pipe or a socket non-blocking; a terminal blocks.
  const stream = process.stderr
  // Node writes warnings there that it makes before this process can listen for them.
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
 * A file, to the end of which lines are added.
 *
 * @throws {Error} When the name is wrong; a file that cannot be opened for another reason is tried again with each write.
 */
export function fileTarget(file: string): LogTarget {
  try {
    return new DescriptorTarget(openSync(file, fileFlags, fileMode), file)
  } catch (error) {
    if (wrongNames.has(codeOf(error) ?? '')) throw error
    return new DescriptorTarget(undefined, file)
  }
}
