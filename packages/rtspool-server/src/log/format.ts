import { createRequire } from 'node:module'
import { type Logger, pino } from 'pino'
import type { LogFormat, LogLevel } from './log-levels.js'

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
