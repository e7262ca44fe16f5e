// Runs tests once more with one send thread, which serves every viewer from the first one on. Fails unless threads have
// sent at least 90 % of the RTP packets to unicast viewers of servers with threads. Packets to a viewer over TCP who has
// not read earlier ones, or has gone, are counted apart: these wait in Node, and no thread waits for a connection.
// Usage: npm run test:threads -- [--short | --visits N] [wire] [interop] [VITEST ARGUMENTS]
//   wire        the whole server over real sockets, with the property of media that pass through unchanged
//   interop     real players, publishers and the command; without a name both
//   --short     a few files of the wire, within a minute
//   --visits N  only the test that looks for descriptors and slots of viewers that are gone, with N visits
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { binOf } from './workspace.mjs'

const wantedShare = 0.9
const tests = 'packages/rtspool/test'
const visitsFile = `${tests}/wire/carriers/send-threads.property.test.ts`
/** Visits of that test with 10,000 runs, which is the default of RTSPOOL_FUZZ_RUNS. */
const usualVisits = 600
const usualRuns = 10_000
const preload = fileURLToPath(
  new URL('../test/interop/support/send-by-threads.mjs', import.meta.url),
)

const parts = {
  wire: {
    projects: ['unit', 'property'],
    files: [`${tests}/wire`],
  },
  interop: {
    projects: ['interop'],
    files: [],
    // The command, and programs that the tests start, are other processes.
    env: { NODE_OPTIONS: `--import=${pathToFileURL(preload)}` },
  },
}
const short = {
  projects: ['unit', 'property'],
  files: [
    `${tests}/wire/carriers/interleaved.test.ts`,
    `${tests}/wire/carriers/http-tunnel.test.ts`,
    `${tests}/wire/play/pass-through.property.test.ts`,
  ],
}

/**
 * Reads a folder of counts. A line has the packets of a server: all, those that threads have sent, and those of viewers
 * that did not read or had gone, which the event loop has sent. The test file, or the program, follows.
 */
function countsOf(folder) {
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))
  const lines = files.join('').split('\n').filter(Boolean)
  return lines.map((line) => {
    const [all, byThreads, unread, file = ''] = line.split(' ')
    return { all: Number(all), byThreads: Number(byThreads), unread: Number(unread), file }
  })
}

const sum = (counts, name) => counts.reduce((total, each) => total + each[name], 0)

/** Prints the test files whose viewers were sent most packets by the event loop, although threads could send them. */
function printMissed(counts) {
  const missed = new Map()
  for (const { all, byThreads, unread, file } of counts) {
    missed.set(file, (missed.get(file) ?? 0) + all - byThreads - unread)
  }
  const worst = [...missed].sort(([, one], [, other]) => other - one).slice(0, 10)
  for (const [file, packets] of worst) console.log(`  ${packets} not through threads: ${file}`)
}

const percent = (part, all) => `${((100 * part) / all).toFixed(1)} %`

/** Prints how the packets have left. Returns the share of threads. */
function printShares(name, counts) {
  const [all, byThreads] = [sum(counts, 'all'), sum(counts, 'byThreads')]
  const unread = sum(counts, 'unread')
  const others = all - unread
  console.log(
    `${name}: ${byThreads} of ${others} packets left through threads: ${percent(byThreads, others)}`,
  )
  console.log(
    `  apart, sent by the event loop: ${unread} packets to viewers that had not read or had gone; with those ${percent(byThreads, all)}`,
  )
  return byThreads / others
}

/** Runs one part. Returns whether its tests have passed, and threads have sent enough. */
function run(name, { projects, files, env = {} }, given) {
  const counts = mkdtempSync(join(tmpdir(), 'rtspool-threads-'))
  const args = [
    ...[binOf('vitest'), 'run', ...projects.flatMap((project) => ['--project', project])],
    ...(given.length > 0 ? given : files),
  ]
  try {
    // Not by npx: the command ends when the program that npx has started it from ends.
    const { status } = spawnSync(process.execPath, args, {
      env: { ...process.env, ...env, TEST_SEND_THREADS: counts },
      stdio: 'inherit',
    })
    const counted = countsOf(counts)
    const share = printShares(name, counted)
    if (share < wantedShare) printMissed(counted)
    return status === 0 && share >= wantedShare
  } finally {
    rmSync(counts, { recursive: true })
  }
}

/** Takes an option and its value out of a list of arguments. Returns the value. */
function takeValue(args, option) {
  const at = args.indexOf(option)
  return at < 0 ? undefined : args.splice(at, 2)[1]
}

const given = process.argv.slice(2)
const isVisiting = given.includes('--visits')
const visits = takeValue(given, '--visits')
const isShort = given.includes('--short')
const names = given.filter((name) => name in parts)
const rest = given.filter((arg) => !(arg in parts) && arg !== '--short')
// Arguments of Vitest alone mean files of the wire.
const defaults = rest.length > 0 ? ['wire'] : Object.keys(parts)
let chosen = (names.length > 0 ? names : defaults).map((name) => [name, parts[name]])
if (isShort) chosen = [['short', short]]
if (isVisiting) {
  if (!(Number(visits) >= 1))
    throw new Error(`--visits: expected a number from 1 on, got ${visits}`)
  const runs = Math.ceil((Number(visits) * usualRuns) / usualVisits)
  const files = [visitsFile, '-t', 'after many visits']
  const env = { RTSPOOL_FUZZ_RUNS: String(runs) }
  chosen = [['visits', { projects: ['property'], files, env }]]
}
const failed = chosen.filter(([name, part]) => !run(name, part, rest))
for (const [name] of failed) console.log(`${name}: failed`)
process.exitCode = failed.length === 0 ? 0 : 1
