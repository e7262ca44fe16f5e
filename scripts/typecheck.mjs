/** Type-checks every TypeScript project of the repository, and shows that no source is outside of one. */
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'
import { root, tsc } from './workspace.mjs'

const skipped = new Set(['node_modules', 'dist', 'declarations', '.git', 'results'])
/** What the build puts into the packages. */
const copies = ['rtspool/docs', 'rtspool/lib', 'rtspool-server/docs'].map((name) =>
  join(root, 'packages', name),
)
/** Files that a tool reads directly, or that others import, and that belong to no project. */
const outside = /^(vitest\.config\.ts|scripts\/[a-z-]+\.d\.mts)$/

function* walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (skipped.has(entry.name)) continue
    const path = join(folder, entry.name)
    if (copies.includes(path)) continue
    if (entry.isDirectory()) yield* walk(path)
    else if (entry.isFile()) yield path
  }
}

function sourcesOf(projectFile) {
  const { config } = ts.readConfigFile(projectFile, ts.sys.readFile)
  return ts.parseJsonConfigFileContent(config, ts.sys, join(projectFile, '..')).fileNames
}

const files = [...walk(root)]
// The root has references only, and a folder may still be empty.
const projects = files
  .filter((file) => /[\\/]tsconfig\.json$/.test(file))
  .filter((file) => sourcesOf(file).length > 0)
const covered = new Set(projects.flatMap(sourcesOf).map((file) => relative(root, file)))
const uncovered = files
  .filter((file) => /\.[cm]?ts$/.test(file))
  .map((file) => relative(root, file))
  .filter((file) => !covered.has(file) && !outside.test(file))

for (const file of uncovered) console.log(`${file} belongs to no tsconfig.json`)
const names = projects.map((file) => relative(root, join(file, '..')) || '.')
console.log(`type-checking ${covered.size} files: ${names.join(', ')}`)
const status = tsc(['-b', ...names])
process.exitCode = status !== 0 || uncovered.length > 0 ? 1 : 0
