// The live picture for browsers: what a byte over WebSocket costs the server, against a byte of RTSP over TCP.
// Usage: npm run bench -- live [--short] [--viewers 100] [--rounds 5] [--warmup 3] [--measure 10]
import { fileURLToPath } from 'node:url'
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { describeClip, makeClip } from '../lib/clip.mjs'
import { measureLoad } from '../lib/load.mjs'
import { cpuSecondsBetween, loadCore, Program, sampleCpu } from '../lib/processes.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { startRtspool } from '../lib/servers.mjs'
import { median, sum } from '../lib/statistics.mjs'

const options = readOptions(
  { viewers: [100], rounds: 5, warmup: 3, measure: 10 },
  { viewers: [10], rounds: 1, warmup: 1, measure: 2 },
)
const viewersScript = fileURLToPath(new URL('viewers.mjs', import.meta.url))
const nsPerSecond = 1e9
const wantedRatio = 1.5

async function measureRtsp(server, viewers) {
  const { windows } = await measureLoad(server, [
    ...['--transport', 'tcp', '--viewers', viewers],
    ...['--warmup', options.warmup, '--measure', options.measure],
  ])
  const [{ bytes, seconds, server: spent, silentViewers }] = windows
  return { bytes, seconds, cpu: spent.cpu, silentViewers }
}

async function measureLive(server, viewers) {
  const args = [viewersScript, server.liveUrl, viewers, options.warmup, options.measure]
  const program = new Program(process.execPath, args.map(String), { core: loadCore })
  let began
  let cpu
  program.on('windowBegan', () => {
    began = sampleCpu(server.pid)
  })
  program.on('windowEnded', () => {
    cpu = cpuSecondsBetween(began, sampleCpu(server.pid))
  })
  const { bytes, seconds, silentViewers, failed } = await program.next('report')
  await program.ended
  if (failed > 0) throw new Error(`${failed} browsers were refused`)
  return { bytes, seconds, cpu, silentViewers }
}

const kinds = { rtsp: measureRtsp, live: measureLive }

/** One kind of viewer at a time, each against a server of its own. */
async function measure(kind, viewers, clip) {
  const server = await startRtspool({ publisher: { clip }, settings: { live: true } })
  try {
    const measured = await kinds[kind](server, viewers)
    const { bytes, seconds, cpu } = measured
    if (bytes === 0) throw new Error(`${kind}: nothing arrived`)
    const cpuNsPerByte = ((cpu.total / cpu.wall) * nsPerSecond) / (bytes / seconds)
    return { kind, viewers, cpuNsPerByte, ...measured }
  } finally {
    await server.stop()
  }
}

await runBenchmark('live', options, async (run) => {
  const clip = makeClip({ isShort: options.short })
  run.clip = describeClip(clip)
  const measurements = []
  for (let round = 1; round <= options.rounds; round++) {
    for (const viewers of options.viewers) {
      for (const kind of Object.keys(kinds)) {
        const measured = await measure(kind, viewers, clip)
        measurements.push({ round, ...measured })
        const place = `round ${round}/${options.rounds} ${viewers} ${kind}`
        console.error(`${place}: ${short(measured.cpuNsPerByte)} ns/byte`)
      }
    }
  }
  const of = (kind, viewers) =>
    measurements.filter((one) => one.kind === kind && one.viewers === viewers)
  const summary = options.viewers.flatMap((viewers) =>
    Object.keys(kinds).map((kind) => {
      const rounds = of(kind, viewers)
      return {
        kind,
        viewers,
        cpuNsPerByte: median(rounds.map(({ cpuNsPerByte }) => cpuNsPerByte)),
        megabytesASecond: median(rounds.map(({ bytes, seconds }) => bytes / seconds / 1e6)),
        silentViewers: sum(rounds.map(({ silentViewers }) => silentViewers)),
      }
    }),
  )
  printTable(
    ['viewers', 'kind', 'ns/byte', 'MB/s', 'silent'],
    summary.map((row) => [
      ...[row.viewers, row.kind, short(row.cpuNsPerByte), short(row.megabytesASecond)],
      row.silentViewers,
    ]),
  )
  const figures = options.viewers.map((viewers) => {
    const rtsp = of('rtsp', viewers)
    const ratios = of('live', viewers).map(
      ({ cpuNsPerByte }, round) => cpuNsPerByte / rtsp[round].cpuNsPerByte,
    )
    const name = `${viewers} viewers: CPU per byte, WebSocket / RTSP over TCP`
    return figure(name, median(ratios), '<=', wantedRatio)
  })
  finish(run, { figures, summary, measurements })
})
