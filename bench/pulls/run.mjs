// Many cameras pulled on demand, two viewers each: what does a delivered packet cost rtspool, and what MediaMTX?
// Usage: npm run bench -- pulls [--short] [--cameras 40] [--viewers 2: of each] [--transports tcp,udp]
//   [--subjects rtspool,mediamtx] [--rounds 5] [--warmup 12] [--measure 10]
// The cameras are paths of one rtspool on the core of the load, to which one process publishes; both servers pull over TCP.
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { cpuPerPacketUs, measureLoad } from '../lib/load.mjs'
import { startMediamtx, withoutMissingMediamtx } from '../lib/mediamtx.mjs'
import { loadCore } from '../lib/processes.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { startRtspoolAlone } from '../lib/servers.mjs'
import { median, ratioOfRounds, sum } from '../lib/statistics.mjs'
import { startStreams } from '../lib/streams.mjs'

const options = readOptions(
  {
    cameras: 40,
    viewers: 2,
    transports: ['tcp', 'udp'],
    subjects: ['rtspool', 'mediamtx'],
    rounds: 5,
    warmup: 12,
    measure: 10,
  },
  { cameras: 3, transports: ['tcp'], rounds: 1, warmup: 0.5, measure: 1 },
)
const bytesPerMegabyte = 1e6
const wantedCpuRatio = 0.55

const subjects = {
  rtspool: (url) => startRtspoolAlone({ settings: { pull: { url, streams: options.cameras } } }),
  mediamtx: (url) => {
    const paths = Array.from({ length: options.cameras }, (_, index) => [
      `cam${index}`,
      { source: `${url}${index}`, sourceOnDemand: true, rtspTransport: 'tcp' },
    ])
    return startMediamtx({ paths: Object.fromEntries(paths) })
  },
}

async function measure(subject, transport, cameras) {
  const server = await subjects[subject](cameras.url)
  try {
    const report = await measureLoad(server, [
      ...['--transport', transport, '--paths', options.cameras],
      ...['--viewers', options.cameras * options.viewers],
      ...['--warmup', options.warmup, '--measure', options.measure],
    ])
    if (report.windows[0].packets === 0) throw new Error(`${subject}: nothing arrived`)
    return { subject, transport, ...report }
  } finally {
    await server.stop()
  }
}

function summarize(measurements, subject, transport) {
  const rounds = measurements.filter(
    (one) => one.subject === subject && one.transport === transport,
  )
  const windows = rounds.map(({ windows: [window] }) => window)
  const of = (pick) => median(windows.map(pick))
  return {
    ...{ subject, transport },
    cpuUs: of(cpuPerPacketUs),
    cpuSharePercent: of(({ server }) => (server.cpu.total / server.cpu.wall) * 100),
    packetsASecond: of(({ packets, seconds }) => packets / seconds),
    lost: sum(windows.map(({ lost }) => lost)),
    silentViewers: sum(windows.map(({ silentViewers }) => silentViewers)),
    failed: sum(rounds.map(({ failed }) => failed)),
    delayP99Ms: of(({ delayMs }) => delayMs?.p99 ?? Number.NaN),
    rssMegabytes: of(({ server }) => server.memory.rss / bytesPerMegabyte),
    loadSharePercent: of(({ cpuShare }) => cpuShare * 100),
  }
}

function figuresOf(measurements, summary) {
  const figures = []
  for (const transport of options.transports) {
    if (!options.subjects.includes('mediamtx') || !options.subjects.includes('rtspool')) break
    const rounds = measurements.filter((one) => one.transport === transport)
    const ratio = ratioOfRounds(rounds, 'rtspool', 'mediamtx', ({ windows: [window] }) =>
      cpuPerPacketUs(window),
    )
    const name = `${transport}: CPU per packet, rtspool / MediaMTX`
    figures.push(figure(name, ratio, '<=', wantedCpuRatio))
  }
  const own = summary.filter(({ subject }) => subject === 'rtspool')
  const total = (name) => sum(own.map((row) => row[name]))
  figures.push(
    figure('rtspool: packets lost', total('lost'), '<=', 0, 'packets'),
    figure('rtspool: viewers without a packet', total('silentViewers'), '<=', 0, 'viewers'),
    figure('rtspool: viewers that failed', total('failed'), '<=', 0, 'viewers'),
  )
  return figures
}

await runBenchmark('pulls', options, async (run) => {
  const notes = []
  options.subjects = withoutMissingMediamtx(options.subjects, notes)
  const cameras = await startRtspoolAlone({ core: loadCore })
  const streams = await startStreams({ url: cameras.url, streams: options.cameras })
  const measurements = []
  for (let round = 1; round <= options.rounds; round++) {
    for (const transport of options.transports) {
      for (const subject of options.subjects) {
        const one = await measure(subject, transport, cameras)
        measurements.push({ round, ...one })
        const place = `round ${round}/${options.rounds} ${transport} ${subject}`
        console.error(`${place}: ${short(cpuPerPacketUs(one.windows[0]))} us/packet`)
      }
    }
  }
  await streams.stop()
  const summary = options.transports.flatMap((transport) =>
    options.subjects.map((subject) => summarize(measurements, subject, transport)),
  )
  printTable(
    ['transport', 'server', 'us/packet', 'CPU %', 'packets/s', 'lost', 'silent', 'failed'].concat([
      ...['delay p99 ms', 'RSS MB', 'load CPU %'],
    ]),
    summary.map((row) => [
      ...[row.transport, row.subject, short(row.cpuUs), short(row.cpuSharePercent)],
      ...[short(row.packetsASecond), row.lost, row.silentViewers, row.failed],
      ...[short(row.delayP99Ms), short(row.rssMegabytes), short(row.loadSharePercent)],
    ]),
  )
  finish(run, { figures: figuresOf(measurements, summary), summary, measurements, notes })
})
