import { readFileSync } from 'node:fs'
import type { LoadedConfig } from './load-config.js'
import { OptionValueError } from './option-value-error.js'

/**
 * Reads the text of a file with a key, a certificate or another secret that the configuration names.
 *
 * @param path - Names of the section and the key that has the name of the file.
 * @returns `undefined` if the configuration names no file.
 * @throws {OptionValueError} The file cannot be read, or is empty.
 */
export function textOfFile(
  { sourceOf }: Pick<LoadedConfig, 'sourceOf'>,
  path: readonly string[],
  file: string | undefined,
): string | undefined {
  if (file === undefined) return undefined
  const source = `${sourceOf(path)} ${file}`
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new OptionValueError(`${source} cannot be read: ${reason}`)
  }
  if (text.trim() !== '') return text
  throw new OptionValueError(`${source} must have a key, got an empty file`)
}
