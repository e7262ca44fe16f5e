/**
 * `npm run test:cluster -- [--store redis|valkey] [--sessions 3000] [--minutes 20] [FAULT]`: every fault under every policy on a
 * cluster of processes, with redis-server and valkey-server; then nodes and Redis are killed in turn. It prints what was seen.
 * `--store` leaves the other server out, `--minutes 0` the kills, and a word of the name of a fault all others. For Valkey, the
 * comparison of stores runs as well.
 *
 * `npm run test:cluster -- --network`: servers, Redis, HAProxy and clients in network namespaces of their own.
 *
 * `npm run test:cluster -- --groups`: Redis Sentinels and a Redis Cluster whose servers fail, and `ioredis` as the client.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureIoredis } from './ioredis.mjs'
import { ensureNewerPlayers, newerPlayersBin } from './newer-players.mjs'
import { requireNode } from './node-version.mjs'
import { ensureValkey } from './valkey.mjs'
import { ensureInstalled, fail, root, runNode, say } from './workspace.mjs'

const stores = ['redis', 'valkey']

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
const networkColumns = [
  ['step', 10, ({ step }) => step],
  ['what', 44, ({ what }) => what],
  ['through', 10, ({ through }) => through],
  ['result', 0, ({ result }) => result],
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

const groupColumns = [
  ['Redis', 30, ({ redis }) => redis],
  ['fault', 52, ({ fault }) => fault],
  ['back after ms', 15, ({ ms }) => ms],
  ['lost', 6, ({ lost }) => lost],
  ['most', 6, ({ most }) => most],
  ['limit', 7, ({ limit }) => limit],
]

requireNode()
// Installing packages removes node_modules, and what was fetched with it.
ensureInstalled()
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sessions: { type: 'string', default: '3000' },
    minutes: { type: 'string', default: '20' },
    store: { type: 'string' },
    network: { type: 'boolean', default: false },
    groups: { type: 'boolean', default: false },
  },
})
const { store } = values
if (store !== undefined && !stores.includes(store)) {
  fail(`--store: expected ${stores.join(' or ')}, got ${store}`)
}

/** Returns the server programs that are wanted, and that are here. */
function serverPrograms() {
  const found = store === 'valkey' ? [] : ['redis-server']
  if (store === 'redis') return found
  const { program, reason } = ensureValkey()
  if (program !== undefined) return [...found, program]
  if (store === 'valkey') fail(`no Valkey: ${reason}`)
  say(`without Valkey: ${reason}`)
  return found
}

const programs = values.network || values.groups ? ['redis-server'] : serverPrograms()
if (values.network) {
  const reason = await ensureNewerPlayers()
  if (reason === undefined) process.env.RTSPOOL_NEWER_PLAYERS = newerPlayersBin
  else say(`without VLC: ${reason}`)
}
const folder = mkdtempSync(join(tmpdir(), 'rtspool-cluster-'))
const [table, kills, network, groups] = ['table', 'kills', 'network', 'groups'].map((name) =>
  join(folder, name),
)
Object.assign(process.env, {
  RTSPOOL_CLUSTER_TABLE: table,
  RTSPOOL_CLUSTER_KILLS: kills,
  RTSPOOL_CLUSTER_NETWORK: network,
  RTSPOOL_CLUSTER_GROUPS: groups,
  RTSPOOL_CLUSTER_PROGRAMS: programs.join(),
  RTSPOOL_CLUSTER_SESSIONS: values.sessions,
  RTSPOOL_CLUSTER_MINUTES: values.minutes,
})
const chosen = positionals.length > 0 ? ['-t', positionals.join(' ')] : []
const only = ['network', 'groups'].filter((name) => values[name])
const names = only.length > 0 ? only : values.minutes === '0' ? ['faults'] : ['faults', 'kills']
const files = names.map((name) => `test/cluster/${name}.table.ts`)
const test = (args) => runNode(join(root, 'scripts/test.mjs'), args)
const valkey = programs.find((program) => program !== 'redis-server')
let status = 0
if (valkey !== undefined) {
  process.env.RTSPOOL_CLUSTER_PROGRAM = valkey
  status = await test(['--project=interop', 'test/interop/cluster-redis.test.ts'])
}
if (values.groups) {
  const { module, reason } = ensureIoredis()
  if (module === undefined) say(`without ioredis: ${reason}`)
  else {
    process.env.RTSPOOL_CLUSTER_IOREDIS = module
    status = await test(['--project=interop', 'test/interop/cluster-redis.test.ts'])
  }
}
status = (await test(['--project=cluster', ...files, ...chosen])) || status
process.exitCode = status
printTable(faultColumns, table)
printTable(killColumns, kills)
printTable(networkColumns, network)
printTable(groupColumns, groups)
rmSync(folder, { recursive: true })
