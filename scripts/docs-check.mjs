/** Checks the pages of docs/ and the README: links, anchors, named files, snippets, and how guides begin. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { shellProblems, typeProblems } from './docs-snippets.mjs'
import { anchorsOf, documentPages, linksOf, namedFiles, readPage } from './docs-text.mjs'
import { filesIn } from './generated-docs.mjs'
import { root } from './workspace.mjs'

/** Pages beside docs/ whose links are checked as well. */
const furtherPages = ['CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', 'bench/README.md']

const pages = documentPages().map((page) => ({ page, text: readPage(page) }))
const withLinks = [...pages, ...furtherPages.map((page) => ({ page, text: readPage(page) }))]

const places = ['bench', 'docs', 'examples', 'findings', 'packages', 'scripts', 'test']
const files = [...places.flatMap((place) => filesIn([place], '')), ...readdirSync(root)].filter(
  (file) => !/\/(node_modules|dist)\//.test(file),
)

const counts = { links: 0, names: 0 }

function linkProblem(page, target) {
  counts.links++
  const [path, anchor] = target.split('#')
  const file = path === '' ? page : posix.join(posix.dirname(page), path)
  if (!existsSync(join(root, file))) return `${page} links to ${file}, which is not there`
  const isMissing =
    anchor && file.endsWith('.md') && !anchorsOf(readFileSync(join(root, file), 'utf8')).has(anchor)
  return isMissing ? `${page} links to #${anchor}, which ${file} has not` : undefined
}

/** A name may leave out the first folders, as in `server/server.ts`. */
function nameProblem(page, name) {
  counts.names++
  const isThere = files.some((file) => file === name || file.endsWith(`/${name}`))
  return isThere ? undefined : `${page} names ${name}, and no file has that name`
}

const fromTask = /^docs\/(start|guides|reference)\//

/** A page of a task or of the reference begins with something to run, at most some sentences below its title. */
function beginProblem({ page, text }) {
  const [introduction, code] = text.split('\n```')
  if (!fromTask.test(page)) return undefined
  if (code === undefined) return `${page} has no snippet`
  const lines = introduction
    .replace(/<!--.*?-->/gs, '')
    .split('\n')
    .filter(Boolean)
  return lines.length <= 8 && !introduction.includes('\n## ')
    ? undefined
    : `${page} does not begin with a snippet`
}

/** What people write for readers of their own: names of files that a reader makes. */
const namesOfReaders = new Set(['bridge.mjs', 'server.mjs'])

const types = typeProblems(pages)
const shell = shellProblems(pages)
const problems = [
  ...withLinks.flatMap(({ page, text }) =>
    linksOf(text).map((target) => linkProblem(page, target)),
  ),
  ...pages.flatMap(({ page, text }) =>
    namedFiles(text)
      .filter((name) => !namesOfReaders.has(name))
      .map((name) => nameProblem(page, name)),
  ),
  ...pages.map(beginProblem),
  ...types.problems,
  ...shell.problems,
].filter((problem) => problem !== undefined)

for (const problem of problems) console.log(problem)
console.log(
  `docs: ${pages.length} pages, ${counts.links} links, ${counts.names} names of files, ${types.count} snippets of TypeScript and JavaScript, ${shell.count} of shell: ${problems.length} problems (limit 0)`,
)
if (problems.length > 0) process.exitCode = 1
