// The server under test: rtspool with publishing allowed, and an answer to questions on stdin.
// Usage: node bench/lib/rtspool-server.mjs ['{"server": RtspServer options, "events": true, "loopDelay": true}']
// With `"pull": { "url": URL, "streams": N }` it pulls URL0 to URL(N-1) while somebody watches /cam0 to /cam(N-1).
// With `"live": true` it serves live pictures for browsers too, to everybody: ws://host:livePort/PATH.
// With `"collections": true` it counts the mark-compact collections of V8.
// With `"cluster": { "redis": OpenRedisOptions, ... }` it is a node of a cluster, with these options of `ClusterNode`.
// With `"counts": true` it counts slots of connections and packets of each transport, for `rest`.
// Prints JSON lines: listening, then sessionRemoved, requestRefused and pressureChanged (with `events`), and an answer to
// each line on stdin:
//   stats       what server and process hold, and the event loop's delay since the last question
//   rest        what is left at rest: heap after a collection (with --expose-gc), timers, slots, packets sent so far
//   killThread  ends the first send thread at once, as an error in it does
//   holdThreads SECONDS  keeps the send threads from their work; the answer comes when they go on
//   startHeapProfile, stopHeapProfile  bytes that each function allocates in between, collected or not
//   quit        closes the server and leaves
import { createServer } from 'node:http'
import { constants, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { queryObjects } from 'node:v8'

const built = (entry) =>
  process.env.RTSPOOL_DIST
    ? pathToFileURL(`${process.env.RTSPOOL_DIST}/${entry}`)
    : new URL(`../../packages/rtspool/dist/${entry}`, import.meta.url)
const { RtspServer } = await import(built('index.js'))

/** The monitor's own timer; what it reports includes one interval. */
const loopDelayResolutionMs = 1
const nsPerMs = 1e6

/** Class of the timers of Node. */
const { constructor: Timeout } = setTimeout(() => {}, 0)

const settings = JSON.parse(process.argv[2] ?? '{}')
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

const workers = new Set()
process.on('worker', (worker) => {
  workers.add(worker)
  worker.once('exit', () => workers.delete(worker))
})
const slots = settings.counts ? await watchSlots() : undefined
const node = settings.cluster ? await createNode(settings.cluster) : undefined
const server = new RtspServer({
  ...{ port: 0, host: '127.0.0.1', ...settings.server },
  ...(node && { pool: node.poolOptions(settings.server?.pool ?? {}) }),
})
server.mounts.allowPublish('/*')
if (settings.pull) await pull(settings.pull)
server.on('requestFailed', (error) => print({ event: 'requestFailed', message: String(error) }))
server.on('publishStarted', (path) => print({ event: 'publishStarted', path }))
if (settings.events) {
  server.pool.on('sessionRemoved', (session, reason) =>
    print({ event: 'sessionRemoved', reason, atMs: performance.now(), stats: session.stats }),
  )
  server.on('requestRefused', ({ code }, { method }) =>
    print({ event: 'requestRefused', method, code }),
  )
  server.on('pressureChanged', ({ level, parts }) =>
    print({ event: 'pressureChanged', level, parts }),
  )
}

async function createNode({ redis, ...options }) {
  const { ClusterNode, openRedisStore } = await import(built('cluster/index.js'))
  const { store } = await openRedisStore(redis)
  return new ClusterNode({ store, ...options })
}

async function pull({ url, streams }) {
  const { relayMedia } = await import(built('relay/index.js'))
  for (let index = 0; index < streams; index++) {
    server.mounts.add(`/cam${index}`, relayMedia(`${url}${index}`, { transport: 'tcp' }))
  }
}

/** Tables of connections to which a native call may write. */
async function watchSlots() {
  const { DirectSends } = await import(built('transport/tcp/direct-sends.js'))
  const { take } = DirectSends.prototype
  const tables = new Set()
  DirectSends.prototype.take = function (...args) {
    tables.add(this)
    return take.apply(this, args)
  }
  return tables
}

const sentByEnded = { TCP: 0, UDP: 0, SRTP: 0 }
/** Adds the packets sent to a viewer to those of its transport. Over TLS and UDP, packets are encrypted. */
function addSent(sums, { use, stats }) {
  if (use?.action !== 'read') return
  sums[use.isSecure && use.transport === 'UDP' ? 'SRTP' : use.transport] += stats.packetsOut
}
if (settings.counts) server.pool.on('sessionRemoved', (session) => addSent(sentByEnded, session))

/** What the server holds when all viewers that go are gone. Timers are those that run, and those that something keeps. */
function rest() {
  globalThis.gc?.()
  const sent = { ...sentByEnded }
  for (const session of server.pool.filter()) addSent(sent, session)
  const { user, system } = process.cpuUsage()
  return {
    ...{ sent, heapUsed: process.memoryUsage().heapUsed, cpuSeconds: (user + system) / 1e6 },
    timers: queryObjects(Timeout, { format: 'count' }),
    slots: [...(slots ?? [])].reduce((sum, { size }) => sum + size, 0),
    inThreads: server.stats().sendThreads.reduce((sum, { viewers }) => sum + viewers, 0),
  }
}

const loopDelay = settings.loopDelay
  ? monitorEventLoopDelay({ resolution: loopDelayResolutionMs })
  : undefined
loopDelay?.enable()

function loopDelayMs() {
  if (!loopDelay) return undefined
  const ms = (ns) => Math.max(0, ns / nsPerMs - loopDelayResolutionMs)
  const seen = {
    p50: ms(loopDelay.percentile(50)),
    p99: ms(loopDelay.percentile(99)),
    max: ms(loopDelay.max),
  }
  loopDelay.reset()
  return seen
}

let markCompacts = settings.collections ? 0 : undefined
if (settings.collections) {
  new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries()) {
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) markCompacts++
    }
  }).observe({ entryTypes: ['gc'] })
}

/** @returns The port of the live pictures. */
async function serveLive() {
  const { LiveEndpoint } = await import('../../packages/rtspool-server/dist/live/index.js')
  const live = new LiveEndpoint(server)
  const http = createServer()
  http.on('upgrade', (request, socket, head) =>
    live.view(request, socket, head, { path: request.url }),
  )
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
  return http.address().port
}

let stopHeapProfile = () => ({})

const commands = {
  stats: () =>
    print({
      event: 'stats',
      server: server.stats(),
      process: process.memoryUsage(),
      loopDelayMs: loopDelayMs(),
      markCompacts,
    }),
  rest: () => print({ event: 'rest', ...rest() }),
  startHeapProfile: async () => {
    const { startHeapProfile } = await import('./heap-profile.mjs')
    stopHeapProfile = await startHeapProfile()
    print({ event: 'startHeapProfile' })
  },
  stopHeapProfile: async () => print({ event: 'stopHeapProfile', ...(await stopHeapProfile()) }),
  killThread: () => [...workers][0]?.terminate(),
  holdThreads: async (seconds) => {
    const { holdThreads } = await import('./hold-threads.mjs')
    print({ event: 'holdThreads', threads: await holdThreads(Number(seconds)) })
  },
  quit: async () => {
    await server.close()
    process.exit()
  },
}

await node?.start(server.pool)
await server.listen()
const livePort = settings.live ? await serveLive() : undefined
const tlsPort = settings.server?.tls ? server.tlsAddress().port : undefined
print({ event: 'listening', port: server.address().port, livePort, tlsPort })
const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const [command, ...args] = line.trim().split(' ')
  commands[command]?.(...args)
})
// Whoever started the server is gone.
lines.on('close', () => process.exit())
