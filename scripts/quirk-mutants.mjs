/**
 * `npm run test:quirks -- [--jobs 2] [ROW ...]`: counts the behaviours of real cameras that have an option of `rtspool camera`, a
 * test of the client, and a test that fails without the mend. Takes the mend out of a copy of the sources, one at a time, and runs
 * the test. Prints a table, and ends with 1 if something is missing. With rows of the survey, such as 19: these only.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { quirkMends } from './quirk-mends.mjs'
import { binOf, ensureBuilt, ensureInstalled, root, say } from './workspace.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { jobs: { type: 'string', default: '2' } },
})
const camera = 'packages/rtspool-server/test/camera'
const tests = [
  ...['client-quirks', 'client-liveness-quirks', 'client-secure-quirks'].map(
    (name) => `${camera}/${name}.test.ts`,
  ),
  'packages/rtspool/test/rtp/codec/parameter-sets.test.ts',
]
const cache = join(root, 'node_modules/.cache/rtspool/quirks')
const left = /(^|\/)(node_modules|dist|declarations|api|docs|\.git|assets\/page)(\/|$)/

/** Makes a copy of what the tests need. */
function copyTree(folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const name of [
    'packages',
    'scripts',
    'vitest.config.ts',
    'package.json',
    'tsconfig.base.json',
  ]) {
    const filter = (path) => !left.test(path.slice(root.length))
    cpSync(join(root, name), join(folder, name), { recursive: true, filter })
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
}

/** Runs tests in a copy, of some files. @returns The tests that passed, and those that failed, with title and file */
async function runTests(folder, files, pattern) {
  const report = join(folder, 'report.json')
  rmSync(report, { force: true })
  const args = [
    ...[binOf('vitest'), 'run', '--root', folder, '--project', 'unit'],
    ...files,
    ...['--reporter', 'json', '--outputFile', report],
    ...(pattern === undefined ? [] : ['--testNamePattern', pattern]),
  ]
  const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' })
  await new Promise((resolve) => child.once('close', resolve))
  const all = JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap(
    ({ name, assertionResults }) =>
      assertionResults.map(({ fullName, status }) => ({
        ...{ title: fullName, status, file: name.slice(name.indexOf('packages/')) },
      })),
  )
  const those = (status) => all.filter((each) => each.status === status)
  return { passed: those('passed'), failed: those('failed') }
}

/** Takes a mend out of a copy. @returns A function that puts it back */
function breakMend(folder, mend) {
  const saved = new Map()
  for (const [file, before, after] of mend) {
    const path = join(folder, 'packages/rtspool', file)
    const text = readFileSync(path, 'utf8')
    if (!saved.has(path)) saved.set(path, text)
    const count = text.split(before).length - 1
    if (count !== 1) throw new Error(`${file} has ${count} times: ${before}`)
    writeFileSync(
      path,
      text.replace(before, () => after),
    )
  }
  return () => {
    for (const [path, text] of saved) writeFileSync(path, text)
  }
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

ensureInstalled()
ensureBuilt()
const chosen = quirkMends.filter(({ row }) => positionals.length === 0 || positionals.includes(row))
const folders = Array.from({ length: Number(values.jobs) }, (_, index) =>
  join(cache, String(index)),
)
for (const folder of folders) copyTree(folder)
const [first] = folders
const healthy = await runTests(first, tests)
if (healthy.failed.length > 0) {
  say(`fails with all mends: ${healthy.failed.map(({ title }) => title).join('; ')}`)
}
const { quirks } = await import('../packages/rtspool-server/dist/camera/quirks/quirks.js')
const ids = new Set(quirks.map(({ id }) => id))
const named = new Set(quirkMends.map(({ option }) => option.replace('quirk=', '')))
const unnamed = [...ids].filter((id) => !named.has(id))

const waiting = [...chosen]
const results = new Map()
await Promise.all(
  folders.map(async (folder) => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { option, test, mend } = next
      const hasOption = !option.startsWith('quirk=') || ids.has(option.replace('quirk=', ''))
      const file = healthy.passed.find(({ title }) => title.includes(test))?.file
      const restore = breakMend(folder, mend)
      const { failed } = file ? await runTests(folder, [file], escaped(test)) : { failed: [] }
      restore()
      results.set(next, { hasOption, hasTest: file !== undefined, fails: failed.length > 0 })
    }
  }),
)
rmSync(cache, { recursive: true, force: true })

const shown = (holds) => (holds ? 'yes' : '**no**')
console.log('| row | behaviour | `rtspool camera` | sub-test passes | fails without the mend |')
console.log('| --- | --- | --- | --- | --- |')
let whole = 0
for (const each of chosen) {
  const { hasOption, hasTest, fails } = results.get(each)
  if (hasOption && hasTest && fails) whole++
  const option = `\`${each.option}\`${hasOption ? '' : ' **missing**'}`
  console.log(
    `| ${each.row} | ${each.behaviour} | ${option} | ${shown(hasTest)} | ${shown(fails)} |`,
  )
}
if (unnamed.length > 0) say(`quirks without a row here: ${unnamed.join(' ')}`)
say(
  `${whole} of ${chosen.length} behaviours have an option, a test, and a failure without the mend`,
)
process.exitCode = whole === chosen.length && unnamed.length + healthy.failed.length === 0 ? 0 : 1
