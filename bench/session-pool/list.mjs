// Pages of 100 out of 10,000 sessions, with every sort and filter, by `pool.listInTurns`: milliseconds of a page, and the
// longest time that the event loop was held; and the bytes that an entry of `pool.leavers` takes.
//   node --expose-gc bench/session-pool/list.mjs [sessions] [rounds]
import { quantile } from '../lib/statistics.mjs'
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

/** Milliseconds of a page, and of the longest turn in it. */
async function timePage(query) {
  const begin = performance.now()
  let last = begin
  let held = 0
  let isOver = false
  const look = () => {
    const now = performance.now()
    held = Math.max(held, now - last)
    last = now
    if (!isOver) setImmediate(look)
  }
  setImmediate(look)
  const page = await pool.listInTurns(query)
  const now = performance.now()
  held = Math.max(held, now - last)
  isOver = true
  await new Promise(setImmediate)
  return { page, ms: now - begin, held }
}

/** Two pages, and the second begins in the middle of the list. */
async function timesOf(query) {
  const times = []
  for (let round = 0; round < rounds; round++) {
    const first = await timePage(query)
    times.push(first)
    if (first.page.cursor === undefined) continue
    times.push(await timePage({ ...query, cursor: first.page.cursor }))
  }
  return times
}

const report = []
for (const sort of ['age', 'idle', 'bytes', 'loss', 'queue']) {
  for (const [filter, query] of Object.entries(filters)) {
    const times = await timesOf({
      ...query,
      sort,
      order: sort === 'age' ? 'ascending' : 'descending',
    })
    const at = (name, share) =>
      Number(
        quantile(
          times.map((one) => one[name]),
          share,
        ).toFixed(3),
      )
    report.push({
      ...{ sort, filter, p50: at('ms', 0.5), p99: at('ms', 0.99), max: at('ms', 1) },
      ...{ heldP99: at('held', 0.99), heldMax: at('held', 1) },
    })
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
const worstOf = (name) => report.reduce((a, b) => (b[name] > a[name] ? b : a))
const [slowest, longest] = [worstOf('p99'), worstOf('heldP99')]
console.log(JSON.stringify({ sessions: count, slowest, longest, bytesPerLeaver, leavers }))
