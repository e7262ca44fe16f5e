// What one more viewer costs: CPU and memory of rtspool as viewers are added, and a line through the points.
// Usage: npm run bench -- scale [--short] [--viewers 250,500,1000,2000] [--transports tcp,udp] [--rounds 3]
//   [--measure 10] [--warmup 3] [--settings JSON]
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { describeClip, makeClip } from '../lib/clip.mjs'
import { cpuPerPacketUs, measureLoad } from '../lib/load.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { startRtspool } from '../lib/servers.mjs'
import { fitLine, median, sum } from '../lib/statistics.mjs'

const options = readOptions(
  {
    viewers: [250, 500, 1000, 2000],
    transports: ['tcp', 'udp'],
    rounds: 3,
    warmup: 3,
    measure: 10,
    settings: '{}',
  },
  { viewers: [5, 20], rounds: 1, warmup: 0.2, measure: 0.5 },
)
const microsecondsPerSecond = 1e6
const bytesPerKilobyte = 1e3
const bytesPerMegabyte = 1e6

async function measure(transport, viewers, clip) {
  const settings = JSON.parse(options.settings)
  const server = await startRtspool({ publisher: { clip }, settings })
  try {
    const report = await measureLoad(server, [
      ...['--transport', transport, '--viewers', viewers],
      ...['--warmup', options.warmup, '--measure', options.measure],
    ])
    const [window] = report.windows
    if (window.packets === 0) throw new Error('nothing arrived')
    return { transport, viewers, ...report }
  } finally {
    await server.stop()
  }
}

function summarize(measurements, transport, viewers) {
  const rounds = measurements.filter(
    (one) => one.transport === transport && one.viewers === viewers,
  )
  const of = (pick) => median(rounds.map(({ windows: [window] }) => pick(window)))
  return {
    transport,
    viewers,
    cpuShare: of(({ server }) => server.cpu.total / server.cpu.wall),
    cpuUsAPacket: of(cpuPerPacketUs),
    rss: of(({ server }) => server.memory.rss),
    pss: of(({ server }) => server.memory.pss),
    loadCpuShare: of(({ cpuShare }) => cpuShare),
    lost: sum(rounds.map(({ windows: [window] }) => window.lost)),
    failed: sum(rounds.map(({ failed }) => failed)),
  }
}

function figuresOf(summary) {
  return options.transports.flatMap((transport) => {
    const points = summary.filter((row) => row.transport === transport)
    const cpu = fitLine(points.map(({ viewers, cpuShare }) => [viewers, cpuShare]))
    const memory = fitLine(points.map(({ viewers, rss }) => [viewers, rss]))
    const [fewest, most] = [points[0], points.at(-1)]
    const growth = most.cpuShare / most.viewers / (fewest.cpuShare / fewest.viewers)
    const name = `${transport}: CPU per viewer, ${most.viewers} viewers / ${fewest.viewers}`
    const perViewer = cpu.slope * microsecondsPerSecond
    console.log(
      `${transport}: CPU = ${short(perViewer)} us/s a viewer + ${short(cpu.intercept * 100)} % (r2 ${short(cpu.r2, 4)}), ` +
        `memory = ${short(memory.slope / bytesPerKilobyte)} kB a viewer + ${short(memory.intercept / bytesPerMegabyte)} MB (r2 ${short(memory.r2, 4)})`,
    )
    return [
      figure(name, growth, '<=', 1.05),
      figure(`${transport}: memory a viewer`, memory.slope / bytesPerKilobyte, '<=', 20, 'kB'),
      figure(`${transport}: packets lost`, sum(points.map(({ lost }) => lost)), '<=', 0, 'packets'),
    ]
  })
}

await runBenchmark('scale', options, async (run) => {
  const clip = makeClip({ isShort: options.short })
  run.clip = describeClip(clip)
  const measurements = []
  for (let round = 1; round <= options.rounds; round++) {
    for (const transport of options.transports) {
      for (const viewers of options.viewers) {
        measurements.push({ round, ...(await measure(transport, viewers, clip)) })
        console.error(`round ${round}/${options.rounds} ${transport} ${viewers}`)
      }
    }
  }
  const summary = options.transports.flatMap((transport) =>
    options.viewers.map((viewers) => summarize(measurements, transport, viewers)),
  )
  printTable(
    [
      'transport',
      'viewers',
      'CPU %',
      'us/packet',
      'us/s a viewer',
      'RSS MB',
      'PSS MB',
      'lost',
    ].concat(['failed', 'load CPU %']),
    summary.map((row) => [
      ...[row.transport, row.viewers, short(row.cpuShare * 100), short(row.cpuUsAPacket)],
      short((row.cpuShare * microsecondsPerSecond) / row.viewers),
      ...[short(row.rss / bytesPerMegabyte), short(row.pss / bytesPerMegabyte)],
      ...[row.lost, row.failed, short(row.loadCpuShare * 100)],
    ]),
  )
  finish(run, { figures: figuresOf(summary), summary, measurements })
})
