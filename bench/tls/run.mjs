// Viewers over TLS: what does a byte cost rtspool, what MediaMTX, and what a bare TLS server of Node (the floor)?
// Usage: npm run bench -- tls [--short] [--viewers 200] [--subjects rtspool,mediamtx,floor] [--rounds 5] [--warmup 12]
//   [--measure 10] [--settings JSON of rtspool-server.mjs]
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { measureWindows } from '../lib/load.mjs'
import { startMediamtx, withoutMissingMediamtx } from '../lib/mediamtx.mjs'
import { loadCore, Program } from '../lib/processes.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { startRtspoolAlone, startTlsFloor } from '../lib/servers.mjs'
import { median, ratioOfRounds, sum } from '../lib/statistics.mjs'
import { startStreams } from '../lib/streams.mjs'

const options = readOptions(
  {
    viewers: 200,
    subjects: ['rtspool', 'mediamtx', 'floor'],
    rounds: 5,
    warmup: 12,
    measure: 10,
    settings: '{}',
  },
  { viewers: 5, rounds: 1, warmup: 0.3, measure: 0.7 },
)
const script = fileURLToPath(new URL('viewers.mjs', import.meta.url))
const microsecondsPerSecond = 1e6
const bytesPerKilobyte = 1e3
const bytesPerMegabyte = 1e6
const wantedCpuRatio = 0.34

function makeCertificate(folder) {
  const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') }
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync(
    'openssl',
    ['req', '-x509', ...curve, '-days', '2', ...names, '-keyout', files.key, '-out', files.cert],
    { stdio: 'pipe' },
  )
  return files
}

const subjects = {
  rtspool: ({ key, cert }) => {
    const settings = JSON.parse(options.settings)
    const tls = { port: 0, key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
    return startRtspoolAlone({ settings: { ...settings, server: { ...settings.server, tls } } })
  },
  mediamtx: (tls) => startMediamtx({ tls }),
  floor: (tls) => startTlsFloor(tls),
}

async function measure(subject, certificate) {
  const server = await subjects[subject](certificate)
  let streams
  try {
    // The floor makes its pictures itself.
    if (server.url) streams = await startStreams({ url: server.url, streams: 1 })
    const args = [`${server.tlsUrl}0`, options.viewers, options.warmup, options.measure]
    const load = new Program(process.execPath, [script, ...args.map(String)], { core: loadCore })
    const report = load.next('report', 600_000)
    report.catch(() => {})
    const measured = await measureWindows(Object.assign(load, { report }), server)
    if (measured.windows[0].packets === 0) throw new Error(`${subject}: nothing arrived`)
    return { subject, ...measured }
  } finally {
    await streams?.stop()
    await server.stop()
  }
}

/** CPU time of the server for 1000 bytes of RTP that arrived. */
const cpuUsAKilobyte = ({ windows: [{ bytes, seconds, server }] }) =>
  ((server.cpu.total / server.cpu.wall) * microsecondsPerSecond) /
  (bytes / bytesPerKilobyte / seconds)

function summarize(measurements, subject) {
  const rounds = measurements.filter((one) => one.subject === subject)
  const windows = rounds.map(({ windows: [window] }) => window)
  const of = (pick) => median(windows.map(pick))
  return {
    ...{ subject, cipher: rounds[0].cipher, cpuUs: median(rounds.map(cpuUsAKilobyte)) },
    cpuSharePercent: of(({ server }) => (server.cpu.total / server.cpu.wall) * 100),
    megabytesASecond: of(({ bytes, seconds }) => bytes / seconds / bytesPerMegabyte),
    lost: sum(windows.map(({ lost }) => lost)),
    silentViewers: sum(windows.map(({ silentViewers }) => silentViewers)),
    failed: sum(rounds.map(({ failed }) => failed)),
    rssMegabytes: of(({ server }) => server.memory.rss / bytesPerMegabyte),
    loadSharePercent: of(({ cpuShare }) => cpuShare * 100),
  }
}

function figuresOf(measurements, summary) {
  const figures = []
  if (options.subjects.includes('mediamtx') && options.subjects.includes('rtspool')) {
    const ratio = ratioOfRounds(measurements, 'rtspool', 'mediamtx', cpuUsAKilobyte)
    const name = `${options.viewers} viewers over TLS: CPU by bytes, rtspool / MediaMTX`
    figures.push(figure(name, ratio, '<=', wantedCpuRatio))
  }
  const own = summary.find(({ subject }) => subject === 'rtspool')
  if (!own) return figures
  figures.push(
    figure('rtspool: packets lost', own.lost, '<=', 0, 'packets'),
    figure('rtspool: viewers that failed', own.failed + own.silentViewers, '<=', 0, 'viewers'),
  )
  return figures
}

await runBenchmark('tls', options, async (run) => {
  const notes = []
  options.subjects = withoutMissingMediamtx(options.subjects, notes)
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-bench-tls-'))
  try {
    const certificate = makeCertificate(folder)
    const measurements = []
    for (let round = 1; round <= options.rounds; round++) {
      for (const subject of options.subjects) {
        const one = await measure(subject, certificate)
        measurements.push({ round, ...one })
        const place = `round ${round}/${options.rounds} ${subject}`
        console.error(`${place}: ${short(cpuUsAKilobyte(one))} us/kB`)
      }
    }
    const summary = options.subjects.map((subject) => summarize(measurements, subject))
    printTable(
      ['server', 'cipher', 'us/kB', 'CPU %', 'MB/s', 'lost', 'silent', 'failed', 'RSS MB'].concat([
        'load CPU %',
      ]),
      summary.map((row) => [
        ...[row.subject, row.cipher, short(row.cpuUs), short(row.cpuSharePercent)],
        ...[short(row.megabytesASecond), row.lost, row.silentViewers, row.failed],
        ...[short(row.rssMegabytes), short(row.loadSharePercent)],
      ]),
    )
    finish(run, { figures: figuresOf(measurements, summary), summary, measurements, notes })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
