/** Writes the declarations that users of the library see into its `dist`, and removes all others from there. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { publicDeclarations } from './public-declarations.mjs'
import { root } from './workspace.mjs'

const folder = join(root, 'packages/rtspool')
const dist = join(folder, 'dist')
const texts = publicDeclarations(folder, join(folder, 'declarations'))
const paths = new Map([...texts].map(([path, text]) => [join(dist, path), text]))
for (const name of readdirSync(dist, { recursive: true })) {
  const path = join(dist, String(name))
  if (path.endsWith('.d.ts') && !paths.has(path)) rmSync(path)
}
for (const [path, text] of paths) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
