/**
 * `npm run test:faults`: attacks the real command and prints what honest clients felt. `--short` takes two minutes and
 * is what CI runs; without it each attack lasts a minute, and the figures that are promised are asserted.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireNode } from './node-version.mjs'

const columns = [
  ['attack', 72, ({ title }) => title],
  ['TCP lost', 9, ({ tcp }) => tcp.lost],
  ['UDP lost', 9, ({ udp }) => udp.lost],
  ['of', 7, ({ sent }) => sent],
  ['TCP p99 ms', 11, ({ tcp }) => tcp.delayP99?.toFixed(1)],
  ['UDP p99 ms', 11, ({ udp }) => udp.delayP99?.toFixed(1)],
  ['newcomers', 10, ({ probes }) => `${probes.answered}/${probes.answered + probes.refused}`],
  ['p99 ms', 8, ({ probes }) => probes.p99?.toFixed(0)],
  ['RSS +MB', 8, ({ grownMb }) => grownMb.toFixed(0)],
]

/** Rows of a file with one JSON object a line. */
function rowsOf(file) {
  try {
    return readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  } catch {
    return []
  }
}

/** Figures of overload and drain, below the load under which they were measured. */
function printFigures(file) {
  for (const { title, figures } of rowsOf(file)) {
    console.log(`\n${title}`)
    for (const { what, measured, wanted } of figures) {
      const limit = wanted === undefined ? '' : `   wanted ${wanted}`
      console.log(`  ${what.padEnd(42)}${String(measured).padStart(28)}${limit}`)
    }
  }
}

function printTable(file) {
  const rows = rowsOf(file)
  if (rows.length === 0) return
  const text = (cells) =>
    columns
      .map(([, width], index) => {
        const cell = String(cells[index]).slice(0, width - 1)
        return index === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      .join('')
  console.log(text(columns.map(([name]) => name)))
  for (const row of rows) console.log(text(columns.map(([, , of]) => of(row))))
}

async function testFaults() {
  requireNode()
  const args = process.argv.slice(2)
  const isShort = args.includes('--short')
  const { binOf, ensureBuilt, ensureInstalled, runNode, say } = await import('./workspace.mjs')
  ensureInstalled()
  ensureBuilt()
  const { ensurePrograms } = await import('./debian-packages.mjs')
  ensurePrograms()
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-faults-'))
  const table = join(folder, 'table')
  const figures = join(folder, 'figures')
  process.env.RTSPOOL_FAULTS_TABLE = table
  process.env.RTSPOOL_FAULTS_FIGURES = figures
  if (!isShort) process.env.RTSPOOL_FAULTS_LONG = '1'
  say(isShort ? 'attacks of three seconds each' : 'attacks of a minute each: half an hour')
  const rest = args.filter((arg) => arg !== '--short')
  process.exitCode = await runNode(binOf('vitest'), ['run', '--project=faults', ...rest])
  printTable(table)
  printFigures(figures)
  rmSync(folder, { recursive: true })
}

testFaults()
