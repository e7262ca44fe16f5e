// Runs tests once more with one send thread, which serves every viewer from the first one on. Fails unless threads have
// sent at least 90 % of the RTP packets to unicast viewers of servers with threads.
// Usage: npm run test:threads -- [--short | --visits N] [wire] [interop] [VITEST ARGUMENTS]
//   wire        the whole server over real sockets, with the property of media that pass through unchanged
//   interop     real players, publishers and the command; without a name both
//   --short     a few files of the wire, within a minute
//   --visits N  only the test that looks for descriptors and slots of viewers that are gone, with N visits
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const wantedShare = 0.9
const tests = 'packages/rtspool/test'
const visitsFile = `${tests}/wire/carriers/send-threads.property.test.ts`
/** Visits of that test with 10,000 runs, which is the default of RTSPOOL_FUZZ_RUNS. */
const usualVisits = 600
const usualRuns = 10_000
/**
 * Files whose packets do not count, though their tests must pass: viewers that stop reading get their write side back
 * from the thread, and visits are so short that they have little but cached packets, which the event loop sends.
 */
const uncounted = [
  'overload.test.ts',
  'send-threads.property.test.ts',
  'slow-reader.property.test.ts',
]
const preload = fileURLToPath(
  new URL('../test/interop/support/send-by-threads.mjs', import.meta.url),
)

const parts = {
  wire: {
    projects: ['unit', 'property'],
    // Viewers of the file left out are sent 1.5 million cached packets, which the event loop sends.
    files: [`${tests}/wire`, '--exclude=**/flooding-publisher.property.test.ts'],
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

/** Reads a file of counts: packets of each server, those that threads have sent, and the test file if it is known. */
function countsOf(path) {
  const lines = existsSync(path) ? readFileSync(path, 'latin1').trim().split('\n') : []
  return lines.map((line) => {
    const [all, byThreads, file = ''] = line.split(' ')
    return { all: Number(all), byThreads: Number(byThreads), file }
  })
}

const sum = (counts, name) => counts.reduce((total, each) => total + each[name], 0)

/** Prints the test files whose viewers were sent most packets by the event loop. */
function printMissed(counts) {
  const missed = new Map()
  for (const { all, byThreads, file } of counts) {
    missed.set(file, (missed.get(file) ?? 0) + all - byThreads)
  }
  const worst = [...missed].sort(([, one], [, other]) => other - one).slice(0, 10)
  for (const [file, packets] of worst) console.log(`  ${packets} not through threads: ${file}`)
}

/** Runs one part. Returns whether its tests have passed, and threads have sent enough. */
function run(name, { projects, files, share: wanted = wantedShare, env = {} }, given) {
  const isCounted = ({ file }) => isVisiting || !uncounted.includes(file)
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-threads-'))
  const counts = join(folder, 'counts')
  const args = [
    ...['vitest', 'run', ...projects.flatMap((project) => ['--project', project])],
    ...(given.length > 0 ? given : files),
  ]
  try {
    const { status } = spawnSync('npx', args, {
      env: { ...process.env, ...env, RTSPOOL_TEST_SEND_THREADS: counts },
      stdio: 'inherit',
    })
    const counted = countsOf(counts).filter(isCounted)
    const [all, byThreads] = [sum(counted, 'all'), sum(counted, 'byThreads')]
    const share = byThreads / all
    console.log(
      `${name}: ${byThreads} of ${all} packets left through threads: ${(share * 100).toFixed(1)} %`,
    )
    if (share < wanted) printMissed(counted)
    return status === 0 && share >= wanted
  } finally {
    rmSync(folder, { recursive: true })
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
  // A visit is short, and begins with packets of the cache, which the event loop sends.
  const visit = { projects: ['property'], files, share: 0.5 }
  chosen = [['visits', { ...visit, env: { RTSPOOL_FUZZ_RUNS: String(runs) } }]]
}
const failed = chosen.filter(([name, part]) => !run(name, part, rest))
for (const [name] of failed) console.log(`${name}: failed`)
process.exitCode = failed.length === 0 ? 0 : 1
