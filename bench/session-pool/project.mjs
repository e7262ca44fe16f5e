// The operations of the benchmark on rtspool's session pool: nanoseconds per operation, as one line of JSON.
//   node --expose-gc project.mjs <sessions>
import { setImmediate as turn } from 'node:timers/promises'
import { SessionPool } from './built.mjs'

const batch = 256
const size = Number(process.argv[2] ?? 1000)
const nowNs = () => performance.now() * 1e6

/** The same permutation as in peers/session-pool.c. */
function permutation(n) {
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  let state = 12345
  for (let i = n - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const j = Math.floor((state * (i + 1)) / 2 ** 32)
    const swap = order[i]
    order[i] = order[j]
    order[j] = swap
  }
  return order
}

/** Array buffers are given back a turn after nobody holds them. */
async function collected() {
  for (let count = 0; count < 3; count++) {
    globalThis.gc?.()
    await turn()
  }
}

/** Whole calls, repeated for about 0.3 s. */
function repeated(call) {
  const begin = nowNs()
  let calls = 0
  let end
  do {
    call()
    calls++
    end = nowNs()
  } while (end - begin < 3e8 && calls < 100_000)
  return (end - begin) / calls
}

/** Apart from what is timed: a collection that is asked for gives the young generation back as well, page by page. */
async function bytesPerSession(n) {
  const pool = new SessionPool()
  const sessions = new Array(n).fill(undefined)
  await collected()
  const before = process.memoryUsage()
  for (let i = 0; i < n; i++) sessions[i] = pool.create()
  await collected()
  const after = process.memoryUsage()
  if (pool.size !== n) throw new Error('lost')
  return (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / n
}

async function run(n, rounds) {
  const sum = { create: 0, find: 0, remove: 0, churn: 0 }
  const whole = {}
  const order = permutation(n)
  const sessions = new Array(n).fill(undefined)
  const wire = Buffer.allocUnsafeSlow(64)
  const ids = new Array(batch).fill('')
  for (let round = 0; round < rounds; round++) {
    const isLast = round === rounds - 1
    const pool = new SessionPool()
    sessions.fill(undefined)
    let start = nowNs()
    for (let i = 0; i < n; i++) sessions[i] = pool.create()
    sum.create += nowNs() - start

    for (let i = 0; i < n; i += batch) {
      const count = Math.min(batch, n - i)
      // Strings as they come off the wire: never seen before, made from bytes. Not timed.
      for (let j = 0; j < count; j++) {
        const length = wire.write(sessions[order[i + j]].id, 'latin1')
        ids[j] = wire.toString('latin1', 0, length)
      }
      start = nowNs()
      for (let j = 0; j < count; j++) {
        if (pool.find(ids[j]) === undefined) throw new Error('lost')
      }
      sum.find += nowNs() - start
    }

    start = nowNs()
    for (let i = 0; i < n; i++) {
      const at = order[i]
      const made = pool.create()
      if (pool.find(made.id) === undefined) throw new Error('lost')
      pool.remove(sessions[at])
      sessions[at] = made
    }
    sum.churn += nowNs() - start

    if (isLast) {
      whole.filterKeep = repeated(() => pool.filter(() => 'keep')) / n
      whole.cleanup = repeated(() => pool.cleanup())
      const watch = pool.startCleanup()
      const turns = 20_000
      start = nowNs()
      for (let i = 0; i < turns; i++) await turn()
      whole.watchTurn = (nowNs() - start) / turns
      watch.close()
    }

    start = nowNs()
    for (let i = 0; i < n; i++) if (!pool.remove(sessions[order[i]])) throw new Error('lost')
    sum.remove += nowNs() - start
  }
  const total = n * rounds
  for (const name of Object.keys(sum)) sum[name] /= total
  return { ...sum, ...whole }
}

// Compiled code lives as long as objects of the shapes that it is for: without a session that stays, as any server has,
// a collection between two rounds throws it away.
const kept = new SessionPool()
kept.create()
// For the compiler of V8; twice, because what the end of a round does makes it compile some of the beginning anew.
await run(1000, 200)
await run(1000, 200)
const times = await run(size, Math.max(1, Math.round(200_000 / size)))
console.log(JSON.stringify({ ...times, bytes: await bytesPerSession(size) }))
kept.close()
