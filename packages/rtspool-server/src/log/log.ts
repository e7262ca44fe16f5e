import { isatty } from 'node:tty'
import { type Logger, pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { LogFormat, LogLevel } from '../options/option-values.js'
import { fileTarget, standardErrorTarget } from './log-target.js'
import { LogWriter } from './log-writer.js'

const stderrFd = 2

/** Longest text of a field: much of what is logged is what a peer has sent. */
const maxTextLength = 256
/** Longest stack of an error; it begins with the message. */
const maxStackLength = 4096
/** Longest time that a log which nobody reads delays the end of the process. */
const closeTimeoutMs = 1000
/** The same when the process ends at once. */
const exitTimeoutMs = 200

/** What the command line decides about the log. */
export interface LogOptions {
  readonly level: LogLevel
  /** @default `pretty` on a terminal, `json` elsewhere */
  readonly format?: LogFormat | undefined
  /** File that lines are added to. @default the standard error */
  readonly file?: string | undefined
}

/** The log of the command. */
export interface CommandLog {
  readonly log: Logger
  /** Opens the file again by its name; receives why that failed. */
  reopen(done: (error: NodeJS.ErrnoException | null) => void): void
  /** Writes what waits, for at most a second. */
  close(): Promise<void>
}

/**
 * Opens the log of the command. A reader that is slow, stands still or is gone, and a file that cannot grow, neither delay
 * nor end the server: lines wait in a buffer of 1 MiB, then they are dropped and counted.
 *
 * @throws {Error} When the name of the file is wrong.
 */
export function openLog({ level, format, file }: LogOptions): CommandLog {
  const writer = new LogWriter(file === undefined ? standardErrorTarget() : fileTarget(file), {
    roomAgain: (dropped) => notices.warn({ dropped }, `dropped ${dropped} lines`),
  })
  const isTerminal = file === undefined && isatty(stderrFd)
  const log = createLog(level, format ?? (isTerminal ? 'pretty' : 'json'), isTerminal, (line) =>
    writer.write(line),
  )
  // Lines that are missing are told at any level.
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
 * Makes a log: lines for people, or JSON lines with the name of the level and the time in ISO 8601. An event is a line,
 * whatever is in it: texts are cut, and characters that a terminal or a reader of lines obeys are escaped.
 *
 * @param hasColours - Whether lines for people are coloured.
 * @param write - Takes a line with its line break.
 */
export function createLog(
  level: LogLevel,
  format: LogFormat,
  hasColours: boolean,
  write: (line: string) => void,
): Logger {
  const lineOf =
    format === 'pretty'
      ? prettyFactory({
          singleLine: true,
          colorize: hasColours,
          translateTime: 'SYS:HH:MM:ss.l',
        })
      : (line: string) => line
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

/** JSON escapes the controls below U+0020 only; these are left: DEL, C1 (U+009B begins a sequence), line separators. */
const unescapedControls = /[\u007f-\u009f\u2028\u2029]/g

const withEscapes = (text: string): string =>
  text.replace(
    unescapedControls,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
