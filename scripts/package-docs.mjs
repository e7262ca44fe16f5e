/**
 * Puts the documentation of the repository into the package `rtspool`, which can only hold what lies in its own folder.
 * `npm run build` does so, and npm once more before it packs, where it runs scripts.
 *
 * Pages of evidence stay out: they link tests, which are in no package.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const packed = join(root, 'packages/rtspool/docs')

/** A link of Markdown, or an image, to a file. */
const fileLink = /!?\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)/g

const isPacked = (page) => page.endsWith('.md') && !page.startsWith('evidence/')

/** Links to pages and examples in the package stay; of everything else, the text does. */
function relinked(page, markdown) {
  return markdown.replace(fileLink, (link, text, target) => {
    const [path] = target.split('#')
    const file = posix.join(posix.dirname(page), path)
    if (isPacked(file) && !file.startsWith('..')) return link
    const example = file.startsWith('../examples/') ? file.slice('../'.length) : undefined
    return example ? `[${text}](${posix.relative(posix.dirname(page), example)})` : text
  })
}

export function addDocs() {
  rmSync(packed, { recursive: true, force: true })
  const pages = readdirSync(join(root, 'docs'), { recursive: true }).map((name) =>
    String(name).split(sep).join('/'),
  )
  for (const page of pages.filter(isPacked)) {
    mkdirSync(dirname(join(packed, page)), { recursive: true })
    writeFileSync(
      join(packed, page),
      relinked(page, readFileSync(join(root, 'docs', page), 'utf8')),
    )
  }
  mkdirSync(join(packed, 'examples'), { recursive: true })
  for (const name of readdirSync(join(root, 'examples'))) {
    if (name.endsWith('.ts')) cpSync(join(root, 'examples', name), join(packed, 'examples', name))
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) addDocs()
