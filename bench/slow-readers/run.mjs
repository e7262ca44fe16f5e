// Slow readers: 50 viewers over TCP, 10 of which stop reading (SIGSTOP). What the others feel, what the server
// keeps in memory, and when and why the stopped ones leave.
// Usage: npm run bench -- slow-readers [--short] [--viewers 50] [--stopped 10] [--baseline 20] [--stop-seconds 60]
//   [--mbit 2] [--settings JSON]
import { setTimeout as sleep } from 'node:timers/promises'
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { measureLoad, startLoad } from '../lib/load.mjs'
import { sampleMemory } from '../lib/processes.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { startRtspool } from '../lib/servers.mjs'

const options = readOptions(
  { viewers: 50, stopped: 10, baseline: 20, 'stop-seconds': 60, mbit: 2, settings: '{}' },
  { viewers: 10, stopped: 2, baseline: 1, 'stop-seconds': 3 },
)
const stopSeconds = options['stop-seconds']
const sampleMs = 250
const bytesPerMegabyte = 1e6
/** What the server may keep for each reader by default. */
const backlogBytes = 4 * 1024 * 1024

/** Departures as the server tells them, in ms after the moment of the stop. */
function watchDepartures(server, readers) {
  const departures = []
  let stoppedAt
  server.program.on('sessionRemoved', ({ reason, stats }) => {
    if (stoppedAt === undefined) return
    departures.push({ afterMs: performance.now() - stoppedAt, reason, stats })
  })
  return {
    departures,
    stop: () => {
      stoppedAt = performance.now()
      readers.signal('SIGSTOP')
    },
    /** From now on viewers leave because they want to. */
    end: () => {
      stoppedAt = undefined
    },
  }
}

async function watchMemory(pid, signal) {
  const samples = []
  while (!signal.aborted) {
    samples.push(sampleMemory(pid))
    await sleep(sampleMs, undefined, { signal }).catch(() => {})
  }
  return samples
}

async function measure() {
  const settings = { ...JSON.parse(options.settings), events: true }
  const publisher = { options: ['--mbit', String(options.mbit)] }
  const server = await startRtspool({ publisher, settings })
  const lasts = options.baseline + stopSeconds + 30
  const slow = startLoad(server, ['--viewers', options.stopped, '--measure', lasts])
  await slow.next('playing')
  const watch = watchDepartures(server, slow)
  const memoryEnd = new AbortController()
  let memory
  let before
  let windows = 0
  const others = measureLoad(
    server,
    [
      ...['--viewers', options.viewers - options.stopped, '--warmup', 1],
      ...['--measure', `${options.baseline},${stopSeconds}`],
    ],
    {
      windowBegan: () => {
        if (++windows !== 2) return
        before = sampleMemory(server.pid)
        memory = watchMemory(server.pid, memoryEnd.signal)
        watch.stop()
      },
      windowEnded: () => {
        if (windows === 2) watch.end()
      },
    },
  )
  const report = await others
  memoryEnd.abort()
  const rss = (await memory).map((sample) => sample.rss)
  slow.signal('SIGCONT')
  slow.signal('SIGTERM')
  const slowReport = await slow.report
  await server.stop()
  return {
    report,
    slowReport,
    departures: watch.departures,
    rssBefore: before.rss,
    rssMax: Math.max(...rss),
    rss,
  }
}

await runBenchmark('slow-readers', options, async (run) => {
  const measured = await measure()
  const [baseline, stopped] = measured.report.windows
  printTable(
    [
      'window',
      'viewers',
      'seconds',
      'packets',
      'lost',
      'delay p50 ms',
      'p99 ms',
      'max ms',
      'CPU %',
    ],
    [
      ['nobody stopped', baseline],
      [`${options.stopped} more stopped`, stopped],
    ].map(([name, window]) => [
      ...[name, window.viewers, short(window.seconds), window.packets, window.lost],
      ...[short(window.delayMs?.p50), short(window.delayMs?.p99), short(window.delayMs?.max)],
      short((window.server.cpu.total / window.server.cpu.wall) * 100),
    ]),
  )
  const { departures } = measured
  printTable(
    ['stopped viewer left after s', 'reason', 'packets dropped for it'],
    departures.map(({ afterMs, reason, stats }) => [
      ...[short(afterMs / 1000), reason, stats.packetsDropped],
    ]),
  )
  const last = Math.max(...departures.map(({ afterMs }) => afterMs)) / 1000
  const slowReaders = departures.filter(({ reason }) => reason === 'slowReader').length
  const grown = (measured.rssMax - measured.rssBefore) / bytesPerMegabyte
  const allowed = (options.stopped * backlogBytes + 10 * bytesPerMegabyte) / bytesPerMegabyte
  const addedDelay = stopped.delayMs.p99 - baseline.delayMs.p99
  const gone = `stopped ones gone, of ${options.stopped}`
  const figures = [
    figure('packets that the others lost', stopped.lost, '<=', 0, 'packets'),
    figure('others that left', measured.report.failed, '<=', 0, 'viewers'),
    figure('p99 delay added to the others', addedDelay, '<=', 20, 'ms'),
    figure('resident memory gained', grown, '<=', Math.round(allowed), 'MB'),
    figure(`${gone}, reason slowReader`, slowReaders, '=', options.stopped, 'viewers'),
    figure('last of them gone after', departures.length ? last : Number.NaN, '<=', 12, 's'),
  ]
  const summary = {
    baseline: baseline.delayMs,
    stopped: stopped.delayMs,
    lost: stopped.lost,
    departures,
    rssBefore: measured.rssBefore,
    rssMax: measured.rssMax,
  }
  finish(run, { figures, summary, measurements: measured })
})
