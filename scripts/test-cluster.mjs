/**
 * `npm run test:cluster -- [--sessions 3000] [--minutes 20] [--redis] [FAULT]`: every fault under every policy on a cluster of
 * processes, with redis-server and valkey-server; then nodes and Redis are killed in turn. It prints what was seen. `--minutes 0`
 * leaves the kills out, `--redis` Valkey, and a word of the name of a fault all others.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { requireNode } from './node-version.mjs'
import { ensureValkey } from './valkey.mjs'
import { ensureInstalled, root, runNode, say } from './workspace.mjs'

const faultColumns = [
  ['server', 15, ({ program }) => program],
  ['policy', 8, ({ policy }) => policy],
  ['fault', 66, ({ name }) => name],
  ['sessions', 10, ({ sessions }) => sessions],
  ['most', 6, ({ live }) => live],
  ['bound', 7, ({ bound }) => bound],
  ['lost', 6, ({ lost }) => lost],
  ['requests', 10, ({ requests }) => requests],
  ['rest ms', 9, ({ restMs }) => restMs],
  ['problems', 10, ({ problems }) => problems],
]
const killColumns = [
  ['policy', 8, ({ policy }) => policy],
  ['kills', 7, ({ kills }) => kills],
  ...faultColumns.slice(3),
]

function printTable(columns, file) {
  let rows = []
  try {
    rows = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  } catch {
    return
  }
  const text = (cells) =>
    cells
      .map((cell, n) => String(cell).padEnd(columns[n][1]))
      .join('')
      .trimEnd()
  console.log(`\n${text(columns.map(([name]) => name))}`)
  for (const row of rows) console.log(text(columns.map(([, , of]) => of(row))))
}

requireNode()
// Installing packages removes node_modules, and what was fetched with it.
ensureInstalled()
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sessions: { type: 'string', default: '3000' },
    minutes: { type: 'string', default: '20' },
    redis: { type: 'boolean', default: false },
  },
})
const programs = ['redis-server']
const { program, reason } = values.redis ? { reason: 'it is left out' } : ensureValkey()
if (program !== undefined) programs.push(program)
else say(`without Valkey: ${reason}`)
const folder = mkdtempSync(join(tmpdir(), 'rtspool-cluster-'))
const [table, kills] = [join(folder, 'table'), join(folder, 'kills')]
Object.assign(process.env, {
  RTSPOOL_CLUSTER_TABLE: table,
  RTSPOOL_CLUSTER_KILLS: kills,
  RTSPOOL_CLUSTER_PROGRAMS: programs.join(),
  RTSPOOL_CLUSTER_SESSIONS: values.sessions,
  RTSPOOL_CLUSTER_MINUTES: values.minutes,
})
const chosen = positionals.length > 0 ? ['-t', positionals.join(' ')] : []
const files = values.minutes === '0' ? ['test/cluster/faults.table.ts'] : []
const args = ['--project=cluster', ...files, ...chosen]
process.exitCode = await runNode(join(root, 'scripts/test.mjs'), args)
printTable(faultColumns, table)
printTable(killColumns, kills)
rmSync(folder, { recursive: true })
