import { isatty } from 'node:tty'
import type { Logger } from 'pino'
import { createLog } from './format.js'
import type { LogFormat, LogLevel } from './log-levels.js'
import { fileTarget, standardErrorTarget } from './log-target.js'
import { LogWriter } from './log-writer.js'

const stderrFd = 2

/** Maximum milliseconds for which the end of the process waits until the log has written its lines. */
const closeTimeoutMs = 1000
/** Maximum milliseconds for which a process that must end at once waits until the log has written its lines. */
const exitTimeoutMs = 200

/** Level, format and file of the log. */
export interface LogOptions {
  readonly level: LogLevel
  /** Format of the lines. @default `pretty` on a terminal, `json` elsewhere */
  readonly format?: LogFormat | undefined
  /** Name of the file to which lines are appended. @default the standard error */
  readonly file?: string | undefined
}

/** Log of the command, with functions that open its file again and close it. */
export interface CommandLog {
  readonly log: Logger
  /** Opens the log file again by its name; `done` receives the error, if any. */
  reopen(done: (error: NodeJS.ErrnoException | null) => void): void
  /** Writes the lines in the buffer, for at most a second, and closes the log. */
  close(): Promise<void>
}

/**
 * Opens the log of the command. Neither a slow or closed reader nor a full disk can delay or end
 * the server. Unwritten lines are stored in a buffer of 1 MiB; above it, lines are dropped and
 * counted.
 *
 * @throws {Error} If the name of the file is wrong.
 */
export function openLog({ level, format, file }: LogOptions): CommandLog {
  const writer = new LogWriter(file === undefined ? standardErrorTarget() : fileTarget(file), {
    roomAgain: (dropped) => notices.warn({ dropped }, `dropped ${dropped} lines`),
  })
  const isTerminal = file === undefined && isatty(stderrFd)
  const log = createLog(level, format ?? (isTerminal ? 'pretty' : 'json'), isTerminal, (line) =>
    writer.write(line),
  )
  // Reports of missing lines are logged at any level.
  const notices = log.child({}, { level: 'trace' })
  const flush = (): void => writer.flushSync(exitTimeoutMs)
  process.on('exit', flush)
  return {
    log,
    reopen: (done) => writer.reopen(done),
    close: async () => {
      await writer.flush(closeTimeoutMs)
      process.off('exit', flush)
    },
  }
}
