// What do viewers notice while Redis is away for a minute?
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startBuiltCommand } from '../lib/command.mjs'
import { startLoad } from '../lib/load.mjs'
import { Program, serverCore } from '../lib/processes.mjs'
import { sum } from '../lib/statistics.mjs'
import { startStreams } from '../lib/streams.mjs'

const leaseSeconds = 2
/** The first server of a new cluster admits nobody for one lease. */
const emptyMs = (leaseSeconds + 2) * 1000
/** Seconds in which viewers watch before the outage, and after it. */
const around = 5

/** Redis with an append-only file, on a socket in a folder. */
class Redis {
  constructor(program, folder) {
    this.path = join(folder, 'redis')
    this.data = join(folder, 'data')
    this.command = program
    this.start()
  }

  start() {
    mkdirSync(this.data, { recursive: true })
    const files = ['--dir', this.data, '--save', '', '--appendonly', 'yes']
    this.program = new Program(this.command, ['--port', '0', '--unixsocket', this.path, ...files], {
      core: serverCore,
    })
  }

  async kill() {
    this.program.signal('SIGKILL')
    await this.program.ended
  }

  stop = () => this.program.stop()
}

/** A way to Redis that swallows everything while it is cut. */
class Route {
  isCut = false
  #sockets = new Set()

  constructor(path, target) {
    this.path = path
    this.server = createServer((client) => {
      const redis = connect(target)
      for (const [from, to] of [
        [client, redis],
        [redis, client],
      ]) {
        this.#sockets.add(from)
        from.on('error', () => from.destroy())
        from.on('close', () => to.destroy())
        from.on('data', (bytes) => this.isCut || to.write(bytes))
      }
    }).listen(path)
  }

  stop() {
    this.server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** Begins an outage. @returns a function that ends it */
const outages = {
  'Redis is killed, and is back with its file': async ({ redis }) => {
    await redis.kill()
    return () => redis.start()
  },
  'Redis stands still': ({ redis }) => {
    redis.program.signal('SIGSTOP')
    return () => redis.program.signal('SIGCONT')
  },
  'Redis is killed, and is back without data': async ({ redis }) => {
    await redis.kill()
    rmSync(redis.data, { recursive: true })
    return () => redis.start()
  },
  'the route of one server swallows everything': ({ route }) => {
    route.isCut = true
    return () => {
      route.isCut = false
    }
  },
}

async function startNode(folder, name, url) {
  const file = join(folder, `${name}.yaml`)
  const config = [
    'rtsp: { host: 127.0.0.1, port: 0 }',
    'limits: { maxSessions: 1000, maxSessionsPerAddress: 0, maxConnectionsPerAddress: 0 }',
    `cluster: { url: "${url}", node: ${name}, key: "a secret of both servers", leaseSeconds: ${leaseSeconds}, graceSeconds: 2, policy: keep }`,
  ]
  writeFileSync(file, config.join('\n'))
  const stateFolder = join(folder, name)
  mkdirSync(stateFolder)
  return await startBuiltCommand(['--config', file], { stateFolder })
}

/** Two servers, of which the second one pulls the stream of the first, with viewers at both. */
async function measureOutage([fault, begin], { program, seconds, viewers }) {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-bench-outage-'))
  const redis = new Redis(program, folder)
  const route = new Route(join(folder, 'route'), redis.path)
  const programs = []
  let streams
  try {
    await sleep(500)
    const nodes = await Promise.all([
      startNode(folder, 'one', `unix://${redis.path}`),
      startNode(folder, 'two', `unix://${route.path}`),
    ])
    programs.push(...nodes.map((node) => node.program))
    await sleep(emptyMs)
    streams = await startStreams({ url: `${nodes[0].url}/cam`, streams: 1 })
    await sleep(2000)
    const watch = ['--transport', 'tcp', '--viewers', viewers, '--warmup', 1]
    const measure = ['--measure', seconds + 2 * around]
    const loads = nodes.map(({ url }) => startLoad({ url: `${url}/cam0` }, [...watch, ...measure]))
    programs.push(...loads)
    await sleep(around * 1000)
    const end = await begin({ redis, route })
    await sleep(seconds * 1000)
    end()
    const reports = await Promise.all(loads.map((load) => load.report))
    const windows = reports.flatMap((report) => report.windows)
    const total = (name) => sum(windows.map((window) => window[name]))
    const failed = sum(reports.map((report) => report.failed))
    return { fault, packets: total('packets'), lost: total('lost'), failed }
  } finally {
    await streams?.stop()
    await Promise.all(programs.map((each) => each.stop()))
    route.stop()
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Lets Redis be away under the policy `keep`, in each way for as long, while viewers watch. All ways at the same time,
 * each with servers of its own.
 *
 * @param program - Path of `redis-server` or `valkey-server`.
 * @param viewers - Number of viewers of each of the two servers.
 * @returns For each way: packets that arrived, packets lost, and viewers that failed
 */
export const measureOutages = (options) =>
  Promise.all(Object.entries(outages).map((outage) => measureOutage(outage, options)))
