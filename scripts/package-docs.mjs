/**
 * Puts the documentation of the repository into the packages, which can only hold what lies in their own folders: pages
 * about the command into `rtspool-server`, all others into `rtspool`. `npm run build` does so, and npm once more before
 * it packs, where it runs scripts.
 *
 * Pages of evidence and of the architecture stay out: they link tests and describe sources, which are in no package.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Pages and examples that are about the command. */
const aboutCommand = new Set([
  ...['reference/command.md', 'reference/configuration.md', 'reference/control-api.md'],
  ...['guides/configure.md', 'guides/control-a-server.md', 'guides/run-as-a-service.md'],
  ...['guides/watch-in-a-browser.md', 'guides/watch-with-prometheus.md', 'start/from-mediamtx.md'],
  ...['guides/install.md', 'guides/secure.md', 'guides/upgrade.md', 'guides/use-the-dashboard.md'],
  ...['guides/users-and-rights.md', 'guides/external-logins.md', 'guides/snapshots.md'],
  ...['guides/record.md', 'guides/replay.md', 'guides/virtual-cameras.md'],
  ...['guides/pull-cameras.md', 'guides/run-a-program.md', 'reference/conform.md'],
  ...['guides/run-a-cluster.md', 'explanation/live-picture.md', 'examples/control-api.ts'],
])

/** A link of Markdown, or an image, to a file. */
const fileLink = /!?\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)/g

/** Pages about the repository. */
const aboutRepository = /^(evidence\/|explanation\/architecture\.md$)/

const isPacked = (page, isCommand) =>
  page.endsWith('.md') && !aboutRepository.test(page) && aboutCommand.has(page) === isCommand

/** Links to pages and examples in the same package stay; of everything else, the text does. */
function relinked(page, markdown, isCommand) {
  return markdown.replace(fileLink, (link, text, target) => {
    const [path] = target.split('#')
    const file = posix.join(posix.dirname(page), path)
    if (isPacked(file, isCommand) && !file.startsWith('..')) return link
    const example = file.startsWith('../examples/') ? file.slice('../'.length) : undefined
    return example && aboutCommand.has(example) === isCommand
      ? `[${text}](${posix.relative(posix.dirname(page), example)})`
      : text
  })
}

function addDocsTo(packageName, isCommand) {
  const packed = join(root, 'packages', packageName, 'docs')
  rmSync(packed, { recursive: true, force: true })
  const pages = readdirSync(join(root, 'docs'), { recursive: true }).map((name) =>
    String(name).split(sep).join('/'),
  )
  for (const page of pages.filter((name) => isPacked(name, isCommand))) {
    mkdirSync(dirname(join(packed, page)), { recursive: true })
    const markdown = readFileSync(join(root, 'docs', page), 'utf8')
    writeFileSync(join(packed, page), relinked(page, markdown, isCommand))
  }
  mkdirSync(join(packed, 'examples'), { recursive: true })
  for (const name of readdirSync(join(root, 'examples'))) {
    if (!name.endsWith('.ts') || aboutCommand.has(`examples/${name}`) !== isCommand) continue
    cpSync(join(root, 'examples', name), join(packed, 'examples', name))
  }
}

export function addDocs() {
  addDocsTo('rtspool', false)
  addDocsTo('rtspool-server', true)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) addDocs()
