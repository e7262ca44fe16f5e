import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folderOf = (target: string): string => join(import.meta.dirname, '..', 'corpus', target)

/** Inputs of one target, from files of hexadecimal numbers; lines that begin with `#` say what they are. */
export function hexCorpus(target: string): { readonly name: string; readonly bytes: Buffer }[] {
  const folder = folderOf(target)
  const names = readdirSync(folder).filter((name) => name.endsWith('.hex'))
  return names.sort().map((name) => {
    const lines = readFileSync(join(folder, name), 'utf8').split('\n')
    const hex = lines.filter((line) => !line.startsWith('#')).join('')
    return { name, bytes: Buffer.from(hex.replaceAll(/\s/g, ''), 'hex') }
  })
}

/** Inputs of one target whose files are what they hold. */
export function textCorpus(target: string): Buffer[] {
  const folder = folderOf(target)
  const names = readdirSync(folder).sort()
  if (names.length === 0) throw new Error(`the corpus of ${target} is empty`)
  return names.map((name) => readFileSync(join(folder, name)))
}
