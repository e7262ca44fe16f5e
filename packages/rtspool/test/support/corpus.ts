import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One input of a target. */
export interface CorpusInput {
  /** Name of the file. */
  readonly name: string
  readonly bytes: Buffer
}

/** Parses hexadecimal numbers; a text after `#` is a comment. */
function parseHex(text: string): Buffer {
  return Buffer.from(text.replace(/#.*$/gm, '').replace(/\s/g, ''), 'hex')
}

/**
 * Returns the inputs of one target: `NAME.hex` with hexadecimal numbers, any other file byte by
 * byte.
 *
 * @param folder - Folder with the folders of all targets.
 */
export function corpus(
  target: string,
  folder = join(import.meta.dirname, '..', 'corpus'),
): CorpusInput[] {
  const directory = join(folder, target)
  const names = existsSync(directory) ? readdirSync(directory).sort() : []
  return names.map((name) => {
    const bytes = readFileSync(join(directory, name))
    return { name, bytes: name.endsWith('.hex') ? parseHex(bytes.toString('latin1')) : bytes }
  })
}

/** Returns the inputs of a target that are hexadecimal numbers. */
export const hexCorpus = (target: string): CorpusInput[] =>
  corpus(target).filter(({ name }) => name.endsWith('.hex'))

/** Returns the inputs of a target whose files are used unchanged. */
export function textCorpus(target: string): Buffer[] {
  const inputs = corpus(target)
  if (inputs.length === 0) throw new Error(`the corpus of ${target} is empty`)
  return inputs.map(({ bytes }) => bytes)
}
