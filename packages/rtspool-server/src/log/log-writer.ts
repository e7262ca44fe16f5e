import { type Clock, type ClockTimer, systemClock } from 'rtspool'
import type { LogTarget } from './log-target.js'

/** Maximum number of bytes of log lines that wait to be written; a line that does not fit is dropped. */
const maxBytes = 1024 * 1024
/**
 * Maximum number of bytes in one write. Linux pipes hold 64 KiB, and most targets accept this much
 * at once.
 */
const maxChunkBytes = 16 * 1024
/** Milliseconds to wait after a pipe was full, so that its reader can empty it. */
const fullPauseMs = 50
/** Milliseconds to wait after any other error: a full disk, a closed reader, a closed terminal. */
const errorPauseMs = 1000

/** Options of a {@link LogWriter}: clock, and a callback after dropped lines. */
export interface LogWriterOptions {
  /** Clock for the pauses after a failed write; another one serves tests. @default the clock of the system */
  readonly clock?: Clock
  /**
   * Called with the number of dropped lines, as soon as the buffer of waiting lines has room again. May write a line.
   */
  readonly roomAgain?: (dropped: number) => void
}

/**
 * Writes log lines to a {@link LogTarget} without waiting for it and without throwing. One asynchronous write is under
 * way at a time; later lines wait in a buffer of 1 MiB. A line that does not fit is dropped and counted. An error of
 * the target loses no line: the writer pauses, and tries the same bytes again.
 */
export class LogWriter {
  readonly #target: LogTarget
  readonly #clock: Clock
  readonly #roomAgain: (dropped: number) => void
  #lines: Buffer[] = []
  /** Bytes of the current write; `#written` is the number of them that the target has accepted. */
  #chunk: Buffer | undefined
  #written = 0
  /** Number of bytes not written yet: waiting lines, and the rest of the current write. */
  #bytes = 0
  #dropped = 0
  #isWriting = false
  #pause: ClockTimer | undefined
  /** Callbacks given to `reopen`, to be called once the target has been opened again. */
  #reopened: ((error: NodeJS.ErrnoException | null) => void)[] = []
  readonly #waiting = new Set<() => void>()

  constructor(target: LogTarget, options: LogWriterOptions = {}) {
    this.#target = target
    this.#clock = options.clock ?? systemClock
    this.#roomAgain = options.roomAgain ?? (() => undefined)
  }

  /** Number of lines dropped since the buffer last had room. */
  get dropped(): number {
    return this.#dropped
  }

  /**
   * Adds a line to the buffer, or drops it. Never throws.
   *
   * @param line - With its line break.
   */
  write(line: string): void {
    const bytes = Buffer.from(line)
    // After a gap, lines wait for the line that reports the gap, so that it stands in the right
    // place.
    if (this.#dropped > 0 || this.#bytes + bytes.length > maxBytes) {
      this.#dropped++
      return
    }
    this.#lines.push(bytes)
    this.#bytes += bytes.length
    this.#writeNext()
  }

  /**
   * Opens the target again after the present write, for a log file that has been renamed. Calls
   * during the same write share one opening.
   *
   * @param done - Receives the error if the target could not be opened; the old one then stays in
   *   use.
   */
  reopen(done: (error: NodeJS.ErrnoException | null) => void): void {
    this.#reopened.push(done)
    if (!this.#isWriting) this.#openAgain()
  }

  /** Waits until all lines are written, an error occurs, or `timeoutMs` milliseconds are over. Never rejects. */
  async flush(timeoutMs: number): Promise<void> {
    if (this.#bytes === 0 || this.#isPausedByError) return
    await new Promise<void>((resolve) => {
      const timer = this.#clock.schedule(() => end(), timeoutMs, true)
      const end = (): void => {
        timer.cancel()
        this.#waiting.delete(end)
        resolve()
      }
      this.#waiting.add(end)
    })
  }

  /**
   * Writes the waiting lines without the event loop, before the process ends. Leaves alone a write
   * that the system is still processing.
   *
   * @param timeoutMs - Maximum time to wait for a full target.
   */
  flushSync(timeoutMs: number): void {
    const rest = this.#isWriting ? undefined : this.#chunk?.subarray(this.#written)
    const bytes = Buffer.concat([...(rest ? [rest] : []), ...this.#lines])
    this.#lines = []
    this.#chunk = undefined
    this.#bytes = 0
    this.#target.writeSync(bytes, timeoutMs)
  }

  #isPausedByError = false

  #writeNext(): void {
    if (this.#isWriting || this.#pause) return
    const chunk = this.#chunk ?? this.#takeChunk()
    if (!chunk) return
    this.#chunk = chunk
    this.#isWriting = true
    this.#target.write(chunk.subarray(this.#written), (error, count) => {
      this.#isWriting = false
      if (error || count === 0) this.#pauseFor(error)
      else this.#took(count)
      this.#goOn()
    })
  }

  /** Opens the target again if `reopen` was called; otherwise starts to write the next waiting lines. */
  #goOn(): void {
    if (this.#reopened.length > 0 && !this.#isWriting) this.#openAgain()
    else this.#writeNext()
  }

  #takeChunk(): Buffer | undefined {
    let count = 0
    let size = 0
    for (const line of this.#lines) {
      if (count > 0 && size + line.length > maxChunkBytes) break
      size += line.length
      count++
    }
    return count === 0 ? undefined : Buffer.concat(this.#lines.splice(0, count), size)
  }

  #took(count: number): void {
    // flushSync has written everything meanwhile.
    if (!this.#chunk) return
    this.#written += count
    this.#bytes -= count
    if (this.#written >= this.#chunk.length) this.#endChunk()
    this.#tellOfRoom()
    if (this.#bytes === 0) this.#endWaiting()
  }

  #endChunk(): void {
    this.#chunk = undefined
    this.#written = 0
  }

  #tellOfRoom(): void {
    if (this.#dropped === 0 || this.#bytes > maxBytes / 2) return
    const dropped = this.#dropped
    this.#dropped = 0
    this.#roomAgain(dropped)
  }

  #pauseFor(error: NodeJS.ErrnoException | null): void {
    const isFull = error === null || error.code === 'EAGAIN' || error.code === 'EBUSY'
    this.#isPausedByError = !isFull
    if (!isFull) this.#endWaiting()
    const resume = (): void => {
      this.#pause = undefined
      this.#isPausedByError = false
      this.#writeNext()
    }
    this.#pause = this.#clock.schedule(resume, isFull ? fullPauseMs : errorPauseMs, false)
  }

  #openAgain(): void {
    const reopened = this.#reopened
    this.#reopened = []
    this.#isWriting = true
    this.#target.reopen((error) => {
      this.#isWriting = false
      if (!error) {
        this.#pause?.cancel()
        this.#pause = undefined
        this.#isPausedByError = false
        this.#dropTornLine()
      }
      for (const done of reopened) done(error)
      this.#goOn()
    })
  }

  /**
   * Drops the rest of a line that was only partly written to the old log file. The new file thus starts with a whole
   * line.
   */
  #dropTornLine(): void {
    const chunk = this.#chunk
    if (!chunk || this.#written === 0) return
    const end = chunk.indexOf('\n', this.#written) + 1 || chunk.length
    this.#dropped++
    this.#took(end - this.#written)
  }

  #endWaiting(): void {
    for (const end of [...this.#waiting]) end()
  }
}
