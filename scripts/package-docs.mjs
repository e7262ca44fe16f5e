/**
 * Puts the documentation of the repository into the packages, which can only hold what lies in their own folders: pages
 * about the command into `rtspool-server`, all others into `rtspool`. `npm run build` does so, and npm once more before
 * it packs, where it runs scripts.
 *
 * Pages that answer why, and those of evidence, stay in the repository: nobody needs them to use a package. So do
 * examples, as Node runs no TypeScript below `node_modules`, and pages of options and errors, which are made of what the
 * package has in its declarations.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Pages that are about the command. */
const aboutCommand = new Set([
  ...['reference/command.md', 'reference/configuration.md', 'reference/control-api.md'],
  ...['guides/configure.md', 'guides/control-a-server.md', 'guides/run-as-a-service.md'],
  ...['guides/watch-in-a-browser.md', 'guides/watch-with-prometheus.md', 'start/from-mediamtx.md'],
  ...['guides/install.md', 'guides/secure.md', 'guides/upgrade.md', 'guides/use-the-dashboard.md'],
  ...['guides/users-and-rights.md', 'guides/external-logins.md', 'guides/snapshots.md'],
  ...['guides/record.md', 'guides/replay.md', 'guides/virtual-cameras.md'],
  ...['guides/pull-cameras.md', 'guides/run-a-program.md', 'reference/conform.md'],
  ...['guides/run-a-cluster.md', 'reference/standards.md'],
])

/** A link of Markdown, or an image, to a file. */
const fileLink = /!?\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)/g

/** Pages that are made of declarations, and what stands for them in the package of the library. */
const declaredPage = /^reference\/([a-z]+-options|errors)\.md$/
const declarations = '../lib/types.d.ts'

const isPacked = (page, isCommand) =>
  page.endsWith('.md') &&
  !/^(evidence|explanation)\//.test(page) &&
  !declaredPage.test(page) &&
  aboutCommand.has(page) === isCommand

/** Links to what is in the same package stay; of everything else, the text does. */
function relinked(page, markdown, isCommand) {
  return markdown.replace(fileLink, (link, text, target) => {
    const [path] = target.split('#')
    const file = posix.join(posix.dirname(page), path)
    if (isPacked(file, isCommand) && !file.startsWith('..')) return link
    if (!declaredPage.test(file) || isCommand) return text
    return `[${text}](${posix.relative(posix.dirname(page), declarations)})`
  })
}

/** The map with the rows of pages that are in the package, and without sections that have no rows. */
function shortMap(markdown) {
  const rows = markdown.replace(/^\| (?!---).*\|\n(?!\| ---)/gm, (row) =>
    /\]\(/.test(row) ? row : '',
  )
  return `${rows.replace(/^## .*\n\n\| .*\n\| ---.*\n(?!\|)\n?/gm, '').trimEnd()}\n`
}

/** What the map says of pages that are not in its package. */
const elsewhere =
  '\nPages about the command are in the package `rtspool-server`, examples, explanations and evidence in the repository.\n'

function addDocsTo(packageName, isCommand) {
  const packed = join(root, 'packages', packageName, 'docs')
  rmSync(packed, { recursive: true, force: true })
  const pages = readdirSync(join(root, 'docs'), { recursive: true }).map((name) =>
    String(name).split(sep).join('/'),
  )
  for (const page of pages.filter((name) => isPacked(name, isCommand))) {
    mkdirSync(dirname(join(packed, page)), { recursive: true })
    const markdown = readFileSync(join(root, 'docs', page), 'utf8')
    const own = relinked(page, markdown, isCommand)
    writeFileSync(join(packed, page), page === 'README.md' ? shortMap(own) + elsewhere : own)
  }
}

export function addDocs() {
  addDocsTo('rtspool', false)
  addDocsTo('rtspool-server', true)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) addDocs()
