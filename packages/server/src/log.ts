import { type Logger, pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { LogLevel } from './option-values.js'

const stderrFd = 2

/** Longest text of a field: much of what is logged is what a peer has sent. */
const maxTextLength = 256
/** Longest stack of an error; it begins with the message. */
const maxStackLength = 4096

/**
 * Makes the log of the command, on stderr: lines for people on a terminal, else JSON lines. An event is a line, whatever
 * is in it: texts are cut, and characters that a terminal or a reader of lines obeys are escaped.
 *
 * Writes synchronously, so that the last lines before the end of the process are not lost.
 *
 * @param write - Takes what is to be written. @default writes to stderr
 */
export function createLog(level: LogLevel, isTerminal: boolean, write = stderrWriter()): Logger {
  const lineOf = isTerminal
    ? prettyFactory({ singleLine: true, translateTime: 'SYS:HH:MM:ss.l' })
    : (line: string) => line
  return pino(
    { level, base: null, formatters: { log: withCutTexts }, serializers: { err: errorFacts } },
    { write: (line: string) => write(withEscapes(lineOf(line))) },
  )
}

function stderrWriter(): (text: string) => void {
  const destination = pino.destination({ dest: stderrFd, sync: true })
  return (text) => void destination.write(text)
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
