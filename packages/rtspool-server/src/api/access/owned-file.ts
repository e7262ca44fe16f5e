import { readFileSync, statSync } from 'node:fs'
import type { z } from 'zod'
import { FileError } from '../../config/save/file-error.js'

const othersMayWrite = 0o022

/**
 * Reads a JSON file that grants rights, and that only its owner may write.
 *
 * @param kind - Name of the contents in messages, such as `API tokens`.
 * @returns `undefined` if there is no such file.
 * @throws {Error} The file cannot be read, has other contents, or others may change it.
 */
export function readOwnedFile<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  kind: string,
): z.output<Schema> | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new FileError(`the file of ${kind} ${file}`, 'read', error)
  }
  if (process.platform !== 'win32' && (statSync(file).mode & othersMayWrite) !== 0) {
    throw new Error(`${file} may be changed by others than its owner: chmod 600 ${file}`)
  }
  const parsed = schema.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new Error(`${file} is not a file of ${kind}: ${parsed.error.issues[0]?.message}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
