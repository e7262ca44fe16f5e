// Recording many streams: what does it cost the rtspool command, and what MediaMTX? Then kill -9: does each file of
// rtspool play to its last whole fragment?
// Usage: npm run bench -- recording [--short] [--streams 40] [--subjects rtspool,mediamtx] [--rounds 5]
//   [--subjects …,floor: a program of Node that only writes the bytes it reads]
//   [--warmup 12] [--measure 10] [--folder DIRECTORY: files are written below it, and removed]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { annexBClip, describeClip, makeClip } from '../lib/clip.mjs'
import { startBuiltCommand } from '../lib/command.mjs'
import { cpuPerPacketUs, measureWithoutLoad } from '../lib/load.mjs'
import { startMediamtx, withoutMissingMediamtx } from '../lib/mediamtx.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { startFloorRecorder } from '../lib/servers.mjs'
import { median, ratioOfRounds } from '../lib/statistics.mjs'
import { startStreams } from '../lib/streams.mjs'
import { decodedPictures, recordedFiles, wholePictures } from './files.mjs'

const options = readOptions(
  {
    streams: 40,
    subjects: ['rtspool', 'mediamtx'],
    rounds: 5,
    warmup: 12,
    measure: 10,
    folder: tmpdir(),
  },
  { streams: 2, rounds: 1, warmup: 2.5, measure: 1 },
)
const bytesPerMegabyte = 1e6
const wantedCpuRatio = 0.6
const fragmentLimitMs = 20_000

/** The command, with every path recorded. */
async function startCommand(folder) {
  const config = {
    rtsp: { host: '127.0.0.1', port: 0 },
    recordings: { all: { path: '/*', folder: join(folder, 'files') } },
  }
  const file = join(folder, 'rtspool.yml')
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config))
  const { program, url } = await startBuiltCommand(['--config', file], { stateFolder: folder })
  return { url: `${url}/cam`, pid: program.pid, program, stop: () => program.stop() }
}

const subjects = {
  rtspool: startCommand,
  mediamtx: (folder) =>
    startMediamtx({
      settings: {
        pathDefaults: {
          ...{ record: true, recordFormat: 'fmp4', recordPartDuration: '1s' },
          recordPath: join(folder, 'files/%path/%Y-%m-%d_%H-%M-%S-%f'),
        },
      },
    }),
  floor: (folder) => startFloorRecorder(join(folder, 'files')),
}

async function measure(subject, clip) {
  const folder = mkdtempSync(join(options.folder, 'rtspool-bench-recording-'))
  const server = await subjects[subject](folder)
  let streams
  try {
    streams = await startStreams({ url: server.url, streams: options.streams, clip })
    const window = await measureWithoutLoad(server, streams, options)
    if (subject !== 'floor') await everyStreamHasFragment(folder)
    // As a crash or the system would end it: nothing is flushed or closed.
    server.program.signal('SIGKILL')
    const { writtenAfterMs } = await streams.report()
    await server.stop()
    return { subject, ...window, writtenAfterMs, files: examine(folder, subject) }
  } finally {
    await streams?.stop()
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Waits until each stream has a whole fragment on the disk, however busy the machine is. */
async function everyStreamHasFragment(folder) {
  const giveUpAt = performance.now() + fragmentLimitMs
  const files = () => recordedFiles(join(folder, 'files'))
  const hasAll = () =>
    files().length >= options.streams && files().every((path) => wholePictures(path).pictures > 0)
  while (!hasAll() && performance.now() < giveUpAt) await sleep(200)
}

/** Compares what each file of rtspool holds with what FFmpeg decodes of it. */
function examine(folder, subject) {
  return recordedFiles(join(folder, 'files')).map((path) => {
    const { pictures: whole, isCut } = wholePictures(path)
    if (subject !== 'rtspool') return { whole, isCut }
    const { pictures: decoded, complaint } = decodedPictures(path)
    return { whole, isCut, decoded, complaint }
  })
}

/** Files of rtspool in one round that play to the end of their last whole fragment; FFmpeg may name the cut behind it. */
const playable = ({ files }) =>
  files.filter(
    ({ whole, isCut, decoded, complaint }) =>
      whole > 0 && decoded >= whole && (isCut || !complaint),
  ).length

function summarize(measurements, subject) {
  const rounds = measurements.filter((one) => one.subject === subject)
  const of = (pick) => median(rounds.map(pick))
  return {
    subject,
    cpuUs: of(cpuPerPacketUs),
    cpuSharePercent: of(({ server }) => (server.cpu.total / server.cpu.wall) * 100),
    packetsASecond: of(({ packets, seconds }) => packets / seconds),
    writtenAfterP99Ms: of(({ writtenAfterMs }) => writtenAfterMs.p99),
    files: of(({ files }) => files.length),
    playable: subject === 'rtspool' ? Math.min(...rounds.map(playable)) : Number.NaN,
    picturesOfFile: of(({ files }) => median(files.map(({ whole }) => whole))),
    rssMegabytes: of(({ server }) => server.memory.rss / bytesPerMegabyte),
  }
}

function figuresOf(measurements, summary) {
  const figures = []
  const own = summary.find(({ subject }) => subject === 'rtspool')
  if (own && options.subjects.includes('mediamtx')) {
    const ratio = ratioOfRounds(measurements, 'rtspool', 'mediamtx', cpuPerPacketUs)
    const name = `recording ${options.streams} streams: CPU, rtspool / MediaMTX`
    figures.push(figure(name, ratio, '<=', wantedCpuRatio))
  }
  if (own) {
    const name = 'after kill -9: files that play to the last whole fragment, fewest of a round'
    figures.push(figure(name, own.playable, '>=', options.streams, 'files'))
  }
  return figures
}

await runBenchmark('recording', options, async (run) => {
  const notes = []
  const made = makeClip({ isShort: options.short })
  run.clip = describeClip(made)
  const clip = annexBClip(made)
  options.subjects = withoutMissingMediamtx(options.subjects, notes)
  const measurements = []
  for (let round = 1; round <= options.rounds; round++) {
    for (const subject of options.subjects) {
      const one = await measure(subject, clip)
      measurements.push({ round, ...one })
      const place = `round ${round}/${options.rounds} ${subject}`
      console.error(`${place}: ${short(cpuPerPacketUs(one))} us/packet`)
    }
  }
  const summary = options.subjects.map((subject) => summarize(measurements, subject))
  printTable(
    ['server', 'us/packet', 'CPU %', 'packets/s', 'written p99 ms', 'files', 'playable'].concat([
      ...['pictures/file', 'RSS MB'],
    ]),
    summary.map((row) => [
      ...[row.subject, short(row.cpuUs), short(row.cpuSharePercent), short(row.packetsASecond)],
      ...[short(row.writtenAfterP99Ms), row.files, short(row.playable), short(row.picturesOfFile)],
      short(row.rssMegabytes),
    ]),
  )
  const isBroken = summary.some(
    ({ subject, playable }) => subject === 'rtspool' && playable < options.streams,
  )
  if (isBroken) process.exitCode = 1
  finish(run, { figures: figuresOf(measurements, summary), summary, measurements, notes })
})
