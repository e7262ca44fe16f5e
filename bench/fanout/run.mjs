// Fan-out of one 720p30 stream of 2 Mbit/s: what a delivered packet costs the server.
// Usage: npm run bench -- fanout [--short] [--viewers 1,100,300,1000] [--transports tcp,udp] [--rounds 5]
//   [--measure 10] [--warmup 3] [--subjects rtspool,mediamtx,gst,floor,floor-sendto] [--settings JSON of rtspool-server.mjs]
//   [--packet-bytes 1400: rtspool and MediaMTX receive packets of that size instead of FFmpeg's 1472]
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { annexBClip, describeClip, makeClip } from '../lib/clip.mjs'
import { cpuPerPacketUs, measureLoad } from '../lib/load.mjs'
import { startMediamtx, withoutMissingMediamtx } from '../lib/mediamtx.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import {
  publishTo,
  startFloor,
  startGst,
  startRtspool,
  withoutMissingPeer,
} from '../lib/servers.mjs'
import { median, sum } from '../lib/statistics.mjs'

const options = readOptions(
  {
    viewers: [1, 100, 300, 1000],
    transports: ['tcp', 'udp'],
    rounds: 5,
    warmup: 3,
    measure: 10,
    subjects: ['rtspool', 'gst', 'floor', 'floor-sendto'],
    settings: '{}',
    gro: 0,
    'packet-bytes': 0,
  },
  { viewers: [10], rounds: 1, warmup: 0.2, measure: 0.5, subjects: ['rtspool', 'gst', 'floor'] },
)
const notes = []
const bytesPerMegabyte = 1e6

function publisherOf(clip) {
  const bytes = options['packet-bytes']
  if (bytes === 0) return { clip }
  return { options: ['--clip', annexBClip(clip), '--packet-bytes', String(bytes)] }
}

const subjects = {
  rtspool: ({ clip }) =>
    startRtspool({ publisher: publisherOf(clip), settings: JSON.parse(options.settings) }),
  mediamtx: async ({ clip }) => publishTo(await startMediamtx(), publisherOf(clip)),
  gst: ({ clip }) => startGst({ clip }),
  floor: ({ clip, transport, viewers }) =>
    startFloor({ kind: transport === 'udp' ? 'udp-gso' : 'tcp', viewers, clip }),
  'floor-sendto': ({ clip, viewers }) => startFloor({ kind: 'udp-sendto', viewers, clip }),
}

function chosenSubjects(transport) {
  return options.subjects.filter((name) => name !== 'floor-sendto' || transport === 'udp')
}

async function measure(subject, transport, viewers, clip) {
  const server = await subjects[subject]({ clip, transport, viewers })
  try {
    const report = await measureLoad(server, [
      ...['--transport', transport, '--viewers', viewers],
      ...['--warmup', options.warmup, '--measure', options.measure],
      ...(options.gro && transport === 'udp' ? ['--gro'] : []),
    ])
    const [window] = report.windows
    if (window.packets === 0) throw new Error(`${subject}: nothing arrived`)
    return { subject, transport, viewers, cpuUs: cpuPerPacketUs(window), ...report }
  } finally {
    await server.stop()
  }
}

/** Medians over the rounds of one subject at one size. */
function summarize(measurements, subject, transport, viewers) {
  const rounds = measurements.filter(
    (one) => one.subject === subject && one.transport === transport && one.viewers === viewers,
  )
  const windows = rounds.map(({ windows: [window] }) => window)
  const of = (pick) => median(windows.map(pick))
  return {
    subject,
    transport,
    viewers,
    cpuUs: median(rounds.map(({ cpuUs }) => cpuUs)),
    cpuSharePercent: of(({ server }) => (server.cpu.total / server.cpu.wall) * 100),
    packetsASecond: of(({ packets, seconds }) => packets / seconds),
    packetsAViewerASecond: of(({ packets, seconds, viewers: n }) => packets / seconds / n),
    lost: sum(windows.map(({ lost }) => lost)),
    misaligned: sum(windows.map(({ misaligned }) => misaligned)),
    silentViewers: sum(windows.map(({ silentViewers }) => silentViewers)),
    failed: sum(rounds.map(({ failed }) => failed)),
    rssMegabytes: of(({ server }) => server.memory.rss / bytesPerMegabyte),
    firstPacketP50Ms: median(rounds.map((one) => one.connectToFirstPacketMs?.p50 ?? Number.NaN)),
    keyFrameP99Ms: median(rounds.map((one) => one.connectToKeyFrameMs?.p99 ?? Number.NaN)),
    packetsARead: of(({ packetsARead }) => packetsARead),
    loadSharePercent: of(({ cpuShare }) => cpuShare * 100),
  }
}

/** Ratios are taken within a round, where both sides saw the same machine, and then their median. */
function ratio(measurements, transport, viewers, subject, other) {
  const pick = (name) =>
    measurements.filter(
      (one) => one.subject === name && one.transport === transport && one.viewers === viewers,
    )
  const others = pick(other)
  return median(
    pick(subject).map(({ cpuUs }, round) => cpuUs / (others[round]?.cpuUs ?? Number.NaN)),
  )
}

function printRows(summary) {
  printTable(
    [
      'transport',
      'viewers',
      'server',
      'us/packet',
      'CPU %',
      'packets/s',
      'lost',
      'failed',
      'RSS MB',
    ].concat(['first packet p50 ms', 'key frame p99 ms', 'packets/read', 'load CPU %']),
    summary.map((row) => [
      ...[row.transport, row.viewers, row.subject, short(row.cpuUs), short(row.cpuSharePercent)],
      ...[short(row.packetsASecond), row.lost, row.failed, short(row.rssMegabytes)],
      ...[short(row.firstPacketP50Ms), short(row.keyFrameP99Ms), short(row.packetsARead)],
      short(row.loadSharePercent),
    ]),
  )
}

function figuresOf(summary, measurements) {
  const most = Math.max(...options.viewers)
  const wanted = { tcp: { gst: 0.5, floor: 1.3 }, udp: { gst: 0.4, floor: 1.4 } }
  const figures = []
  for (const transport of options.transports) {
    for (const other of ['gst', 'floor']) {
      if (!options.subjects.includes(other) || !options.subjects.includes('rtspool')) continue
      const value = ratio(measurements, transport, most, 'rtspool', other)
      const name = `${transport}, ${most} viewers: CPU per packet, rtspool / ${other}`
      figures.push(figure(name, value, '<=', wanted[transport][other]))
    }
  }
  const own = summary.filter(({ subject }) => subject === 'rtspool')
  if (own.length === 0) return figures
  const megabytes = Math.max(...own.map(({ rssMegabytes }) => rssMegabytes))
  figures.push(
    figure(
      'rtspool: packets lost, all sizes',
      sum(own.map(({ lost }) => lost)),
      '<=',
      0,
      'packets',
    ),
    figure(
      'rtspool: viewers that failed',
      sum(own.map(({ failed }) => failed)),
      '<=',
      0,
      'viewers',
    ),
    figure(`rtspool: resident memory, up to ${most} viewers`, megabytes, '<=', 120, 'MB'),
  )
  return figures
}

function printRatios(measurements) {
  const rows = []
  for (const transport of options.transports) {
    for (const viewers of options.viewers) {
      const others = chosenSubjects(transport).filter((name) => name !== 'rtspool')
      for (const other of others) {
        const value = ratio(measurements, transport, viewers, 'rtspool', other)
        rows.push([transport, viewers, `rtspool / ${other}`, short(value)])
      }
    }
  }
  if (options.subjects.includes('rtspool')) {
    printTable(['transport', 'viewers', 'CPU per packet', 'ratio'], rows)
  }
}

await runBenchmark('fanout', options, async (run) => {
  const clip = makeClip({ isShort: options.short })
  run.clip = describeClip(clip)
  options.subjects = withoutMissingMediamtx(withoutMissingPeer(options.subjects, notes), notes)
  if (options.subjects.includes('mediamtx') && options['packet-bytes'] === 0) {
    throw new RangeError(
      '--packet-bytes 1400 is needed: MediaMTX packs what is above 1440 bytes anew, into other packets',
    )
  }
  const measurements = []
  for (let round = 1; round <= options.rounds; round++) {
    for (const transport of options.transports) {
      for (const viewers of options.viewers) {
        for (const subject of chosenSubjects(transport)) {
          const measured = await measure(subject, transport, viewers, clip)
          measurements.push({ round, ...measured })
          const place = `round ${round}/${options.rounds} ${transport} ${viewers} ${subject}`
          console.error(`${place}: ${short(measured.cpuUs)} us/packet`)
        }
      }
    }
  }
  const summary = options.transports.flatMap((transport) =>
    options.viewers.flatMap((viewers) =>
      chosenSubjects(transport).map((subject) =>
        summarize(measurements, subject, transport, viewers),
      ),
    ),
  )
  printRows(summary)
  printRatios(measurements)
  finish(run, { figures: figuresOf(summary, measurements), summary, measurements, notes })
})
