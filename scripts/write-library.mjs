/**
 * Writes what users of the packages get into `lib`: of the library the declarations of all public names, and the compiled
 * code with one file for each layer; of the command its code. Whatever else is in there, it removes.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { joinedCommand, joinedModules } from './join-modules.mjs'
import { publicDeclarations } from './public-declarations.mjs'
import { shortCode, withLongLines } from './shorten-code.mjs'
import { root } from './workspace.mjs'

const library = join(root, 'packages/rtspool')
const command = join(root, 'packages/rtspool-server')

/** Writes the texts, by their paths in the folder, where they differ. */
function write(folder, texts) {
  const wanted = new Map([...texts].map(([path, text]) => [join(folder, path), text]))
  for (const [path, text] of wanted) {
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !wanted.has(path)) rmSync(path)
  }
}

const changed = (texts, change) => [...texts].map(([path, text]) => [path, change(text)])

const modules = await joinedModules(library, [
  // Stays in the repository: names inside the library for `npm run test:threads`.
  ['internals.js', join(root, 'test/interop/support/library-internals.mjs')],
])
write(join(library, 'lib'), [
  ...changed(publicDeclarations(library, join(library, 'declarations')), withLongLines),
  ...changed(modules, shortCode),
])
write(join(command, 'lib'), changed(await joinedCommand(command), shortCode))
