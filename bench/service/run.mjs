// The command with its service on (control API, events, metrics, live port, an open dashboard) against the same build
// with all of it off: CPU of the server for a delivered packet, and resident memory without any client.
// Usage: npm run bench -- service [--short] [--viewers 1000] [--rounds 5] [--warmup 3] [--measure 6] [--before MAIN.JS]
// `--before` names `main.js` of another build of the command, whose idle memory stands beside ours. `--idle 45`: V8 gives back
// what the start took after half a minute of rest.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { describeClip, makeClip } from '../lib/clip.mjs'
import { startBuiltCommand } from '../lib/command.mjs'
import { cpuPerPacketUs, measureLoad } from '../lib/load.mjs'
import { loadCore, Program, sampleMemory } from '../lib/processes.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { median } from '../lib/statistics.mjs'

const options = readOptions(
  { viewers: 1000, rounds: 5, warmup: 3, measure: 6, idle: 45, before: '' },
  { viewers: 10, rounds: 1, warmup: 1, measure: 2, idle: 2 },
)
const pageScript = fileURLToPath(new URL('page.mjs', import.meta.url))
const wantedCpuRatio = 1.05
const wantedMemoryRatio = 1.35
const bytesPerMB = 1e6

const common = ['--host', '127.0.0.1', '--port', '0']
const service = ['--api-port', '0', '--live-port', '0']

/** Starts the command. The result has its URLs, the token of the API and `stop`. */
async function startCommand({ file, args = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-bench-'))
  const { program, url, printed } = await startBuiltCommand([...common, ...args], {
    file,
    stateFolder: folder,
  })
  return {
    url: `${url}/cam`,
    pid: program.pid,
    apiUrl: /control API on (\S+)/.exec(printed)?.[1],
    token: /(rtspool_\S+)/.exec(printed)?.[1],
    stop: async () => {
      await program.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function publish(url, clip) {
  const source = ['-nostdin', '-loglevel', 'error', '-re', '-stream_loop', '-1', '-i', clip.video]
  const output = ['-c', 'copy', '-rtsp_transport', 'tcp', '-f', 'rtsp', url]
  return new Program('ffmpeg', [...source, ...output], { core: loadCore })
}

async function openPage({ apiUrl, token }) {
  const page = new Program(process.execPath, [pageScript, apiUrl, token], { core: loadCore })
  await page.next('open')
  return page
}

async function measureCpu(kind, clip) {
  const server = await startCommand({ args: kind === 'on' ? service : [] })
  const publisher = publish(server.url, clip)
  const page = kind === 'on' ? await openPage(server) : undefined
  try {
    await sleep(1000)
    const { windows } = await measureLoad(server, [
      ...['--transport', 'tcp', '--viewers', options.viewers],
      ...['--warmup', options.warmup, '--measure', options.measure],
    ])
    const [window] = windows
    const counted = page?.next('counts')
    await page?.stop()
    return { kind, cpuUs: cpuPerPacketUs(window), ...window, page: await counted }
  } finally {
    await publisher.stop()
    await server.stop()
  }
}

async function measureIdle(kind, settings) {
  const server = await startCommand(settings)
  try {
    await sleep(options.idle * 1000)
    return { kind, ...sampleMemory(server.pid) }
  } finally {
    await server.stop()
  }
}

await runBenchmark('service', options, async (run) => {
  const clip = makeClip({ isShort: options.short })
  run.clip = describeClip(clip)
  const idleKinds = {
    off: {},
    on: { args: service },
    ...(options.before ? { before: { file: options.before } } : {}),
  }
  const loads = []
  const idles = []
  for (let round = 1; round <= options.rounds; round++) {
    const atRest = Object.entries(idleKinds).map(([kind, settings]) => measureIdle(kind, settings))
    for (const idle of await Promise.all(atRest)) idles.push({ round, ...idle })
    for (const kind of round % 2 === 1 ? ['off', 'on'] : ['on', 'off']) {
      const measured = { round, ...(await measureCpu(kind, clip)) }
      loads.push(measured)
      console.error(
        `round ${round}/${options.rounds} ${kind}: ${short(measured.cpuUs)} us a packet`,
      )
    }
  }
  const valuesOf = (list, kind, name) =>
    list.filter((one) => one.kind === kind).map((one) => one[name])
  const ratioOf = (list, over, under, name) =>
    median(
      valuesOf(list, over, name).map((value, index) => value / valuesOf(list, under, name)[index]),
    )
  const cpuRatio = ratioOf(loads, 'on', 'off', 'cpuUs')
  const base = options.before ? 'before' : 'off'
  const memoryRatio = ratioOf(idles, 'on', base, 'rss')
  printTable(
    ['service', 'us a packet', 'lost', 'silent viewers', 'idle MB'],
    Object.keys(idleKinds).map((kind) => [
      kind,
      short(median(valuesOf(loads, kind, 'cpuUs'))),
      short(median(valuesOf(loads, kind, 'lost'))),
      short(median(valuesOf(loads, kind, 'silentViewers'))),
      short(median(valuesOf(idles, kind, 'rss')) / bytesPerMB),
    ]),
  )
  finish(run, {
    figures: [
      figure('CPU a packet, on / off', cpuRatio, '<=', wantedCpuRatio),
      figure(`idle memory, on / ${base}`, memoryRatio, '<=', wantedMemoryRatio),
    ],
    summary: { cpuRatio, memoryRatio },
    measurements: { loads, idles },
  })
})
