/**
 * Puts the documentation of the repository into the package `rtspool`, which can only hold what lies in its own folder.
 * `npm run build` does so, and npm once more before it packs, where it runs scripts.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const packed = join(root, 'packages/rtspool/docs')

/** A link of Markdown whose target lies outside of docs/. */
const outsideLink = /\[([^\]]*)\]\(\.\.\/([^)\s]*)\)/g

/** Examples come along; of what does not, the name stays. */
function relinked(markdown) {
  return markdown.replace(outsideLink, (_link, text, target) =>
    target.startsWith('examples/') ? `[${text}](${target})` : text,
  )
}

export function addDocs() {
  rmSync(packed, { recursive: true, force: true })
  mkdirSync(join(packed, 'examples'), { recursive: true })
  for (const name of readdirSync(join(root, 'docs'))) {
    const file = join(root, 'docs', name)
    if (name.endsWith('.md')) {
      writeFileSync(join(packed, name), relinked(readFileSync(file, 'utf8')))
    }
    if (name.endsWith('.svg')) cpSync(file, join(packed, name))
  }
  for (const name of readdirSync(join(root, 'examples'))) {
    if (name.endsWith('.ts')) cpSync(join(root, 'examples', name), join(packed, 'examples', name))
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) addDocs()
