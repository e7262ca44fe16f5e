// Many publishers with few viewers or none: what does a packet cost rtspool, and what MediaMTX?
// Usage: npm run bench -- many [--short] [--cases 40x2-tcp,40x2-udp,100x1-tcp,300x0] [--rounds 5]
//   [--subjects rtspool,command,floor,mediamtx] [--warmup 12] [--measure 10] [--settings JSON of rtspool-server.mjs]
// A case is PUBLISHERSxVIEWERS-TRANSPORT: so many publishers, and so many viewers of each. The subject `rtspool` is a
// program with the library, `command` the rtspool command with its defaults, and `floor` one that only reads and writes in Node.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { startBuiltCommand } from '../lib/command.mjs'
import { cpuPerPacketUs, measureLoad, measureWithoutLoad } from '../lib/load.mjs'
import { startMediamtx, withoutMissingMediamtx } from '../lib/mediamtx.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { startForwarder, startRtspoolAlone } from '../lib/servers.mjs'
import { median, ratioOfRounds, sum } from '../lib/statistics.mjs'
import { startStreams } from '../lib/streams.mjs'

const options = readOptions(
  {
    cases: ['40x2-tcp', '40x2-udp', '100x1-tcp', '300x0'],
    subjects: ['rtspool', 'mediamtx'],
    rounds: 5,
    warmup: 12,
    measure: 10,
    settings: '{}',
  },
  { cases: ['4x2-tcp', '4x2-udp', '4x0'], rounds: 1, warmup: 0.3, measure: 0.7 },
)
const bytesPerMegabyte = 1e6
/** Limits on rtspool / MediaMTX. */
const wanted = {
  cpu: { '40x2-tcp': 0.33, '40x2-udp': 0.46, '100x1-tcp': 0.35, '300x0': 0.4 },
  memory: { '40x2-tcp': 1.3, '40x2-udp': 1.3 },
  /** Mark-compact collections of rtspool in 10 s. */
  collections: { '40x2-tcp': 1, '40x2-udp': 1 },
}
const collectionSeconds = 10

const subjects = {
  rtspool: () =>
    startRtspoolAlone({ settings: { collections: true, ...JSON.parse(options.settings) } }),
  command: startCommand,
  floor: startForwarder,
  mediamtx: () => startMediamtx(),
}

/** The command with its defaults, but for limits on one address, since all load comes from there; on a port of its own. */
async function startCommand() {
  const stateFolder = mkdtempSync(join(tmpdir(), 'rtspool-bench-many-'))
  const stop = async (program) => {
    await program?.stop()
    rmSync(stateFolder, { recursive: true, force: true })
  }
  try {
    const place = ['--host', '127.0.0.1', '--port', '0']
    const limits = ['--max-sessions-per-address', '0', '--max-connections-per-address', '0']
    const { program, url } = await startBuiltCommand([...place, ...limits], { stateFolder })
    return { url: `${url}/cam`, pid: program.pid, program, stop: () => stop(program) }
  } catch (error) {
    await stop()
    throw error
  }
}

function parseCase(text) {
  const [, publishers, viewers, transport] = /^(\d+)x(\d+)(?:-(tcp|udp))?$/.exec(text) ?? []
  if (!publishers || (Number(viewers) > 0 && !transport)) {
    throw new RangeError(
      `--cases wants PUBLISHERSxVIEWERS-tcp, -udp, or PUBLISHERSx0, got '${text}'`,
    )
  }
  return { publishers: Number(publishers), viewers: Number(viewers), transport }
}

async function measure(subject, name) {
  const { publishers, viewers, transport } = parseCase(name)
  const server = await subjects[subject]()
  let streams
  try {
    streams = await startStreams({ url: server.url, streams: publishers })
    if (viewers === 0) {
      const window = await measureWithoutLoad(server, streams, options)
      const { writtenAfterMs } = await streams.report()
      return {
        subject,
        name,
        failed: 0,
        writtenAfterMs,
        windows: [{ ...window, lost: 0 }],
      }
    }
    const counts = []
    const count = () => counts.push(server.stats?.())
    const report = await measureLoad(
      server,
      [
        ...['--transport', transport, '--paths', publishers, '--viewers', publishers * viewers],
        ...['--warmup', options.warmup, '--measure', options.measure],
      ],
      { windowBegan: count, windowEnded: count },
    )
    const [window] = report.windows
    if (window.packets === 0) throw new Error(`${subject} ${name}: nothing arrived`)
    const [before, after] = await Promise.all(counts)
    const collections = after ? after.markCompacts - before.markCompacts : Number.NaN
    const collectionsIn10s = (collections / window.seconds) * collectionSeconds
    return { subject, name, collectionsIn10s, ...report }
  } finally {
    await streams?.stop()
    await server.stop()
  }
}

function summarize(measurements, subject, name) {
  const rounds = measurements.filter((one) => one.subject === subject && one.name === name)
  const windows = rounds.map(({ windows: [window] }) => window)
  const of = (pick) => median(windows.map(pick))
  return {
    ...{ subject, name },
    cpuUs: of(cpuPerPacketUs),
    cpuSharePercent: of(({ server }) => (server.cpu.total / server.cpu.wall) * 100),
    packetsASecond: of(({ packets, seconds }) => packets / seconds),
    lost: sum(windows.map(({ lost }) => lost)),
    failed: sum(rounds.map(({ failed }) => failed)),
    delayP99Ms: of(({ delayMs }) => delayMs?.p99 ?? Number.NaN),
    rssMegabytes: of(({ server }) => server.memory.rss / bytesPerMegabyte),
    collectionsIn10s: median(rounds.map(({ collectionsIn10s = Number.NaN }) => collectionsIn10s)),
    loadSharePercent: of(({ cpuShare = Number.NaN }) => cpuShare * 100),
  }
}

/** Ratios of rtspool, and of the command, to MediaMTX in each case; none without both. */
function compare(measurements) {
  if (!options.subjects.includes('mediamtx')) return []
  const own = options.subjects.filter((subject) => subject !== 'mediamtx')
  return options.cases.flatMap((name) =>
    own.map((subject) => {
      const rounds = measurements.filter((one) => one.name === name)
      const ratio = (value) =>
        ratioOfRounds(rounds, subject, 'mediamtx', ({ windows: [window] }) => value(window))
      const memory = ratio(({ server }) => server.memory.rss)
      return { name, subject, cpu: ratio(cpuPerPacketUs), memory }
    }),
  )
}

function figuresOf(ratios, summary) {
  const figures = []
  for (const { name, subject, cpu, memory } of ratios) {
    const [maxCpu, maxMemory] = [wanted.cpu[name], wanted.memory[name]]
    const place = (what) => `${name}: ${what}, ${subject} / MediaMTX`
    if (maxCpu !== undefined) figures.push(figure(place('CPU per packet'), cpu, '<=', maxCpu))
    if (maxMemory !== undefined) {
      figures.push(figure(place('resident memory'), memory, '<=', maxMemory))
    }
  }
  const own = summary.filter(({ subject }) => subject === 'rtspool' || subject === 'command')
  const total = (name) => sum(own.map((row) => row[name]))
  for (const { name, collectionsIn10s } of own.filter(({ subject }) => subject === 'rtspool')) {
    const limit = wanted.collections[name]
    const what = `${name}: mark-compacts of rtspool in 10 s`
    if (limit !== undefined) figures.push(figure(what, collectionsIn10s, '<=', limit))
  }
  figures.push(
    figure('rtspool: packets lost', total('lost'), '<=', 0, 'packets'),
    figure('rtspool: viewers that failed', total('failed'), '<=', 0, 'viewers'),
  )
  return figures
}

await runBenchmark('many', options, async (run) => {
  const notes = []
  options.cases.forEach(parseCase)
  options.subjects = withoutMissingMediamtx(options.subjects, notes)
  const measurements = []
  for (let round = 1; round <= options.rounds; round++) {
    for (const name of options.cases) {
      for (const subject of options.subjects) {
        const one = await measure(subject, name)
        measurements.push({ round, ...one })
        const place = `round ${round}/${options.rounds} ${name} ${subject}`
        console.error(`${place}: ${short(cpuPerPacketUs(one.windows[0]))} us/packet`)
      }
    }
  }
  const summary = options.cases.flatMap((name) =>
    options.subjects.map((subject) => summarize(measurements, subject, name)),
  )
  printTable(
    ['case', 'server', 'us/packet', 'CPU %', 'packets/s', 'lost', 'failed', 'delay p99 ms'].concat([
      ...['RSS MB', 'mark-compacts/10 s', 'load CPU %'],
    ]),
    summary.map((row) => [
      ...[row.name, row.subject, short(row.cpuUs), short(row.cpuSharePercent)],
      ...[short(row.packetsASecond), row.lost, row.failed, short(row.delayP99Ms)],
      ...[short(row.rssMegabytes), short(row.collectionsIn10s), short(row.loadSharePercent)],
    ]),
  )
  const ratios = compare(measurements)
  if (ratios.length > 0) {
    printTable(
      ['case', 'server', 'CPU per packet, to MediaMTX', 'resident memory'],
      ratios.map(({ name, subject, cpu, memory }) => [name, subject, short(cpu), short(memory)]),
    )
  }
  finish(run, { figures: figuresOf(ratios, summary), summary, measurements, notes })
})
