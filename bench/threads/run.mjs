// Send threads: CPU of the main thread and of all others, a delivered packet, and the delay from publisher to viewer,
// with 0, 1 and 2 send threads.
// Usage: npm run bench -- threads [--short] [--viewers 300,1000] [--transports tcp,udp] [--rounds 5]
//   [--measure 10] [--warmup 3] [--threads 0,1,2]
//   [--heap 1: instead, what the server allocates, for example with --viewers 100,200 --threads 0,1]
//   [--hold 3: instead, the one send thread is held for 3 s while viewers watch]
import { readdirSync, readFileSync } from 'node:fs'
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { describeClip, makeClip } from '../lib/clip.mjs'
import { cpuPerPacketUs, measureLoad } from '../lib/load.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { startRtspool } from '../lib/servers.mjs'
import { median, sum } from '../lib/statistics.mjs'
import { profile, reportProfiles } from './heap.mjs'
import { measureHold, reportHolds } from './hold.mjs'

const options = readOptions(
  {
    viewers: [300, 1000],
    transports: ['tcp', 'udp'],
    threads: [0, 1, 2],
    rounds: 5,
    warmup: 3,
    measure: 10,
    heap: 0,
    hold: 0,
  },
  { viewers: [20], threads: [0, 1], rounds: 1, warmup: 1, measure: 1 },
)
/** 2 Mbit and 30 pictures a second. Each packet has the time of its sending. */
const publisher = { options: ['--mbit', '2'] }
const nsPerUs = 1000
const bytesPerMegabyte = 1e6

/** CPU time in ns of the main thread and of all others: V8's helpers, libuv's pool and send threads. */
function sampleThreads(pid) {
  let main = 0
  let others = 0
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const ns = Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0])
    if (task === String(pid)) main = ns
    else others += ns
  }
  return { main, others }
}

async function measure(threads, transport, viewers) {
  const settings = { server: { sendThreads: threads } }
  const server = await startRtspool({ publisher, settings })
  const samples = []
  const sample = () => samples.push(sampleThreads(server.pid))
  try {
    const report = await measureLoad(
      server,
      [
        ...['--transport', transport, '--viewers', viewers],
        ...['--warmup', options.warmup, '--measure', options.measure],
      ],
      { windowBegan: sample, windowEnded: sample },
    )
    const [window] = report.windows
    if (window.packets === 0) throw new Error(`${threads} threads: nothing arrived`)
    const [began, ended] = samples
    const perPacket = (name) => (ended[name] - began[name]) / nsPerUs / window.packets
    return {
      ...{ threads, transport, viewers, allUs: cpuPerPacketUs(window) },
      ...{ mainUs: perPacket('main'), othersUs: perPacket('others') },
      ...report,
    }
  } finally {
    await server.stop()
  }
}

/** Medians over the rounds. */
function summarize(measurements, threads, transport, viewers) {
  const rounds = ofRun(measurements, threads, transport, viewers)
  const windows = rounds.map(({ windows: [window] }) => window)
  const of = (pick) => median(rounds.map(pick))
  return {
    ...{ threads, transport, viewers },
    ...{ allUs: of(({ allUs }) => allUs), mainUs: of(({ mainUs }) => mainUs) },
    othersUs: of(({ othersUs }) => othersUs),
    packetsAViewerASecond: median(windows.map((one) => one.packets / one.seconds / one.viewers)),
    lost: sum(windows.map(({ lost }) => lost)),
    misaligned: sum(windows.map(({ misaligned }) => misaligned)),
    failed: sum(rounds.map(({ failed }) => failed)),
    delayP99Ms: median(windows.map(({ delayMs }) => delayMs?.p99 ?? Number.NaN)),
    rssMegabytes: median(windows.map(({ server }) => server.memory.rss / bytesPerMegabyte)),
  }
}

const ofRun = (measurements, threads, transport, viewers) =>
  measurements.filter(
    (one) => one.threads === threads && one.transport === transport && one.viewers === viewers,
  )

/** Median of the ratios within a round to the run without threads. */
function ratio(measurements, threads, transport, viewers, name) {
  const without = ofRun(measurements, 0, transport, viewers)
  return median(
    ofRun(measurements, threads, transport, viewers).map(
      (one, round) => one[name] / (without[round]?.[name.replace('mainUs', 'allUs')] ?? Number.NaN),
    ),
  )
}

/** Median of the ratios within a round of the delay from publisher to viewer (p99) to that without threads. */
function delayRatio(measurements, threads, transport, viewers) {
  const without = ofRun(measurements, 0, transport, viewers)
  const delayOf = (one) => one?.windows[0].delayMs?.p99 ?? Number.NaN
  return median(
    ofRun(measurements, threads, transport, viewers).map(
      (one, round) => delayOf(one) / delayOf(without[round]),
    ),
  )
}

function figuresOf(measurements, summary) {
  const figures = []
  for (const transport of options.transports) {
    for (const viewers of options.viewers) {
      for (const threads of options.threads) {
        if (threads === 0 || !options.threads.includes(0)) continue
        const name = `${transport}, ${viewers} viewers, ${threads} thread${threads > 1 ? 's' : ''}`
        const main = ratio(measurements, threads, transport, viewers, 'mainUs')
        const all = ratio(measurements, threads, transport, viewers, 'allUs')
        const wanted = viewers >= 1000 ? 0.12 : 0.2
        figures.push(
          figure(`${name}: main thread, to all CPU without threads`, main, '<=', wanted),
          figure(`${name}: all CPU, to that without threads`, all, '<=', threads > 1 ? 1.15 : 1.1),
        )
        if (viewers < 1000) continue
        const delay = delayRatio(measurements, threads, transport, viewers)
        figures.push(figure(`${name}: delay p99, to that without threads`, delay, '<=', 1.1))
      }
    }
  }
  const total = (name) => sum(summary.map((row) => row[name]))
  figures.push(
    figure('packets lost', total('lost'), '<=', 0, 'packets'),
    figure('frames misaligned', total('misaligned'), '<=', 0, 'frames'),
    figure('viewers that failed', total('failed'), '<=', 0, 'viewers'),
  )
  return figures
}

/** Every combination of the options, in turn. */
async function profileAll(clip) {
  const profiles = []
  for (const transport of options.transports) {
    for (const threads of options.threads) {
      for (const viewers of options.viewers) {
        profiles.push(await profile(threads, transport, viewers, clip, options))
      }
    }
  }
  return profiles
}

await runBenchmark('threads', options, async (run) => {
  if (options.heap) {
    const clip = makeClip({ isShort: options.short })
    run.clip = describeClip(clip)
    const profiles = await profileAll(clip)
    finish(run, { figures: reportProfiles(profiles), summary: [], measurements: profiles })
    return
  }
  if (options.hold) {
    const holds = []
    for (const transport of options.transports) {
      for (const viewers of options.viewers) {
        holds.push(await measureHold(transport, viewers, publisher, options))
      }
    }
    finish(run, { figures: reportHolds(holds), summary: [], measurements: holds })
    return
  }
  const measurements = []
  for (let round = 1; round <= options.rounds; round++) {
    for (const transport of options.transports) {
      for (const viewers of options.viewers) {
        for (const threads of options.threads) {
          const one = await measure(threads, transport, viewers)
          measurements.push({ round, ...one })
          const place = `round ${round}/${options.rounds} ${transport} ${viewers}, ${threads} threads`
          console.error(`${place}: ${short(one.mainUs)} + ${short(one.othersUs)} us/packet`)
        }
      }
    }
  }
  const summary = options.transports.flatMap((transport) =>
    options.viewers.flatMap((viewers) =>
      options.threads.map((threads) => summarize(measurements, threads, transport, viewers)),
    ),
  )
  printTable(
    [
      ...['transport', 'viewers', 'threads', 'us/packet', 'main', 'others'],
      ...['packets/viewer/s', 'lost', 'misaligned', 'failed', 'delay p99 ms', 'RSS MB'],
    ],
    summary.map((row) => [
      ...[row.transport, row.viewers, row.threads],
      ...[short(row.allUs), short(row.mainUs), short(row.othersUs)],
      ...[short(row.packetsAViewerASecond), row.lost, row.misaligned, row.failed],
      ...[short(row.delayP99Ms), short(row.rssMegabytes)],
    ]),
  )
  finish(run, { figures: figuresOf(measurements, summary), summary, measurements })
})
