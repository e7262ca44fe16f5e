// What a cluster costs: memory and CPU of Redis, the creation of a session, keep-alives, a packet to a viewer, and a join.
// Usage: npm run bench -- cluster [--short] [--program redis-server: or a path to valkey-server] [--nodes 10] [--bucket 150]
//   [--seconds 10: of directory changes] [--rounds 7] [--keepalives 33000] [--viewers 1000] [--windows 24]
//   [--joins 20: streams that viewers of another server join] [--outage 60: seconds without Redis] [--watching 10: viewers of a server]
// Three servers send a stream of 0.3 Mbit/s to 1000 viewers each over TCP, in the same windows of 2 s: a node of a cluster, and two
// without. The ratio of these two shows what the machine can tell apart.
// The generator speaks to Redis as 100 nodes with 1 M sessions do: 100 beats and 3,334 changes of the directory a second.
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RtspServer } from 'rtspool'
import { ClusterNode, MemoryStore, openRedisStore } from 'rtspool/cluster'
import { SessionPool } from 'rtspool/session-pool'
import { readOptions, runBenchmark } from '../lib/cli.mjs'
import { cpuPerPacketUs, measureLoad } from '../lib/load.mjs'
import { cpuSecondsBetween, Program, sampleCpu, serverCore } from '../lib/processes.mjs'
import { figure, finish, printTable, short } from '../lib/report.mjs'
import { startRtspool } from '../lib/servers.mjs'
import { median, shownSpread, spread, sum } from '../lib/statistics.mjs'
import { measureJoins } from './joins.mjs'
import { measureOutages } from './outage.mjs'

const options = readOptions(
  {
    program: 'redis-server',
    nodes: 10,
    bucket: 150,
    seconds: 10,
    rounds: 7,
    keepalives: 33_000,
    viewers: 1000,
    windows: 24,
    joins: 20,
    outage: 60,
    watching: 10,
  },
  {
    nodes: 1,
    seconds: 1,
    rounds: 3,
    keepalives: 2000,
    viewers: 5,
    windows: 1,
    joins: 2,
    outage: 3,
    watching: 2,
  },
)
/** First characters of public ids, each of which has its bucket in Redis. */
const characters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
const batch = 256
const beatsASecond = 100
/** Changes of the directory a second: 1 M sessions of ten minutes, created and removed. */
const changesASecond = 3334
/** A node collects changes for half a second. */
const flushesOfNodeASecond = 2
const sessionsOfRound = 5000

const idOf = (character, n) => `${character}${String(n).padStart(21, '0')}`
const summaryOf = (n) =>
  JSON.stringify([`/camera-${n % 100}`, 0, `10.0.${n % 256}.7`, 1_790_000_000])

async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-bench-redis-'))
  const path = join(folder, 'socket')
  const args = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no']
  const program = new Program(options.program, args, { core: serverCore })
  const { store, close } = await openRedisStore({ url: `unix://${path}`, timeoutMs: 10_000 })
  const { createClient } = await import('@redis/client')
  const client = createClient({ socket: { path, reconnectStrategy: () => 20 } })
  client.on('error', () => {})
  await client.connect()
  for (;;) {
    try {
      await store.nodes()
      break
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const info = async (section, name) =>
    new RegExp(`^${name}:(.*)$`, 'm').exec(await client.sendCommand(['INFO', section]))?.[1].trim()
  return {
    ...{ store, client, info, program, url: `unix://${path}` },
    async stop() {
      client.destroy()
      close()
      await program.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A node as Redis sees one: it joined, and sends beats and batches with their numbers. */
async function joinNode(store, n) {
  const tag = n.toString(16).padStart(8, '0')
  const claims = [{ key: 'pool', target: 100, max: 10_000_000 }]
  const info = JSON.stringify({ name: `node ${n}`, address: `rtsp://10.0.0.${n}` })
  const { epoch } = await store.join({ tag, nonce: `bench ${n}`, info, claims })
  return { tag, epoch, claims, seq: 0, flushSeq: 0, answeredFlushSeq: 0, banCursor: '', live: [] }
}

async function beat(store, node) {
  const { tag, epoch, claims, banCursor, live } = node
  const answered = { answeredSeq: node.seq, answeredFlushSeq: node.answeredFlushSeq }
  const seq = node.seq + 1
  const request = { tag, epoch, seq, ...answered, live: live.length, claims, banCursor }
  const reply = await store.beat(request)
  if (reply.status !== 'ok') throw new Error(`beat: ${reply.status}`)
  Object.assign(node, { seq, banCursor: reply.banCursor })
}

async function flush(store, node, puts, removals) {
  const { tag, epoch } = node
  const seq = ++node.flushSeq
  const reply = await store.flush({ tag, epoch, seq, puts, removals, events: [] })
  if (reply.status !== 'ok') throw new Error(`flush: ${reply.status}`)
  node.answeredFlushSeq = Math.max(node.answeredFlushSeq, seq)
}

/** Fills the directories of some nodes. @returns bytes of Redis for each session */
async function measureMemory({ store, info }) {
  const nodes = []
  for (let n = 1; n <= options.nodes; n++) nodes.push(await joinNode(store, n))
  const before = Number(await info('memory', 'used_memory'))
  let count = 0
  for (const node of nodes) {
    const puts = characters.flatMap((character) =>
      Array.from({ length: options.bucket }, () => {
        count++
        return { publicId: idOf(character, count), value: summaryOf(count) }
      }),
    )
    for (let at = 0; at < puts.length; at += batch) {
      await flush(store, node, puts.slice(at, at + batch), [])
    }
  }
  const bytes = Number(await info('memory', 'used_memory')) - before
  const listed = (await store.directory(nodes[0].tag)).length
  if (listed !== characters.length * options.bucket) throw new Error(`${listed} sessions listed`)
  return { sessions: count, bytes: bytes / count }
}

/** Sends beats and batches of 100 nodes at their pace. @returns share of a core that Redis used, in all and in scripts */
async function measureCpu({ store, program, info }) {
  const nodes = []
  for (let n = 1001; n <= 1000 + beatsASecond; n++) nodes.push(await joinNode(store, n))
  const flushesASecond = nodes.length * flushesOfNodeASecond
  let [sent, serial, changes] = [0, 0, 0]
  const pending = []
  const scriptSeconds = async () =>
    Number(/usec=(\d+)/.exec(await info('commandstats', 'cmdstat_evalsha'))?.[1] ?? 0) / 1e6
  const scriptsBefore = await scriptSeconds()
  const start = performance.now()
  const first = sampleCpu(program.pid)
  const total = options.seconds * flushesASecond
  while (sent < total) {
    const due = Math.min(total, ((performance.now() - start) * flushesASecond) / 1000)
    for (; sent < due; sent++) {
      const node = nodes[sent % nodes.length]
      if (sent % flushesOfNodeASecond === 0)
        pending.push(beat(store, nodes[(sent / flushesOfNodeASecond) % nodes.length]))
      const wanted = Math.round((changesASecond * (sent + 1)) / flushesASecond) - changes
      changes += wanted
      const removals = node.live.splice(0, Math.floor(wanted / 2))
      const puts = Array.from({ length: wanted - removals.length }, () => {
        serial++
        return {
          publicId: idOf(characters[serial % characters.length], serial),
          value: summaryOf(serial),
        }
      })
      node.live.push(...puts)
      pending.push(
        flush(
          store,
          node,
          puts,
          removals.map((each) => ({ ...each, reason: 'teardown' })),
        ),
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await Promise.all(pending)
  const { total: cpu, wall } = cpuSecondsBetween(first, sampleCpu(program.pid))
  const scripts = ((await scriptSeconds()) - scriptsBefore) / wall
  const beats = sent / flushesOfNodeASecond / wall
  return { share: cpu / wall, scripts, changes: changes / wall, beats }
}

/** @returns nanoseconds to create a session */
function timeCreates(pool) {
  const begin = performance.now()
  for (let n = 0; n < sessionsOfRound; n++) pool.create()
  const ns = ((performance.now() - begin) * 1e6) / sessionsOfRound
  for (const session of pool.values()) pool.remove(session, 'teardown')
  return ns
}

/** Compares the creation of a session with a held credit with that of a pool without cluster, in turns. */
async function measureCreates() {
  const maxSessions = 4 * sessionsOfRound
  const node = new ClusterNode({
    ...{ store: new MemoryStore({ warmMs: 0 }), spareCredits: 2 * sessionsOfRound, beatMs: 20 },
  })
  const clustered = new SessionPool(node.poolOptions({ maxSessions }))
  const embedded = new SessionPool({ maxSessions })
  await node.start(clustered)
  const times = []
  // The first rounds compile the code.
  for (let round = -3; round < options.rounds; round++) {
    // Until the directory has the removals, and the node its credits, of the last round.
    const isReady = () => node.stats().credits >= sessionsOfRound
    await new Promise((resolve) => setTimeout(resolve, 100))
    while (!isReady()) {
      // The first session asks for credits.
      await clustered.admit({ owner: { address: '10.0.0.1' } }).catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const sides = { clustered: () => timeCreates(clustered), embedded: () => timeCreates(embedded) }
    const one = {}
    const order = round % 2 === 0 ? ['clustered', 'embedded'] : ['embedded', 'clustered']
    for (const side of order) one[side] = sides[side]()
    if (round >= 0) times.push(one)
  }
  await node.close()
  clustered.close()
  embedded.close()
  const of = (name) => median(times.map((one) => one[name]))
  const ratio = median(times.map((one) => one.clustered / one.embedded))
  return { clusteredNs: of('clustered'), embeddedNs: of('embedded'), ratio }
}

/** Sends keep-alives over RTSP to a clustered server, and counts the requests of its node to Redis. */
async function measureKeepAlives({ store }) {
  const requests = { beats: 0, others: 0 }
  const counted = new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args) => {
        requests[name === 'beat' ? 'beats' : 'others']++
        return member.apply(target, args)
      }
    },
  })
  const node = new ClusterNode({ store: counted, name: 'keep-alives' })
  const server = new RtspServer({ host: '127.0.0.1', port: 0, pool: node.poolOptions({}) })
  await node.start(server.pool)
  await server.listen()
  const session = server.pool.create()
  await new Promise((resolve) => setTimeout(resolve, 600))
  const before = { ...requests }
  const begin = performance.now()
  const socket = connect(server.address().port, '127.0.0.1')
  let answered = 0
  let rest = ''
  await new Promise((resolve, reject) => {
    socket.on('error', reject).on('close', () => reject(new Error('the server has closed')))
    socket.setEncoding('latin1').on('data', (text) => {
      const lines = (rest + text).split('RTSP/1.0 ')
      rest = lines.pop()
      for (const line of lines) if (line.startsWith('200')) answered++
      if (answered + (rest.startsWith('200') ? 1 : 0) >= options.keepalives) resolve()
      else send()
    })
    let sent = 0
    /** Keeps some requests on their way. */
    function send() {
      let text = ''
      for (; sent < options.keepalives && sent < answered + 64; sent++) {
        text += `GET_PARAMETER rtsp://127.0.0.1/ RTSP/1.0\r\nCSeq: ${sent + 1}\r\nSession: ${session.id}\r\n\r\n`
      }
      if (text !== '') socket.write(text)
    }
    send()
  })
  const seconds = (performance.now() - begin) / 1000
  // A node sends one beat a second, with and without keep-alives.
  const beats = requests.beats - before.beats - Math.floor(seconds) - 1
  const roundTrips = requests.others - before.others + Math.max(0, beats)
  socket.removeAllListeners('close')
  socket.destroy()
  await server.close()
  await node.close()
  return { roundTrips, keepAlives: options.keepalives, seconds }
}

/** Compares the CPU of servers for a packet, in the same windows. @returns ratios of all windows, and microseconds */
async function measurePackets({ url }) {
  const { viewers, windows } = options
  const pool = { maxSessions: 10 * viewers, maxSessionsPerAddress: 0 }
  // A ledger of its own, which grants credits at once.
  const redis = { url, name: 'packets', warmMs: 0 }
  const start = (cluster) =>
    startRtspool({
      publisher: { options: ['--mbit', '0.3'] },
      settings: { server: { pool }, ...cluster },
    })
  const servers = await Promise.all([
    start(),
    start({ cluster: { redis, spareCredits: 2 * viewers } }),
    start(),
  ])
  const [warmup, seconds] = options.short ? [0.2, 0.5] : [3, 2]
  const measure = new Array(windows).fill(seconds).join()
  const load = ['--transport', 'tcp', '--viewers', viewers, '--warmup', warmup]
  const reports = await Promise.all(
    servers.map((server) => measureLoad(server, [...load, '--measure', measure])),
  )
  await Promise.all(servers.map((server) => server.stop()))
  const [first, clustered, second] = reports.map((report) => report.windows.map(cpuPerPacketUs))
  const ratios = clustered.map((us, n) => us / ((first[n] + second[n]) / 2))
  return {
    ...{ clusteredUs: median(clustered), embeddedUs: median([...first, ...second]) },
    ...{ ratio: spread(ratios), self: spread(second.map((us, n) => us / first[n])) },
  }
}

await runBenchmark('cluster', options, async (run) => {
  const redis = await startRedis()
  try {
    const version = await redis.info('server', '(?:valkey|redis)_version')
    const memory = await measureMemory(redis)
    const cpu = await measureCpu(redis)
    const creates = await measureCreates()
    const keepAlives = await measureKeepAlives(redis)
    const packets = await measurePackets(redis)
    const joins = await measureJoins({ url: redis.url, joins: options.joins })
    const outages = await measureOutages({
      ...{ program: options.program, seconds: options.outage, viewers: options.watching },
    })
    printTable(
      [`for ${options.outage} s`, 'packets', 'lost', 'viewers that failed'],
      outages.map(({ fault, packets, lost, failed }) => [fault, packets, lost, failed]),
    )
    printTable(
      ['what', 'value'],
      [
        ['server', `${options.program.split('/').at(-1)} ${version}`],
        [`sessions in the directory, ${options.bucket} a bucket`, memory.sessions],
        ['bytes of Redis a session', short(memory.bytes)],
        ['changes of the directory a second', short(cpu.changes)],
        ['beats a second', short(cpu.beats)],
        ['CPU of Redis, % of a core', short(cpu.share * 100)],
        ['of it in scripts', short(cpu.scripts * 100)],
        ['create with a held credit, ns', short(creates.clusteredNs)],
        ['create without cluster, ns', short(creates.embeddedNs)],
        ['keep-alives', keepAlives.keepAlives],
        ['seconds for the keep-alives', short(keepAlives.seconds)],
        ['requests to Redis for the keep-alives', keepAlives.roundTrips],
        ['packet to a viewer with cluster, us', short(packets.clusteredUs)],
        ['packet to a viewer without, us', short(packets.embeddedUs)],
        ['with / without', shownSpread(packets.ratio)],
        ['without / without', shownSpread(packets.self)],
        ['join to first key frame at the server of the publisher, ms', short(joins.hereMs)],
        [
          'longer at another server, cold, median and p90, ms',
          `${short(joins.coldMs)}, ${short(joins.coldMostMs)}`,
        ],
        [
          'longer at another server, warm, median and p90, ms',
          `${short(joins.warmMs)}, ${short(joins.warmMostMs)}`,
        ],
      ],
    )
    finish(run, {
      figures: [
        figure('memory of Redis a session', memory.bytes, '<=', 80, 'bytes'),
        figure('CPU of Redis', cpu.share * 100, '<=', 5, '% of a core'),
        figure('create, clustered / embedded', creates.ratio, '<=', 1.5),
        figure('requests to Redis for keep-alives', keepAlives.roundTrips, '<=', 0),
        figure('CPU for a packet, clustered / embedded: low end', packets.ratio[1], '<=', 1.03),
        figure('packets lost without Redis', sum(outages.map(({ lost }) => lost)), '<=', 0),
        figure('viewers lost without Redis', sum(outages.map(({ failed }) => failed)), '<=', 0),
        figure('first key frame at another server, cold: longer', joins.coldMs, '<=', 150, 'ms'),
        figure('first key frame at another server, warm: longer', joins.warmMs, '<=', 10, 'ms'),
      ],
      summary: { version, memory, cpu, creates, keepAlives, packets, joins, outages },
      measurements: [{ memory, cpu, creates, keepAlives, packets, joins, outages }],
    })
  } finally {
    await redis.stop()
  }
})
// After a failure, timers of nodes would keep the process.
process.exit()
