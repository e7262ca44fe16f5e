// A soak of send threads: viewers over TCP, UDP and SRTP, some of which stay for the whole run, viewers that come and
// go, readers that are slow or stop, and a thread that is killed twice. Prints a row for each round, of a minute in a
// long run, and a table at the end. Fails if something is lost that should not be, or grows. On a busy machine the
// server's overload guard may refuse viewers: such rounds are printed with the reason, and may be a tenth of all.
// Usage: npm run soak:threads -- [--minutes 60] [--viewers 24] [--threads 1] [--mbit 1]
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { sampleDescriptors, sampleMemory, stopAll } from '../../bench/lib/processes.mjs'
import { describeRun, printTable, short } from '../../bench/lib/report.mjs'
import { publishTo, startRtspoolAlone } from '../../bench/lib/servers.mjs'
import { sum } from '../../bench/lib/statistics.mjs'
import { StayingViewers, tlsOptions } from './staying-viewers.mjs'
import { describeGrowth, describeGuard, faultsOf, faultsOfAll } from './verdict.mjs'
import { countsOf, readSlowly, stopReading, visit, watch } from './visiting-viewers.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    viewers: { type: 'string', default: '24' },
    threads: { type: 'string', default: '1' },
    mbit: { type: 'string', default: '1' },
  },
})
const numberOf = (name) => {
  const number = Number(values[name])
  if (number > 0) return number
  throw new RangeError(`--${name}: expected a number above 0, got '${values[name]}'`)
}
const minutes = numberOf('minutes')
const viewers = numberOf('viewers')
const bytesPerMegabyte = 1e6
const megabytes = (bytes) => short(bytes / bytesPerMegabyte)
/** Seconds of a round. A run has at least six rounds. */
const roundSeconds = Math.min(60, (minutes * 60) / 6)
/** Seconds of a round in which viewers come and go, so that a round lasts as long as it should. */
const edgeSeconds = 5
const rounds = Math.max(6, Math.round((minutes * 60) / roundSeconds))
const killRounds = [Math.floor(rounds / 3), Math.floor((2 * rounds) / 3)]
const timing = { seconds: roundSeconds - edgeSeconds }
/** Pictures of a stream that begin within half a second of each other's key frame: a viewer's socket has room for them. */
const stream = ['--fps', '15', '--gop', '8', '--packet-bytes', '1400']
const restTries = 150
const calmTries = 600
const restMs = 100

/**
 * Asks the server what it holds once the viewers that go have gone. The question stops the event loop for a moment, so
 * that it is asked once. @throws If something is left after 15 s.
 */
async function restOf(server, staying) {
  let isAtRest = false
  for (let tries = 0; tries < restTries; tries++) {
    const { server: stats } = await server.stats()
    // The publisher stays as well.
    isAtRest = stats.sessions === 1 + staying && stats.connections === 1 + staying
    // Viewers over SRTP remain in threads, and the few others return to the event loop with the next pictures.
    const inThreads = sum(stats.sendThreads.map((one) => one.viewers))
    if (isAtRest && inThreads <= StayingViewers.overSrtp) break
    await sleep(restMs)
  }
  if (!isAtRest) throw new Error('viewers that are gone are still in the server')
  const answer = server.program.next('rest')
  server.program.say('rest')
  const rest = await answer
  const { rss } = sampleMemory(server.pid)
  const { server: stats } = await server.stats()
  const leftOut = sum(stats.sendThreads.map((one) => one.packetsDropped))
  return { ...rest, rss, leftOut, descriptors: sampleDescriptors(server.pid).open }
}

/** Waits until the server admits viewers: on a busy machine, the question of {@link restOf} is an overload. */
async function waitForCalm(server) {
  for (let tries = 0; tries < calmTries; tries++) {
    const { server: stats } = await server.stats()
    if (stats.pressure.level === 'normal') return
    await sleep(restMs)
  }
}

/**
 * Notes events of the server: reasons of sessions that end, and of refused requests, each with its count, and measures
 * against overload. @returns Function that returns what has happened since the last call.
 */
function noteEvents(server) {
  const nothing = () => ({ reasons: {}, refusals: {}, pressures: [] })
  let seen = nothing()
  const count = (counts, name) => {
    counts[name] = (counts[name] ?? 0) + 1
  }
  server.program.on('sessionRemoved', ({ reason }) => count(seen.reasons, reason))
  server.program.on('requestRefused', ({ method, code }) =>
    count(seen.refusals, `${method} ${code}`),
  )
  server.program.on('pressureChanged', ({ level, parts }) =>
    seen.pressures.push({ level, parts, load: loadavg()[0] }),
  )
  return () => {
    const before = seen
    seen = nothing()
    return before
  }
}

async function runRound(server, staying, round, restBefore, events) {
  const isKilling = killRounds.includes(round)
  const cpuBefore = process.cpuUsage()
  const running = Promise.all([
    watch(server, ['--viewers', viewers, '--base-port', 10_000], timing),
    watch(server, ['--viewers', viewers, '--base-port', 20_000, '--transport', 'udp'], timing),
    visit(server, timing),
    readSlowly(server, timing),
    stopReading(server, timing),
  ])
  running.catch(() => {})
  await sleep((timing.seconds * 1000) / 2)
  const { server: middle, loopDelayMs } = await server.stats()
  if (isKilling) server.program.say('killThread')
  const [tcp, udp, visits, slow, stopped] = (await running).map(countsOf)
  const stayed = staying.sample()
  await staying.replace()
  const rest = await restOf(server, staying.size)
  const sent = Object.fromEntries(
    Object.entries(rest.sent).map(([name, count]) => [name, count - (restBefore?.sent[name] ?? 0)]),
  )
  const served = sum(middle.sendThreads.map((one) => one.viewers))
  const leftOut = Math.max(0, rest.leftOut - (restBefore?.leftOut ?? 0))
  const cpu = process.cpuUsage(cpuBefore)
  return {
    ...{
      round: round + 1,
      isKilling,
      viewers,
      tcp,
      udp,
      visits,
      slow,
      stopped,
      stayed,
      sent,
      served,
      leftOut,
    },
    ...{ rest, ...events(), loopDelayMs, soakCpuMs: (cpu.user + cpu.system) / 1000 },
  }
}

const columns = [
  ...[
    'round',
    'TCP sent',
    'received',
    'lost',
    'UDP sent',
    'received',
    'lost',
    'SRTP sent',
    'received',
    'lost',
  ],
  ...['full sockets', 'visits', 'slow: left out', 'stopped', 'misaligned', 'closed', 'loop p99 ms'],
  ...['descriptors', 'slots', 'timers', 'in threads', 'heap MB', 'RSS MB', 'server CPU s'],
]
const closedOf = ({ reasons }) => reasons.sendThreadFailed ?? 0

/** Row of a round. Sent counts whole visits, received only the time in which all viewers of the load tool are there. */
function rowOf(result) {
  const { tcp, udp, slow, visits, stayed, sent, rest, reasons } = result
  return [
    ...[`${result.round}${result.isKilling ? ' kill' : ''}`],
    ...[sent.TCP, tcp.packets + slow.packets + stayed.tcp.packets, tcp.lost + stayed.tcp.lost],
    ...[sent.UDP, udp.packets + stayed.udp.packets, udp.lost + stayed.udp.lost],
    ...[sent.SRTP, stayed.srtp.packets, stayed.srtp.lost],
    ...[
      stayed.kernelDrops,
      visits.completed,
      slow.lost,
      reasons.slowReader ?? 0,
      tcp.misaligned + slow.misaligned,
    ],
    ...[closedOf(result), short(result.loopDelayMs.p99), rest.descriptors, rest.slots, rest.timers],
    ...[rest.inThreads, megabytes(rest.heapUsed), megabytes(rest.rss), short(rest.cpuSeconds)],
  ]
}

const results = []
const faults = []
const describing = describeRun('soak:threads', false)
console.log(
  `${describing.date}, ${describing.machine}, Linux ${describing.linux}, Node.js ${describing.node}`,
)
console.log(
  `commit ${describing.commit}, ${rounds} rounds of ${roundSeconds} s, killed in ${killRounds.map((one) => one + 1)}`,
)
console.log(columns.join(' | '))
const began = performance.now()
let staying
try {
  const alone = await startRtspoolAlone({
    nodeOptions: ['--expose-gc'],
    // No core of its own: a soak runs beside other work.
    core: null,
    settings: {
      server: {
        ...{ sendThreads: numberOf('threads'), tls: tlsOptions },
        // Records of ended sessions would let the heap grow for the first 10,000 visits.
        pool: { maxLeavers: 100 },
      },
      ...{ events: true, loopDelay: true, counts: true },
    },
  })
  const server = await publishTo(alone, {
    options: [...stream, '--mbit', String(numberOf('mbit'))],
  })
  const events = noteEvents(server)
  staying = new StayingViewers(server)
  await staying.replace()
  let rest = await restOf(server, staying.size)
  staying.sample()
  for (let round = 0; round < rounds; round++) {
    await waitForCalm(server)
    const result = await runRound(server, staying, round, rest, events)
    rest = result.rest
    results.push(result)
    const found = faultsOf(result)
    faults.push(...found.map((fault) => `round ${round + 1}: ${fault}`))
    console.log(rowOf(result).join(' | '))
    for (const line of describeGuard(result)) console.log(`  ${line}`)
    for (const fault of found) console.log(`  ${fault}`)
  }
  await staying.close()
  await server.stop()
} finally {
  await staying?.close()
  await stopAll()
}
const seconds = (performance.now() - began) / 1000
console.log('')
printTable(columns, results.map(rowOf))
faults.push(...faultsOfAll(results))
for (const line of describeGrowth(results)) console.log(line)
const serverShare = results.at(-1).rest.cpuSeconds / seconds
const soakShare = sum(results.map(({ soakCpuMs }) => soakCpuMs / 1000)) / seconds
console.log(
  `${short(seconds / 60)} minutes; CPU of the server ${short(100 * serverShare)} % of a core, of the viewers that stay ${short(100 * soakShare)} %`,
)
for (const fault of faults) console.log(fault)
console.log(
  faults.length === 0
    ? 'nothing was lost that should not be, and nothing grew'
    : `${faults.length} faults`,
)
process.exit(faults.length === 0 ? 0 : 1)
