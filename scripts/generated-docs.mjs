/** What the scripts that write pages of docs/ share: tests by the ids that their names begin with, and `--check`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fail, root, say } from './workspace.mjs'

const testFolders = [
  ...['packages/rtspool/test', 'packages/rtspool-server/test', 'packages/rtspool-conform/test'],
  'test',
]

const faultPattern = '(?:[SPRU]-\\d+[a-z]?|M-[A-O]\\d?)'
const idPattern = `(?:A-15-[A-Za-z][\\w-]*|[AB]-[A-Z0-9]+(?:-\\d+)?|Q\\d+|${faultPattern})`
/** A string of a test that begins with ids: the name of a test, or of a case in its table. */
const namePattern = new RegExp(
  `(?<=['"\`])${idPattern}(?:[ ,:]+(?:and )?${idPattern})*(?=[ ,:'"\`])`,
  'g',
)

/** Paths of the files in the folders, from the root, in order. */
export function filesIn(folders, ending) {
  return folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
}

export const testFiles = () => filesIn(testFolders, '.test.ts')

/** For each id, the files in which the name of a test begins with it; variants such as S-5b and M-A2 count as S-5 and M-A. */
export function testsById(files) {
  const found = new Map()
  for (const path of files) {
    const names = readFileSync(join(root, path), 'utf8').match(namePattern) ?? []
    for (const variant of names.flatMap((name) => name.match(new RegExp(idPattern, 'g')))) {
      const id = variant.replace(/^([SPRU]-\d+)[a-z]$|^(M-[A-O])\d$/, '$1$2')
      found.set(id, (found.get(id) ?? new Set()).add(path))
    }
  }
  return found
}

/** Links to files, for a page in a folder of docs/. */
export const linksTo = (paths) =>
  [...paths]
    .sort()
    .map((path) => `[${path.split('/').at(-1)}](../../${path})`)
    .join(', ')

/** Writes a page, or with `--check` says whether it is up to date. */
export function writeOrCheck(page, text) {
  const file = join(root, page)
  if (process.argv.includes('--check')) {
    let current = ''
    try {
      current = readFileSync(file, 'utf8')
    } catch {
      fail(`${page} is missing: npm run docs`)
    }
    if (current !== text) fail(`${page} is out of date: npm run docs`)
    say(`${page} is up to date`)
  } else {
    writeFileSync(file, text)
    say(`${page} written`)
  }
}
