import { createRequire } from 'node:module'
import { isatty } from 'node:tty'
import { type Logger, pino } from 'pino'
import type { LogFormat, LogLevel } from './log-levels.js'
import { fileTarget, standardErrorTarget } from './log-target.js'
import { LogWriter } from './log-writer.js'

const stderrFd = 2

/**
 * Maximum number of characters of a text in a log line; longer texts, which often come from peers,
 * are shortened.
 */
const maxTextLength = 256
/**
 * Maximum number of characters of an error's stack, which begins with the message; a longer one is
 * shortened.
 */
const maxStackLength = 4096
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

/**
 * Creates a log that writes lines for people, or JSON with the name of the level and the time in
 * ISO 8601. Each event is one line: texts are shortened, and control characters are escaped.
 *
 * @param hasColours - Colours the lines for people.
 * @param write - Receives a line with its line break.
 */
export function createLog(
  level: LogLevel,
  format: LogFormat,
  hasColours: boolean,
  write: (line: string) => void,
): Logger {
  const lineOf = format === 'pretty' ? prettyLines(hasColours) : (line: string) => line
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: withCutTexts },
      serializers: { err: errorFacts },
    },
    { write: (line: string) => write(withEscapes(lineOf(line))) },
  )
}

function withCutTexts(fields: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(fields)
  return Object.fromEntries(entries.map(([name, value]) => [name, cut(value, maxTextLength)]))
}

function cut<Value>(value: Value, maxLength: number): Value | string {
  const isLong = typeof value === 'string' && value.length > maxLength
  return isLong ? `${value.slice(0, maxLength - 1)}…` : value
}

function errorFacts(error: unknown): unknown {
  if (!(error instanceof Error)) return cut(error, maxTextLength)
  const { stack, ...facts } = pino.stdSerializers.err(error)
  return { ...withCutTexts(facts), stack: cut(stack, maxStackLength) }
}

/**
 * Matches control characters that `JSON.stringify` does not escape: DEL, C1 (U+009B begins an
 * escape sequence) and line separators.
 */
const unescapedControls = /[\u007f-\u009f\u2028\u2029]/g

const withEscapes = (text: string): string =>
  text.replace(
    unescapedControls,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/**
 * Creates the function that writes a line for people. Its module, which takes 4 MB of memory, is
 * loaded only here, and not for JSON lines.
 */
function prettyLines(colorize: boolean): (line: string) => string {
  const require = createRequire(import.meta.url)
  const { prettyFactory } = require('pino-pretty') as typeof import('pino-pretty')
  return prettyFactory({ singleLine: true, colorize, translateTime: 'SYS:HH:MM:ss.l' })
}
