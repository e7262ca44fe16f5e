// Connection churn: OPTIONS DESCRIBE SETUP PLAY TEARDOWN, each cycle on a new connection, 20 at a time, beside
// one viewer that stays. The floor is a server of Node with canned answers, and without media.
// Usage: npm run bench -- churn [--short] [--rounds 5] [--measure 10] [--transport tcp] [--subjects rtspool,gst,floor]
//   [--cycles 100000: instead, that many cycles against rtspool, and what grows] [--settings JSON]
import { setTimeout as sleep } from 'node:timers/promises'
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { makeClip } from '../lib/clip.mjs'
import { measureLoad, startLoad } from '../lib/load.mjs'
import { sampleDescriptors, sampleMemory } from '../lib/processes.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { startCanned, startGst, startRtspool, withoutMissingPeer } from '../lib/servers.mjs'
import { median, sum } from '../lib/statistics.mjs'

const options = readOptions(
  {
    rounds: 5,
    // A server runs for weeks: what V8 compiles in the first seconds is not part of a cycle.
    warmup: 10,
    measure: 10,
    concurrency: 20,
    transport: 'tcp',
    subjects: ['rtspool', 'gst', 'floor'],
    settings: '{}',
    cycles: 0,
  },
  { rounds: 1, warmup: 0.3, measure: 1 },
)
const notes = []
const msPerSecond = 1000
const bytesPerMegabyte = 1e6

const start = {
  rtspool: (clip) => startRtspool({ publisher: { clip }, settings: JSON.parse(options.settings) }),
  gst: (clip) => startGst({ clip }),
  floor: () => startCanned(),
}

/** One viewer that stays, so that the media of both sides runs all the time. */
async function withOneViewer(subject, clip, use) {
  const server = await start[subject](clip)
  // The floor has nothing to watch.
  const viewer =
    subject === 'floor' ? undefined : startLoad(server, ['--viewers', 1, '--measure', 3600])
  try {
    await viewer?.next('playing')
    return await use(server)
  } finally {
    await viewer?.stop()
    await server.stop()
  }
}

const churnOptions = (cycles) => [
  ...['--transport', options.transport, '--churn', cycles],
  ...['--concurrency', options.concurrency],
]

async function measure(subject, clip) {
  return withOneViewer(subject, clip, async (server) => {
    const report = await measureLoad(server, [
      ...churnOptions(0),
      ...['--warmup', options.warmup, '--measure', options.measure],
    ])
    const [window] = report.windows
    if (window.cycles === 0) throw new Error(`${subject}: no cycle was completed`)
    return {
      subject,
      cyclesASecond: window.cycles / window.seconds,
      cpuMsACycle: (window.server.cpu.total * msPerSecond) / window.cycles,
      ...report,
    }
  })
}

async function compare(run, clip) {
  options.subjects = withoutMissingPeer(options.subjects, notes)
  const measurements = []
  for (let round = 1; round <= options.rounds; round++) {
    for (const subject of options.subjects) {
      const measured = await measure(subject, clip)
      measurements.push({ round, ...measured })
      console.error(
        `round ${round}/${options.rounds} ${subject}: ${short(measured.cpuMsACycle)} ms/cycle`,
      )
    }
  }
  const summary = options.subjects.map((subject) => {
    const rounds = measurements.filter((one) => one.subject === subject)
    return {
      subject,
      cyclesASecond: median(rounds.map(({ cyclesASecond }) => cyclesASecond)),
      cpuMsACycle: median(rounds.map(({ cpuMsACycle }) => cpuMsACycle)),
      serverCpuPercent: median(
        rounds.map(({ windows: [{ server }] }) => (server.cpu.total / server.cpu.wall) * 100),
      ),
      loadCpuPercent: median(rounds.map(({ windows: [{ cpuShare }] }) => cpuShare * 100)),
      connectToPlayingP99Ms: median(rounds.map((one) => one.connectToPlayingMs?.p99)),
      failed: sum(rounds.map(({ failed }) => failed)),
    }
  })
  printTable(
    ['server', 'cycles/s', 'ms CPU/cycle', 'CPU %', 'load CPU %', 'to playing p99 ms', 'failed'],
    summary.map((row) => [
      ...[row.subject, short(row.cyclesASecond), short(row.cpuMsACycle)],
      ...[short(row.serverCpuPercent), short(row.loadCpuPercent)],
      ...[short(row.connectToPlayingP99Ms), row.failed],
    ]),
  )
  finish(run, { figures: figuresOf(measurements, summary), summary, measurements, notes })
}

function figuresOf(measurements, summary) {
  const of = (subject) => measurements.filter((one) => one.subject === subject)
  const own = summary.find(({ subject }) => subject === 'rtspool')
  if (!own) return []
  const figures = [figure('rtspool: failed cycles', own.failed, '<=', 0)]
  if (of('gst').length > 0) {
    const ratios = of('rtspool').map(
      ({ cpuMsACycle }, round) => cpuMsACycle / of('gst')[round].cpuMsACycle,
    )
    figures.push(figure('CPU per cycle, rtspool / gst', median(ratios), '<=', 0.4))
  }
  if (of('floor').length > 0 && of('gst').length > 0) {
    const ratios = of('floor').map(
      ({ cpuMsACycle }, round) => cpuMsACycle / of('gst')[round].cpuMsACycle,
    )
    notes.push(`CPU per cycle, canned answers in Node / gst: ${short(median(ratios))}`)
  }
  return figures
}

/** Steps of the long run; the first ones only warm up the heap. */
const steps = 10
const warmupSteps = 2
/** Time for closed connections to leave the server's tables. */
const settleMs = 1500

async function grow(run, clip) {
  const rows = await withOneViewer('rtspool', clip, async (server) => {
    const samples = []
    for (let step = 0; step < steps; step++) {
      const cycles = Math.ceil(options.cycles / steps)
      const report = await startLoad(server, [
        ...churnOptions(cycles),
        ...['--warmup', 0, '--measure', 3600],
      ]).report
      await sleep(settleMs)
      const stats = await server.stats()
      samples.push({
        cycles: report.completed,
        failed: report.failed,
        ...sampleMemory(server.pid),
        ...sampleDescriptors(server.pid),
        ...stats,
      })
      console.error(
        `step ${step + 1}/${steps}: ${report.completed} cycles, ${report.failed} failed`,
      )
    }
    return samples
  })
  printTable(
    ['cycles', 'failed', 'RSS MB', 'heap MB', 'descriptors', 'sessions', 'connections'],
    rows.map((row, step) => [
      ...[sum(rows.slice(0, step + 1).map(({ cycles }) => cycles)), row.failed],
      ...[short(row.rss / bytesPerMegabyte), short(row.process.heapUsed / bytesPerMegabyte)],
      ...[row.open, row.server.sessions, row.server.connections],
    ]),
  )
  const [early, late] = [rows[warmupSteps - 1], rows[steps - 1]]
  const growth = (late.rss - early.rss) / bytesPerMegabyte
  const figures = [
    figure('failed cycles', sum(rows.map(({ failed }) => failed)), '<=', 0),
    figure('descriptors gained', late.open - early.open, '<=', 0),
    figure('sessions gained', late.server.sessions - early.server.sessions, '<=', 0),
    // The heap breathes: what counts is that ten times the cycles do not mean ten times the memory.
    figure('resident memory gained after the first fifth', growth, '<=', 10, 'MB'),
  ]
  finish(
    { ...run, benchmark: 'churn-growth' },
    { figures, summary: rows, measurements: rows, notes },
  )
}

await runBenchmark('churn', options, async (run) => {
  const clip = makeClip({ isShort: options.short })
  await (options.cycles > 0 ? grow(run, clip) : compare(run, clip))
})
