/** Writes docs/conformance.md: each row of the checklist with its tests, and what `rtspool conform` has found. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { allRows } from '../packages/server/dist/conform/rows/index.js'
import { chapters, different, requirements, uncovered } from './checklist.mjs'
import { fail, root, say } from './workspace.mjs'

const file = join(root, 'docs/conformance.md')
const results = join(root, 'docs/conformance')
const testFolders = ['packages/rtspool/test', 'packages/server/test', 'test']
const conformTest = 'test/interop/conform.test.ts'

const idPattern = '(?:A-15-[A-Za-z][\\w-]*|[AB]-[A-Z0-9]+(?:-\\d+)?|Q\\d+)'
/** A string of a test that begins with ids: the name of a test, or of a case in its table. */
const namePattern = new RegExp(
  `(?<=['"\`])${idPattern}(?:[ ,:]+(?:and )?${idPattern})*(?=[ ,:'"\`])`,
  'g',
)

/** Where each id stands at the begin of the name of a test. */
function findTests() {
  const found = new Map()
  for (const path of testFiles()) {
    const names = readFileSync(join(root, path), 'utf8').match(namePattern) ?? []
    for (const id of names.flatMap((name) => name.match(new RegExp(idPattern, 'g')))) {
      found.set(id, (found.get(id) ?? new Set()).add(path))
    }
  }
  for (const { id } of allRows) {
    const plain = idOf(id)
    found.set(plain, (found.get(plain) ?? new Set()).add(conformTest))
  }
  return found
}

function testFiles() {
  return testFolders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
}

/** The row of the checklist that a row of the command belongs to: without the letter behind the number. */
const idOf = (id) => id.replace(/(\d)[a-z]$/, '$1')

const idsOf = ({ prefix, count, ids }) =>
  ids ?? Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`.replace(/^Q-/, 'Q'))

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

function requirementOf(id) {
  const own = allRows.filter((row) => idOf(row.id) === id).map((row) => row.requirement)
  const text = own.length > 0 ? own.join('; ') : requirements.get(id)
  if (text === undefined) fail(`${id} has no requirement: add it to scripts/checklist.mjs`)
  return text
}

function statusOf(id, tests) {
  if (different.has(id)) return `deliberately different: ${different.get(id)}`
  if (uncovered.has(id)) return `not covered: ${uncovered.get(id)}`
  return tests.length > 0 ? 'tested' : undefined
}

const link = (path) => `[${path.split('/').at(-1)}](../${path})`

function chapterTable(chapter, found) {
  const rows = idsOf(chapter).map((id) => {
    const tests = [...(found.get(id) ?? [])].sort()
    const status = statusOf(id, tests)
    if (status === undefined) missing.push(id)
    return `| ${id} | ${cell(requirementOf(id))} | ${cell(status ?? 'NO TEST')} | ${tests.map(link).join(', ')} |`
  })
  return [
    `### ${chapter.title}`,
    '',
    '| row | requirement | status | tests |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ]
}

const missing = []

function readRuns() {
  const runs = readdirSync(results)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(results, name), 'utf8')))
  // rtspool first, each of its carriers; then the others.
  const rank = ({ name }) => (name.startsWith('rtspool') ? 0 : 1)
  return runs.sort((left, right) => rank(left) - rank(right) || left.name.localeCompare(right.name))
}

/** The verdicts of one kind of server in one cell: one word where all agree. */
function verdict(runs, id) {
  const found = runs.map((run) => run.rows.find((row) => row.id === id)).filter(Boolean)
  const tried = found.filter(({ status }) => status !== 'skip')
  if (found.length === 0) return 'not run'
  if (tried.length === 0) return `skipped: ${cell(found[0].got)}`
  const bad = tried.find(({ status }) => status !== 'pass')
  if (bad) return `${bad.status === 'fail' ? '**fails**' : 'differs'}: ${cell(bad.got)}`
  return 'passes'
}

function comparison() {
  const runs = readRuns()
  const ours = runs.filter(({ name }) => name.startsWith('rtspool'))
  const others = runs.filter((run) => !ours.includes(run))
  const head = ['row', 'level', 'requirement', 'rtspool', ...others.map(({ name }) => name)]
  return [
    '| run | passed | failed | differ | skipped |',
    '| --- | --- | --- | --- | --- |',
    ...runs.map(({ name, counts }) => {
      const { pass, fail: failed, differs, skip } = counts
      return `| ${name} | ${pass} | ${failed} | ${differs} | ${skip} |`
    }),
    '',
    `| ${head.join(' | ')} |`,
    `|${' --- |'.repeat(head.length)}`,
    ...allRows.map(({ id, level, requirement }) => {
      const cells = [verdict(ours, id), ...others.map((run) => verdict([run], id))]
      return `| ${[id, level, cell(requirement), ...cells].join(' | ')} |`
    }),
    '',
  ]
}

function document() {
  const found = findTests()
  return [
    '# Conformance',
    '',
    '<!-- Generated by `npm run docs` from the tests, scripts/checklist.mjs and docs/conformance/*.json; do not edit. -->',
    '',
    'What RTSP asks of a server, where each rule is tested, and what the command `rtspool conform`',
    '([conform.md](conform.md)) has found about this server and about another one.',
    '',
    '## Side by side',
    '',
    'Each row as it went over the wire: rtspool with `--strict` (every level binds) by each carrier, the other server',
    'without. `npm run conform:record` tries them again. A server that differs from a row of level `should`, `may` or',
    '`house` breaks no rule.',
    '',
    ...comparison(),
    '## Every row, and its tests',
    '',
    'A row is tested where the name of a test begins with its id, or where the command tries it.',
    '',
    ...chapters.flatMap((chapter) => chapterTable(chapter, found)),
  ].join('\n')
}

const text = document()
if (missing.length > 0) say(`rows without a test: ${missing.join(' ')}`)
if (process.argv.includes('--check')) {
  if (missing.length > 0) fail('each row needs a test, or a reason in scripts/checklist.mjs')
  let current = ''
  try {
    current = readFileSync(file, 'utf8')
  } catch {
    fail('docs/conformance.md is missing: npm run docs')
  }
  if (current !== text) fail('docs/conformance.md is out of date: npm run docs')
  say('docs/conformance.md is up to date')
} else {
  writeFileSync(file, text)
  say('docs/conformance.md written')
}
