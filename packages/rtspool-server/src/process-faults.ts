import type { Logger } from 'pino'

/**
 * Logs warnings of Node and of the library, and uncaught errors, which end the process with exit code 1. Node itself
 * would write both to the standard error, which blocks the process if nobody reads it.
 *
 * @returns A function that ends the logging, so that Node writes warnings and errors itself again.
 */
export function logFaults(log: Logger): () => void {
  const usual = process.listeners('warning')
  process.removeAllListeners('warning')
  const warn = (warning: Error): void => {
    const { code } = warning as NodeJS.ErrnoException
    log.warn({ name: warning.name, code }, warning.message)
  }
  const end = (err: unknown): void => {
    log.fatal({ err }, 'a fault of the program ends the server')
    process.exit(1)
  }
  process.on('warning', warn)
  process.on('uncaughtException', end)
  return () => {
    process.off('uncaughtException', end)
    process.off('warning', warn)
    for (const listener of usual) process.on('warning', listener)
  }
}
