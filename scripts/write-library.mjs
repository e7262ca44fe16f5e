/**
 * Writes what users of the library get into its `lib`: the declarations of all public names, and the compiled code with
 * one file for each layer. Whatever else is in there, it removes.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { joinedModules } from './join-modules.mjs'
import { publicDeclarations } from './public-declarations.mjs'
import { shortCode, withLongLines } from './shorten-code.mjs'
import { root } from './workspace.mjs'

const folder = join(root, 'packages/rtspool')
const lib = join(folder, 'lib')

const declarations = publicDeclarations(folder, join(folder, 'declarations'))
const modules = await joinedModules(folder, [
  // Stays in the repository: names inside the library for `npm run test:threads`.
  ['internals.js', join(root, 'test/interop/support/library-internals.mjs')],
])
const texts = new Map()
for (const [path, text] of declarations) texts.set(join(lib, path), withLongLines(text))
for (const [path, text] of modules) texts.set(join(lib, path), shortCode(text))

for (const [path, text] of texts) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
for (const entry of readdirSync(lib, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name)
  if (entry.isFile() && !texts.has(path)) rmSync(path)
}
