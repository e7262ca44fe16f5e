// How long a new viewer waits: to the first packet of a key frame over many joins at random moments, and to the
// first decoded picture in FFmpeg and GStreamer.
// Usage: npm run bench -- startup [--short] [--joins 100] [--rounds 3] [--decodes 10] [--transports tcp,udp]
//   [--subjects rtspool,gst] [--settings JSON]
import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { makeClip } from '../lib/clip.mjs'
import { startLoad } from '../lib/load.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { startGst, startRtspool, withoutMissingPeer } from '../lib/servers.mjs'
import { median, quantile } from '../lib/statistics.mjs'

const options = readOptions(
  {
    joins: 100,
    rounds: 3,
    decodes: 10,
    transports: ['tcp', 'udp'],
    subjects: ['rtspool', 'gst'],
    settings: '{}',
  },
  { joins: 3, rounds: 1, decodes: 1, transports: ['tcp'] },
)
const notes = []
const execFileAsync = promisify(execFile)
const decodeTimeoutMs = 15_000
/** Not a divisor of the second between two key frames: joins meet the stream at every place. */
const joinIntervalMs = 137
/** Joins that may wait at the same time: they come in their interval however long the ones before wait. */
const joinConcurrency = 50

const start = {
  rtspool: (clip) => startRtspool({ publisher: { clip }, settings: JSON.parse(options.settings) }),
  gst: (clip) => startGst({ clip }),
}

// Both players are told not to analyse longer than they must: the rest is the server's part.
const players = {
  ffmpeg: (url, transport) => [
    'ffmpeg',
    ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-rtsp_transport', transport],
    ...['-fflags', 'nobuffer', '-flags', 'low_delay', '-analyzeduration', '100000'],
    ...['-i', url, '-frames:v', '1', '-f', 'null', '-'],
  ],
  gstreamer: (url, transport) => [
    'gst-launch-1.0',
    ...['-q', 'rtspsrc', `location=${url}`, 'latency=0', `protocols=${transport}`],
    ...['!', 'rtph264depay', '!', 'h264parse', '!', 'avdec_h264', '!', 'fakesink', 'num-buffers=1'],
  ],
}

/** Time from starting the player to its end after the first picture, its own start included. */
async function decodeOnce(player, url, transport) {
  const [command, ...args] = players[player](url, transport)
  const beganAt = performance.now()
  await execFileAsync(command, args, { timeout: decodeTimeoutMs, killSignal: 'SIGKILL' })
  return performance.now() - beganAt
}

async function decode(player, server, transport) {
  const times = []
  let failed = 0
  for (let time = 0; time < options.decodes; time++) {
    try {
      times.push(await decodeOnce(player, server.url, transport))
    } catch (error) {
      failed++
      notes.push(`${server.name}, ${player}, ${transport}: ${String(error.message).slice(0, 200)}`)
    }
    await sleep(joinIntervalMs)
  }
  return { times, failed }
}

async function measure(subject, transport, clip) {
  const server = await start[subject](clip)
  // One viewer keeps the media running, so that nobody pays for starting it.
  const viewer = startLoad(server, ['--viewers', 1, '--measure', 3600])
  try {
    await viewer.next('playing')
    const joins = await startLoad(server, [
      ...['--transport', transport, '--join', options.joins],
      ...['--interval-ms', joinIntervalMs, '--concurrency', joinConcurrency],
    ]).report
    const decodes = {}
    for (const player of Object.keys(players)) {
      decodes[player] = await decode(player, server, transport)
    }
    return { subject, transport, joins, decodes }
  } finally {
    await viewer.stop()
    await server.stop()
  }
}

function summarize(measurements, subject, transport) {
  const rounds = measurements.filter(
    (one) => one.subject === subject && one.transport === transport,
  )
  const of = (pick) => median(rounds.map(pick))
  const decoded = Object.fromEntries(
    Object.keys(players).map((player) => {
      const times = rounds.flatMap(({ decodes }) => decodes[player].times)
      return [player, { p50: quantile(times, 0.5), max: Math.max(...times) }]
    }),
  )
  return {
    subject,
    transport,
    keyFrameP50Ms: of(({ joins }) => joins.connectToKeyFrameMs?.p50 ?? Number.NaN),
    keyFrameP99Ms: of(({ joins }) => joins.connectToKeyFrameMs?.p99 ?? Number.NaN),
    firstPacketP50Ms: of(({ joins }) => joins.connectToFirstPacketMs?.p50 ?? Number.NaN),
    failed: rounds.reduce((total, { joins }) => total + joins.failed, 0),
    decoded,
  }
}

await runBenchmark('startup', options, async (run) => {
  const clip = makeClip({ isShort: options.short })
  options.subjects = withoutMissingPeer(options.subjects, notes)
  const measurements = []
  for (let round = 1; round <= options.rounds; round++) {
    for (const transport of options.transports) {
      for (const subject of options.subjects) {
        measurements.push({ round, ...(await measure(subject, transport, clip)) })
        console.error(`round ${round}/${options.rounds} ${transport} ${subject}`)
      }
    }
  }
  const summary = options.transports.flatMap((transport) =>
    options.subjects.map((subject) => summarize(measurements, subject, transport)),
  )
  printTable(
    [
      'transport',
      'server',
      'first packet p50 ms',
      'key frame p50 ms',
      'key frame p99 ms',
      'failed',
    ].concat(['ffmpeg picture p50 ms', 'max', 'gstreamer picture p50 ms', 'max']),
    summary.map(({ decoded, ...row }) => [
      ...[row.transport, row.subject, short(row.firstPacketP50Ms), short(row.keyFrameP50Ms)],
      ...[short(row.keyFrameP99Ms), row.failed],
      ...[short(decoded.ffmpeg.p50), short(decoded.ffmpeg.max)],
      ...[short(decoded.gstreamer.p50), short(decoded.gstreamer.max)],
    ]),
  )
  const figures = summary
    .filter(({ subject }) => subject === 'rtspool')
    .flatMap(({ transport, keyFrameP99Ms, failed }) => [
      figure(`${transport}: connect to first key-frame packet, p99`, keyFrameP99Ms, '<=', 30, 'ms'),
      figure(`${transport}: failed joins`, failed, '<=', 0),
    ])
  finish(run, { figures, summary, measurements, notes })
})
