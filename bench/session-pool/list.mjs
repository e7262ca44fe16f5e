// Pages of 100 out of 10,000 sessions, with every sort and filter: milliseconds of one call, which holds the event loop as long; and the bytes
// that an entry of `pool.leavers` takes.
//   node --expose-gc bench/session-pool/list.mjs [sessions] [rounds]
import { SessionPool } from './built.mjs'

const count = Number(process.argv[2] ?? 10_000)
const rounds = Number(process.argv[3] ?? 200)
const pool = new SessionPool({ timeout: 0, maxLeavers: count })
const agents = ['LibVLC/3.0.18 (LIVE555 Streaming Media v2016.11.28)', 'Lavf61.7.100', undefined]
const states = ['Playing', 'Ready', 'Recording']
for (let n = 0; n < count; n++) {
  const session = pool.create({
    owner: { address: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, user: `user ${n % 500}` },
    path: `/cameras/${n % 200}/main`,
    groups: { plan: n % 3 === 0 ? 'free' : 'gold' },
  })
  const held = session.manageMedia(`/cameras/${n % 200}/main`, {})
  const reception = { fractionLost: 0.01, cumulativeLost: n, jitterMs: 2.5, roundTripMs: 12.25 }
  for (const index of [0, 1]) {
    held.setTransport(index, {
      close() {},
      settleCounters() {},
      queuedBytes: (n * 7919) % 100_000,
      reception,
    })
  }
  const [userAgent, transport] = [agents[n % 3], n % 2 === 0 ? 'TCP' : 'UDP']
  session.noteUse({
    action: 'read',
    transport,
    isSecure: false,
    tunnel: undefined,
    userAgent,
    connectionId: `c${n}`,
  })
  session.state = states[n % 3]
  Object.assign(session.stats, {
    bytesOut: (n * 104_729) % 1e9,
    packetsOut: n,
    packetsLost: n % 50,
  })
  // An API has shown each of them.
  session.publicId
}

const filters = {
  none: {},
  user: { user: 'user 7' },
  path: { path: '/cameras/7/main' },
  state: { state: 'Playing' },
  group: { group: { plan: 'free' } },
  agent: { userAgent: 'libvlc' },
  age: { minAge: 0, maxAge: 3600 },
  like: { like: 'main' },
  likeNobody: { like: 'nobody has this' },
}

/** Two pages, and the second begins in the middle of the list. */
function timesOf(query) {
  const times = []
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now()
    const page = pool.list(query)
    times.push(performance.now() - begin)
    if (page.cursor === undefined) continue
    const then = performance.now()
    pool.list({ ...query, cursor: page.cursor })
    times.push(performance.now() - then)
  }
  return times.sort((a, b) => a - b)
}

const report = []
for (const sort of ['age', 'idle', 'bytes', 'loss', 'queue']) {
  for (const [filter, query] of Object.entries(filters)) {
    const times = timesOf({ ...query, sort, order: sort === 'age' ? 'ascending' : 'descending' })
    const at = (share) =>
      Number((times[Math.floor(times.length * share)] ?? times.at(-1)).toFixed(3))
    report.push({ sort, filter, p50: at(0.5), p99: at(0.99), max: at(1) })
  }
}
console.table(report)

async function heapBytes() {
  for (let n = 0; n < 4; n++) {
    globalThis.gc?.()
    await new Promise(setImmediate)
  }
  return process.memoryUsage().heapUsed
}

pool.leavers.max = 0
pool.leavers.max = count
pool.kick(() => true, { reason: 'the end of the benchmark' })
const full = await heapBytes()
const leavers = pool.leavers.size
pool.leavers.max = 0
const bytesPerLeaver = Math.round((full - (await heapBytes())) / leavers)
const worst = report.reduce((a, b) => (b.p99 > a.p99 ? b : a))
console.log(JSON.stringify({ sessions: count, worst, bytesPerLeaver, leavers }))
