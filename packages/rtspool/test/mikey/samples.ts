import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const corpus = (target: string): string => join(import.meta.dirname, '../corpus', target)

/** Returns the files of a corpus folder whose origin is known, by name without extension. */
function readCorpus(target: string): Map<string, string> {
  const folder = corpus(target)
  const files = readdirSync(folder).filter((file) => !file.startsWith('found-'))
  return new Map(
    files.map((file) => [file.replace(/\.\w+$/, ''), readFileSync(join(folder, file), 'latin1')]),
  )
}

/** Messages as hex digits; a text after `#` explains them. */
export const mikeyCorpus: ReadonlyMap<string, Buffer> = new Map(
  [...readCorpus('mikey')].map(([name, text]) => [
    name,
    Buffer.from(text.replace(/#.*$/gm, '').replace(/\s/g, ''), 'hex'),
  ]),
)

/** Values of KeyMgmt headers. */
export const keyMgmtCorpus: ReadonlyMap<string, string> = new Map(
  [...readCorpus('key-mgmt')].map(([name, text]) => [name, text.trimEnd()]),
)

export function sample(name: string): Buffer {
  const bytes = mikeyCorpus.get(name)
  if (!bytes) throw new Error(`no sample ${name} in the corpus`)
  return bytes
}
