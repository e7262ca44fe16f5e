// Runs the load tool against a server and samples the server at the edges of each window.
import { setTimeout as sleep } from 'node:timers/promises'
import { compile } from './native.mjs'
import {
  cpuSecondsBetween,
  loadCore,
  Program,
  sampleCpu,
  sampleDescriptors,
  sampleMemory,
  sampleSoftirq,
} from './processes.mjs'

/** Starts viewers; the result has `next(event)` and `report`, a promise of the load tool's last line. */
export function startLoad(server, options) {
  const args = [...(server.loadOptions ?? []), ...options.map(String), server.url]
  const program = new Program(compile('load'), args, { core: loadCore })
  // Long enough for every run: the tool itself bounds what it does.
  const report = program.next('report', 3_600_000)
  report.catch(() => {})
  return Object.assign(program, { report })
}

/**
 * Runs viewers to their end and measures what the server spent on them.
 *
 * @param hooks - `windowBegan` and `windowEnded` are called at these moments.
 * @returns The load tool's report; each window has in addition `server`: `cpu` seconds
 *   (`total`, `user`, `system`), `softirq` seconds, memory and descriptors at its end.
 */
export function measureLoad(server, options, hooks) {
  return measureWindows(startLoad(server, options), server, hooks)
}

/** Does the same for another load tool, which prints `windowBegan`, `windowEnded` and, as its `report`, `windows`. */
export async function measureWindows(load, server, { windowBegan, windowEnded } = {}) {
  const spent = []
  let began
  load.on('windowBegan', () => {
    began = { cpu: sampleCpu(server.pid), softirq: sampleSoftirq() }
    windowBegan?.()
  })
  load.on('windowEnded', () => {
    // First: what follows takes some ms, in which the server goes on to work.
    windowEnded?.()
    const cpu = cpuSecondsBetween(began.cpu, sampleCpu(server.pid))
    const softirq = began.softirq ? cpuSecondsBetween(began.softirq, sampleSoftirq()).total : 0
    const memory = sampleMemory(server.pid)
    spent.push({ cpu, softirq, memory, descriptors: sampleDescriptors(server.pid) })
  })
  const report = await load.report
  await load.ended
  report.windows.forEach((window, index) => {
    window.server = spent[index]
  })
  return report
}

/**
 * Measures a server without viewers.
 *
 * @param streams - Publishes, as `startStreams` returns it.
 * @returns One window: `packets` that were published in its `seconds`, and `server` with `cpu`, `softirq` and memory.
 */
export async function measureWithoutLoad(server, streams, { warmup, measure }) {
  await sleep(warmup * 1000)
  const sentBefore = await streams.sent()
  const began = { cpu: sampleCpu(server.pid), softirq: sampleSoftirq() }
  await sleep(measure * 1000)
  const cpu = cpuSecondsBetween(began.cpu, sampleCpu(server.pid))
  const softirq = began.softirq ? cpuSecondsBetween(began.softirq, sampleSoftirq()).total : 0
  const packets = (await streams.sent()) - sentBefore
  return { seconds: cpu.wall, packets, server: { cpu, softirq, memory: sampleMemory(server.pid) } }
}

const microsecondsPerSecond = 1e6

/**
 * CPU time of the server for one packet that arrived. As a quotient of two rates: server and load tool are
 * sampled within a few milliseconds of each other, not at the same instant.
 */
export function cpuPerPacketUs({ packets, seconds, server: { cpu } }) {
  if (packets === 0) return Number.NaN
  return ((cpu.total / cpu.wall) * microsecondsPerSecond) / (packets / seconds)
}
