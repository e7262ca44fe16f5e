/**
 * `npm run bench:against -- COMMIT [--rounds 40] [NAME …]`
 *
 * Compares this build of the library with that of another commit. Three servers run side by side, each with its own
 * publisher: the base, this build, and this build once more. `fanout-tcp` and `fanout-udp` give each of them 300
 * viewers and read all three clocks in the same windows of 2 s; `churn` gives them visits in turns of 3 s;
 * `session-pool` runs one process after the other.
 *
 * Prints the median ratio of CPU time to the base with its 95 % interval (bootstrap), and beside it the ratio of this
 * build to itself, which shows what the machine can tell apart. Ends with 1 when an interval lies above 1.03.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeClip } from '../bench/lib/clip.mjs'
import { cpuPerPacketUs, measureLoad } from '../bench/lib/load.mjs'
import { leaveServerCore, stopAll } from '../bench/lib/processes.mjs'
import { startRtspool } from '../bench/lib/servers.mjs'
import { shownSpread as shown, spread } from '../bench/lib/statistics.mjs'
import { requireNode } from './node-version.mjs'
import { ensureBuilt, ensureInstalled, fail, root, say } from './workspace.mjs'

const limit = 1.03
const viewers = 300
/** Turns of a churn that only warm up: V8 compiles what a visit needs. */
const warmupTurns = 4
/** Whole groups of pictures: a visit costs more at the end of one, when there is more to begin with. */
const churnSeconds = 3

/** Each benchmark answers the cost of each library in each round. */
const benchmarks = {
  'fanout-tcp': (libraries, rounds) => fanout('tcp', libraries, rounds),
  'fanout-udp': (libraries, rounds) => fanout('udp', libraries, rounds),
  churn,
  'session-pool': sessionPool,
}

function startServers(libraries) {
  const clip = makeClip({ isShort: false })
  const start = (library) => startRtspool({ publisher: { clip }, library })
  return Promise.all(libraries.map(start))
}

async function fanout(transport, libraries, rounds) {
  const servers = await startServers(libraries)
  const windows = new Array(rounds).fill(2).join(',')
  const options = ['--transport', transport, '--viewers', viewers, '--warmup', 3]
  const reports = await Promise.all(
    servers.map((server) => measureLoad(server, [...options, '--measure', windows])),
  )
  await stopAll()
  return reports.map((report) => report.windows.map(cpuPerPacketUs))
}

async function churn(libraries, rounds) {
  const servers = await startServers(libraries)
  const options = ['--transport', 'tcp', '--churn', 0, '--concurrency', 20, '--warmup', 0.1]
  const costs = libraries.map(() => [])
  for (let turn = -warmupTurns; turn < rounds; turn++) {
    for (const [index, server] of inTurns(servers, turn + warmupTurns)) {
      const { windows } = await measureLoad(server, [...options, '--measure', churnSeconds])
      const [{ server: spent, cycles }] = windows
      if (turn >= 0) costs[index].push(spent.cpu.total / cycles)
    }
  }
  await stopAll()
  return costs
}

/** Entries of a list, from another one on in each turn: no place is favoured. */
function inTurns(list, turn) {
  const first = turn % list.length
  const entries = [...list.entries()]
  return [...entries.slice(first), ...entries.slice(0, first)]
}

async function sessionPool(libraries, rounds) {
  const costs = libraries.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [index, library] of inTurns(libraries, round)) {
      const args = ['--expose-gc', 'bench/session-pool/project.mjs', '10000']
      const env = { ...process.env, RTSPOOL_DIST: library }
      const text = execFileSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' })
      costs[index].push(JSON.parse(text.trim().split('\n').at(-1)).churn)
    }
  }
  return costs
}

/** Builds a commit in a work tree of its own. @returns Its library, and how to take the work tree away. */
function buildCommit(commit) {
  const parent = mkdtempSync(join(tmpdir(), 'rtspool-base-'))
  const directory = join(parent, 'tree')
  const git = (...args) => execFileSync('git', args, { cwd: root, stdio: 'pipe' })
  const remove = () => {
    git('worktree', 'remove', '--force', directory)
    rmSync(parent, { recursive: true, force: true })
  }
  try {
    git('worktree', 'add', '--detach', directory, commit)
    const options = { cwd: directory, stdio: 'pipe', shell: process.platform === 'win32' }
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], options)
    execFileSync('npm', ['run', 'build'], options)
  } catch (error) {
    remove()
    throw error
  }
  return { library: join(directory, 'packages/rtspool/dist'), remove }
}

/** @returns Whether the ratio may be within the limit. */
async function compare(name, base, own, rounds) {
  const [before, now, again] = await benchmarks[name]([base, own, own], rounds)
  const ratios = before.map((cost, round) => (now[round] + again[round]) / 2 / cost)
  const ratio = spread(ratios)
  const self = spread(now.map((cost, round) => again[round] / cost))
  console.log(`${name}: ${shown(ratio)}; this build to itself ${shown(self)}; ${rounds} rounds`)
  return ratio[1] <= limit
}

requireNode()
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '40' } },
})
const [commit, ...chosen] = positionals
const rounds = Number(values.rounds)
if (!commit) fail('expected a commit to compare with: npm run bench:against -- COMMIT')
if (!Number.isInteger(rounds) || rounds < 1)
  fail(`--rounds must be a count, got '${values.rounds}'`)
const unknown = chosen.find((name) => !(name in benchmarks))
if (unknown) fail(`no benchmark '${unknown}'; there are: ${Object.keys(benchmarks).join(', ')}`)
ensureInstalled()
ensureBuilt()
say(`building ${commit}`)
const base = buildCommit(commit)
leaveServerCore()
try {
  const own = join(root, 'packages/rtspool/dist')
  for (const name of chosen.length > 0 ? chosen : Object.keys(benchmarks)) {
    if (!(await compare(name, base.library, own, rounds))) process.exitCode = 1
  }
} finally {
  await stopAll()
  base.remove()
}
