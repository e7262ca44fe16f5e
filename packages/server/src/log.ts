import { type Logger, pino } from 'pino'
import pretty from 'pino-pretty'
import type { LogLevel } from './options.js'

const stderrFd = 2
const forPeople = { singleLine: true, translateTime: 'SYS:HH:MM:ss.l' }

/**
 * Makes the log of the command, on stderr: lines for people on a terminal, else JSON lines.
 *
 * Writes synchronously, so that the last lines before the end of the process are not lost.
 */
export function createLog(level: LogLevel, isTerminal: boolean): Logger {
  const options = { level, base: null }
  return isTerminal
    ? pino(options, pretty({ ...forPeople, destination: stderrFd, sync: true }))
    : pino(options, pino.destination({ dest: stderrFd, sync: true }))
}
