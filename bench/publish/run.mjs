// A heavy publisher: 100 Mbit/s in 10,000 packets a second over TCP, to 20 viewers. Loss, delay, and how long
// the server's event loop is held.
// Usage: npm run bench -- publish [--short] [--mbit 100] [--packet-bytes 1264] [--fps 30] [--viewers 20]
//   [--transports tcp,udp] [--rounds 3] [--measure 15] [--even 1: packets spread over the picture's time]
//   [--settings JSON]
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { cpuPerPacketUs, measureLoad } from '../lib/load.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { startRtspool } from '../lib/servers.mjs'
import { median, sum } from '../lib/statistics.mjs'

const options = readOptions(
  {
    mbit: 100,
    'packet-bytes': 1264,
    fps: 30,
    even: 0,
    viewers: 20,
    transports: ['tcp', 'udp'],
    rounds: 3,
    warmup: 2,
    measure: 15,
    settings: '{}',
  },
  { viewers: 2, transports: ['tcp'], rounds: 1, warmup: 0.3, measure: 1 },
)
const bytesPerMegabyte = 1e6

async function measure(transport) {
  const publisher = {
    options: [
      ...['--mbit', String(options.mbit), '--packet-bytes', String(options['packet-bytes'])],
      ...['--fps', String(options.fps), ...(options.even ? ['--even'] : [])],
    ],
  }
  const settings = { ...JSON.parse(options.settings), loopDelay: true }
  const server = await startRtspool({ publisher, settings })
  try {
    let loopDelay
    const report = await measureLoad(
      server,
      [
        ...['--transport', transport, '--viewers', options.viewers],
        ...['--receive-buffer', 8 * 1024 * 1024],
        ...['--warmup', options.warmup, '--measure', options.measure],
      ],
      {
        // The answer to the first question is dropped: it is about the time before.
        windowBegan: () => server.program.say('stats'),
        windowEnded: () => {
          loopDelay = server.stats()
        },
      },
    )
    const { loopDelayMs } = await loopDelay
    const published = server.publisher.next('report')
    server.publisher.signal('SIGTERM')
    return { transport, loopDelayMs, published: await published, ...report }
  } finally {
    await server.stop()
  }
}

await runBenchmark('publish', options, async (run) => {
  const measurements = []
  for (let round = 1; round <= options.rounds; round++) {
    for (const transport of options.transports) {
      measurements.push({ round, ...(await measure(transport)) })
      console.error(`round ${round}/${options.rounds} ${transport}`)
    }
  }
  const summary = options.transports.map((transport) => {
    const rounds = measurements.filter((one) => one.transport === transport)
    const of = (pick) => median(rounds.map((one) => pick(one.windows[0], one)))
    return {
      transport,
      publishedPacketsASecond: of((_, { published }) => published.packetsASecond),
      writtenAfterP99Ms: of((_, { published }) => published.writtenAfterMs.p99),
      packetsASecond: of(({ packets, seconds }) => packets / seconds),
      lost: sum(rounds.map(({ windows: [window] }) => window.lost)),
      failed: sum(rounds.map(({ failed }) => failed)),
      delayP50Ms: of(({ delayMs }) => delayMs?.p50 ?? Number.NaN),
      delayP99Ms: of(({ delayMs }) => delayMs?.p99 ?? Number.NaN),
      loopDelayP99Ms: of((_, { loopDelayMs }) => loopDelayMs.p99),
      loopDelayMaxMs: of((_, { loopDelayMs }) => loopDelayMs.max),
      cpuShare: of(({ server }) => server.cpu.total / server.cpu.wall),
      cpuUs: of(cpuPerPacketUs),
      rss: of(({ server }) => server.memory.rss),
      loadCpuShare: of(({ cpuShare }) => cpuShare),
    }
  })
  printTable(
    ['transport', 'published/s', 'delivered/s', 'lost', 'failed', 'delay p50 ms', 'p99 ms']
      .concat(['loop delay p99 ms', 'max ms', 'written p99 ms', 'CPU %', 'us/packet', 'RSS MB'])
      .concat(['load CPU %']),
    summary.map((row) => [
      ...[row.transport, short(row.publishedPacketsASecond), short(row.packetsASecond)],
      ...[row.lost, row.failed, short(row.delayP50Ms), short(row.delayP99Ms)],
      ...[short(row.loopDelayP99Ms), short(row.loopDelayMaxMs), short(row.writtenAfterP99Ms)],
      ...[short(row.cpuShare * 100), short(row.cpuUs), short(row.rss / bytesPerMegabyte)],
      short(row.loadCpuShare * 100),
    ]),
  )
  const tcp = summary.find(({ transport }) => transport === 'tcp')
  const figures = tcp
    ? [
        figure('tcp: packets lost', tcp.lost, '<=', 0, 'packets'),
        figure('tcp: viewers that failed', tcp.failed, '<=', 0, 'viewers'),
        figure('tcp: event-loop delay, p99', tcp.loopDelayP99Ms, '<=', 10, 'ms'),
      ]
    : []
  finish(run, { figures, summary, measurements })
})
