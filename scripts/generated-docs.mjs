/** What the scripts that write pages of docs/ share: tests by their tags, and `--check`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { testTags } from './test-tags.mjs'
import { fail, root, say } from './workspace.mjs'

const testFolders = [
  ...['packages/rtspool/test', 'packages/rtspool-server/test', 'packages/rtspool-conform/test'],
  'test',
]

const faultPattern = '(?:[SPRU]-\\d+|M-[A-O])'
const idPattern = `(?:A-15-[A-Za-z][\\w-]*|[AB]-[A-Z0-9]+(?:-\\d+)?|Q\\d+|${faultPattern})`
/** `tags: 'A-SET-7'`, `tags: ['A-SET-7', 'B-AMP']`, or the first column of `eachRow`: `['A-SET-7 B-AMP', `. */
const tagPattern = new RegExp(
  `\\btags(?:: | = )(?:'[^']*'|\\[[^\\]]*\\])|\\[\\s*'${idPattern}(?: ${idPattern})*',`,
  'g',
)
/** A title that begins with ids. */
const titlePattern = new RegExp(`['"\`]${idPattern}(?:[ ,]${idPattern})*:? (?!${idPattern}).*`)

/** Paths of the files in the folders, from the root, in order. */
export function filesIn(folders, ending) {
  return folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
}

export const testFiles = () => filesIn(testFolders, '.test.ts')

const known = new Set(testTags.map(({ name }) => name))

/** Finds for each id the files with a test that has it as a tag. No title of a test may begin with an id. */
export function testsByTag(files) {
  const found = new Map()
  for (const path of files) {
    const text = readFileSync(join(root, path), 'utf8')
    const title = text.match(titlePattern)
    if (title) fail(`${path}: ids of rows are tags, and not in titles: ${title[0]}`)
    for (const tags of text.match(tagPattern) ?? []) {
      for (const id of tags.match(new RegExp(idPattern, 'g')) ?? []) {
        if (known.has(id)) found.set(id, (found.get(id) ?? new Set()).add(path))
      }
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
