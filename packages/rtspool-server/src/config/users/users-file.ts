import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { OptionValueError } from '../option-value-error.js'

/**
 * Maximum size of a file with users, in bytes, for some ten thousand users; a larger one is
 * refused.
 */
const maxBytes = 1024 * 1024
/** Mask of the bits in a file's mode that permit access to the group and to others. */
const othersMode = 0o077

/** Contents of a file with users, one `name:password` on each line. */
export interface UsersFile {
  /** Texts `name:password`, one for each user, not checked yet. */
  readonly users: readonly string[]
  /** Warning if other users of the machine can read the passwords; `undefined` otherwise. */
  readonly warning: string | undefined
}

/**
 * Reads a file of users: `name:password` on each line. Empty lines and lines that begin with `#`
 * are skipped.
 *
 * @param source - Name of the file in messages, such as `--users-file users`.
 * @throws {OptionValueError} If the file cannot be read.
 */
export function readUsersFile(file: string, source: string): UsersFile {
  try {
    const { size } = statSync(file)
    if (size > maxBytes) throw new Error(`expected at most ${maxBytes} bytes, got ${size}`)
    const lines = readFileSync(file, 'utf8')
      .replace(/^\ufeff/, '')
      .split(/\r?\n/)
    return {
      users: lines.filter((line) => line.trim() !== '' && !line.startsWith('#')),
      warning: modeWarning(file, source),
    }
  } catch (error) {
    throw unreadable(error, source)
  }
}

/**
 * Checks that a file with users can be read.
 *
 * @param source - Name of the file in messages, such as `--users-file users.yml`.
 * @throws {OptionValueError} The file cannot be read.
 */
export function checkReadable(file: string, source: string): void {
  try {
    accessSync(file, constants.R_OK)
  } catch (error) {
    throw unreadable(error, source)
  }
}

function unreadable(error: unknown, source: string): OptionValueError {
  const reason = error instanceof Error ? error.message : String(error)
  return new OptionValueError(`${source} cannot be read: ${reason}`)
}

/**
 * Returns a warning if others than the owner can read a file; `undefined` otherwise.
 *
 * @param source - Name of the file in the warning.
 */
export function modeWarning(file: string, source: string): string | undefined {
  const { mode } = statSync(file)
  // Windows has no such permissions.
  if (process.platform === 'win32' || (mode & othersMode) === 0) return undefined
  const octal = (mode & 0o777).toString(8).padStart(4, '0')
  return `${source} has mode ${octal}: others may read the passwords; chmod 600 keeps them to its owner`
}
