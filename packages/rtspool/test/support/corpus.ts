import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One input of a target. */
export interface CorpusInput {
  /** Of its file. */
  readonly name: string
  readonly bytes: Buffer
}

/** Hexadecimal numbers; what stands behind a `#` says what they are. */
function parseHex(text: string): Buffer {
  return Buffer.from(text.replace(/#.*$/gm, '').replace(/\s/g, ''), 'hex')
}

/**
 * Inputs of one target: `NAME.hex` of hexadecimal numbers, every other file byte by byte as it is.
 *
 * @param folder - Where the folders of all targets are.
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

/** The inputs of a target that are hexadecimal numbers. */
export const hexCorpus = (target: string): CorpusInput[] =>
  corpus(target).filter(({ name }) => name.endsWith('.hex'))

/** Inputs of one target whose files are what they hold. */
export function textCorpus(target: string): Buffer[] {
  const inputs = corpus(target)
  if (inputs.length === 0) throw new Error(`the corpus of ${target} is empty`)
  return inputs.map(({ bytes }) => bytes)
}
