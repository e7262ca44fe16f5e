// rtspool's session pool beside GstRTSPSessionPool: the same operations in the same order, in turns.
//   node bench/session-pool/run.mjs [--quick] [--json]
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const isShort = process.env.RTSPOOL_BENCH_SHORT === '1'
const isQuick = process.argv.includes('--quick')
const sizes = isShort ? [1000] : isQuick ? [1000, 100_000] : [1000, 100_000, 1_000_000]
const rounds = isShort || isQuick ? 1 : 5

/** Project / C, at each size; `undefined` = no figure is wanted. */
const wanted = {
  create: [1.0, 0.9, 0.9],
  find: [1.5, 1.0, 1.0],
  remove: [1.0, 0.8, 0.8],
  churn: [1.0, 0.8, 0.8],
  filterKeep: [0.5, 0.2, 0.2],
  cleanup: [0.05, 0.001, 0.0001],
  watchTurn: [0.05, 0.001, 0.0001],
  bytes: [],
}
const meaning = {
  create: 'create, ns',
  find: 'find + touch, fresh string, ns',
  remove: 'remove, ns',
  churn: 'create + find + remove, ns',
  filterKeep: 'filter keep, ns a session',
  cleanup: 'cleanup with nothing due, ns a call',
  watchTurn: 'turn of the loop with a watch, ns',
  bytes: 'memory, bytes a session',
}

const median = (values) => {
  const sorted = values.toSorted?.((a, b) => a - b) ?? [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

/** Builds the C program. @returns how to run it, or `undefined` where that cannot be done */
function buildPeer(directory) {
  try {
    const text = execFileSync('pkg-config', ['--cflags', '--libs', 'gstreamer-rtsp-server-1.0'], {
      encoding: 'utf8',
    })
    const program = join(directory, 'session-pool')
    const flags = text.trim().split(/\s+/)
    execFileSync('gcc', ['-O2', '-o', program, here('../peers/session-pool.c'), ...flags])
    return program
  } catch (error) {
    console.error(`Without the peer (gcc, pkg-config, libgstrtspserver-1.0-dev): ${error.message}`)
    return undefined
  }
}

function measure(command, args) {
  const { stdout, status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command}: ${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1))
}

function medians(results) {
  const names = Object.keys(wanted)
  return Object.fromEntries(names.map((name) => [name, median(results.map((each) => each[name]))]))
}

const directory = mkdtempSync(join(tmpdir(), 'rtspool-bench-'))
const peer = buildPeer(directory)
const report = {
  date: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} x ${cpus()[0]?.model.trim()}`,
  node: process.version,
  peer:
    peer &&
    execFileSync('pkg-config', ['--modversion', 'gstreamer-rtsp-server-1.0'], {
      encoding: 'utf8',
    }).trim(),
  rounds,
  sizes: {},
}
for (const [column, size] of sizes.entries()) {
  const results = { project: [], peer: [] }
  for (let round = 0; round < rounds; round++) {
    results.project.push(
      measure(process.execPath, ['--expose-gc', here('./project.mjs'), String(size)]),
    )
    if (peer !== undefined) results.peer.push(measure(peer, [String(size)]))
  }
  const project = medians(results.project)
  const theirs = peer && medians(results.peer)
  const ratio = {}
  for (const name of Object.keys(wanted)) {
    if (theirs !== undefined) {
      // Of each round, then the median: what slows the machine for a while slows both.
      ratio[name] = median(
        results.project.map((each, round) => each[name] / results.peer[round][name]),
      )
    }
  }
  const met = Object.entries(wanted).filter(([, limits]) => limits[column] !== undefined)
  report.sizes[size] = {
    project,
    peer: theirs,
    ratio,
    missed: met.filter(([name, limits]) => ratio[name] > limits[column]).map(([name]) => name),
  }
}
rmSync(directory, { recursive: true })

console.log(JSON.stringify(report))
if (!process.argv.includes('--json')) {
  const show = (value) =>
    value === undefined ? '-' : value >= 100 ? value.toFixed(0) : value.toPrecision(3)
  for (const [column, size] of sizes.entries()) {
    const { project, peer: theirs, ratio } = report.sizes[size]
    console.log(
      `\n${size.toLocaleString('en')} sessions`.padEnd(42),
      'project          C      ratio   wanted',
    )
    for (const name of Object.keys(wanted)) {
      const cells = [project[name], theirs?.[name], ratio[name]].map((value) =>
        show(value).padStart(10),
      )
      const limit = wanted[name][column]
      const mark = limit === undefined ? '' : `<= ${limit}${ratio[name] > limit ? '  missed' : ''}`
      console.log(`  ${meaning[name].padEnd(36)}${cells.join(' ')}   ${mark}`)
    }
  }
}
