/**
 * `npm run test:before -- CHECKOUT [ID ...]`: shows the faults of docs/evidence/faults.md on a built checkout of an
 * older commit, and on this one, side by side. Each trial drives the command, the library, a compiled function or
 * the compiler from outside, in a network and a process of its own. `--record` writes docs/evidence/faults-before.md.
 * Ends with 1 if a trial sees the fault on this checkout, or does not see it on the older one.
 */
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { faults } from './faults.mjs'
import { ensureBuilt, ensureInstalled, fail, root, say } from './workspace.mjs'

const folder = join(root, 'test/before')

/** Seconds after which a trial counts as failed. */
const longestSeconds = 120

/** As in test/faults: addresses that are not of the loopback, and nothing leaves. */
const network = [
  'ip link set lo up',
  'ip route add local 198.18.0.0/15 dev lo',
  'ip -6 route add local 2001:db8::/32 dev lo',
].join(' && ')

/** Runs a trial on a checkout. @returns What its process prints. */
function outcomeOf(file, id, checkout) {
  const trial = join(folder, 'support/one-trial.mjs')
  const node = [process.execPath, '--no-warnings', trial, file, id, checkout]
  const enter = [
    '-rn',
    '--pid',
    '--mount-proc',
    '--fork',
    '--kill-child',
    'sh',
    '-c',
    `${network} && exec "$@"`,
  ]
  const limit = ['timeout', '--signal=KILL', `${longestSeconds}`]
  const [program, ...args] = [...limit, 'unshare', ...enter, 'sh', ...node]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  return new Promise((done) => {
    let [printed, errors] = ['', '']
    child.stdout.on('data', (data) => {
      printed += data
    })
    child.stderr.on('data', (data) => {
      errors += data
    })
    child.once('close', (code) => {
      const line = printed.trim().split('\n').at(-1)
      if (line?.startsWith('{')) return done(JSON.parse(line))
      const last = errors.trim().split('\n').at(-1)
      done({ saw: code === 137 ? `no result in ${longestSeconds} s` : `no result: ${last}` })
    })
  })
}

const mark = ({ holds, saw }) => {
  if (holds === undefined) return `**?** ${saw}`
  return holds ? saw : `**fault:** ${saw}`
}

const page = 'docs/evidence/faults-before.md'

/** The page with the table. */
function pageOf({ commit, versions, table }) {
  const date = new Date().toISOString().slice(0, 10)
  return [
    '# Faults on the commit before',
    '',
    '<!-- Written by `npm run test:before -- --record CHECKOUT`; do not edit. -->',
    '',
    `[Faults](faults.md) lists what holds now. This page shows each fault on commit ${commit}, which had all of them, beside what`,
    'the same trial sees now. `npm run test:before -- CHECKOUT` repeats it: CHECKOUT is the folder of that commit, built there with',
    '`npm ci && npm run build`. Trials are in [test/before](../../test/before); each runs in a process and a network of its own.',
    '',
    'A trial shows one input of a fault from outside, so that it needs none of the code that it tests. The tests of the id have the others.',
    'The third column names what is driven: the command, the library, a compiled function, the compiler, the packed package or the documents.',
    '',
    `Measured on ${date} with ${versions}, on two processors that were busy with other work. Milliseconds are those of the processor.`,
    '',
    ...table,
    '',
  ].join('\n')
}

const firstLine = (program, ...args) =>
  spawnSync(program, args, { encoding: 'utf8' }).stdout?.split('\n')[0]?.trim() ?? ''

async function trialsById() {
  const found = new Map()
  for (const file of readdirSync(join(folder, 'trials'))) {
    const { trials } = await import(join(folder, 'trials', file))
    for (const [id, { way }] of Object.entries(trials)) found.set(id, { file, way })
  }
  return found
}

/** Rows of the page as it is, by their ids. */
function recordedRows() {
  const rows = readFileSync(join(root, page), 'utf8').match(/^\| [A-Z]-\w+ .*$/gm) ?? []
  return new Map(rows.map((row) => [row.split(' ')[1], row]))
}

/** Runs a trial on both checkouts. @returns The last cells of its row, and whether they show the difference. */
async function compare(id, trial, checkout) {
  if (!trial) {
    return { cells: ['nothing', 'not shown: no trial', ''], isShown: false }
  }
  const before = await outcomeOf(trial.file, id, checkout)
  const now = await outcomeOf(trial.file, id, root)
  const isShown = before.holds === false && now.holds === true
  return { cells: [trial.way, mark(before), mark(now)], isShown }
}

async function testBefore() {
  const args = process.argv.slice(2)
  const isRecording = args.includes('--record')
  const [folderBefore, ...ids] = args.filter((arg) => arg !== '--record')
  const usage = 'npm run test:before -- [--record] CHECKOUT [ID ...]'
  if (folderBefore === undefined) fail(`${usage}: expected the folder of a built checkout`)
  ensureInstalled()
  ensureBuilt()
  const checkout = resolve(folderBefore)
  const found = await trialsById()
  const recorded = ids.length > 0 && isRecording ? recordedRows() : new Map()
  const head = [
    '| id | what must hold | driven | before | now |',
    '| --- | --- | --- | --- | --- |',
  ]
  const table = [...head]
  console.log(head.join('\n'))
  const unshown = []
  for (const [id, sentence] of Object.values(faults).flatMap(Object.entries)) {
    if (ids.length > 0 && !ids.includes(id)) {
      table.push(...(recorded.has(id) ? [recorded.get(id)] : []))
      continue
    }
    const { cells, isShown } = await compare(id, found.get(id), checkout)
    if (!isShown) unshown.push(id)
    const row = `| ${[id, sentence, ...cells].join(' | ')} |`
    table.push(row)
    console.log(row)
  }
  say(
    unshown.length === 0
      ? 'each trial shows the difference'
      : `no difference: ${unshown.join(' ')}`,
  )
  process.exitCode = unshown.length === 0 ? 0 : 1
  if (!isRecording) return
  const commit = firstLine('git', '-C', checkout, 'rev-parse', '--short=7', 'HEAD')
  const ffmpeg = firstLine('ffmpeg', '-version').split(' ').slice(0, 3).join(' ')
  const versions = `Node ${process.version} and ${ffmpeg}`
  writeFileSync(join(root, page), pageOf({ commit, versions, table }))
}

testBefore()
