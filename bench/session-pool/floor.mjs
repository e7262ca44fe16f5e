// What V8 costs before a pool does anything: a Map of ids, looked up as in project.mjs, and one look at the clock; then the
// least that could be called a pool, as CPU time: secure ids, objects of two fields, a Map, one look at the clock.
//   node bench/session-pool/floor.mjs <sessions>
import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { RandomIdCodec } from './built.mjs'

const batch = 256
const size = Number(process.argv[2] ?? 1000)

function shuffled(n) {
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    const swap = order[i]
    order[i] = order[j]
    order[j] = swap
  }
  return order
}

function run(n, rounds) {
  const sum = { mapSet: 0, mapGet: 0, mapDelete: 0, clock: 0 }
  const wire = Buffer.allocUnsafeSlow(64)
  const fresh = new Array(batch).fill('')
  const ids = Array.from({ length: n }, () => randomBytes(24).toString('base64url'))
  const order = shuffled(n)
  let sink = 0
  for (let round = 0; round < rounds; round++) {
    const map = new Map()
    // Strings without a hash, as ids that have just been made.
    const made = ids.map((id) => Buffer.from(id, 'latin1').toString('latin1'))
    let start = performance.now()
    for (const id of made) map.set(id, made)
    sum.mapSet += performance.now() - start
    for (let i = 0; i < n; i += batch) {
      const count = Math.min(batch, n - i)
      for (let j = 0; j < count; j++) {
        fresh[j] = wire.toString('latin1', 0, wire.write(made[order[i + j]], 'latin1'))
      }
      start = performance.now()
      for (let j = 0; j < count; j++) if (!map.has(fresh[j])) throw new Error('lost')
      sum.mapGet += performance.now() - start
      start = performance.now()
      for (let j = 0; j < count; j++) sink += performance.now()
      sum.clock += performance.now() - start
    }
    start = performance.now()
    for (let i = 0; i < n; i++) map.delete(made[order[i]])
    sum.mapDelete += performance.now() - start
  }
  const result = {}
  for (const [name, ms] of Object.entries(sum))
    result[name] = Number(((ms * 1e6) / (n * rounds)).toFixed(1))
  return sink > 0 && result
}

/** Neither limits nor owners, order, wheel, events or counters: what is left when all of these are taken away. */
class BarePool {
  #sessions = new Map()
  #codec = new RandomIdCodec()

  create() {
    const session = { id: this.#codec.createId(), lastAccessAt: performance.now() }
    this.#sessions.set(session.id, session)
    return session
  }

  find(id) {
    const now = performance.now()
    const session = this.#sessions.get(id)
    if (session === undefined || session.lastAccessAt + 65_000 <= now) return undefined
    session.lastAccessAt = now
    return session
  }

  remove(session) {
    return this.#sessions.delete(session.id)
  }
}

/** CPU time, that of the garbage collector's threads included. */
function cpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function runBare(n, rounds) {
  const sum = { bareCreate: 0, bareFind: 0, bareChurn: 0, bareRemove: 0 }
  const timed = (name, step) => {
    const start = cpuMs()
    for (let i = 0; i < n; i++) step(i)
    sum[name] += cpuMs() - start
  }
  const order = shuffled(n)
  for (let round = 0; round < rounds; round++) {
    const pool = new BarePool()
    const sessions = new Array(n).fill(undefined)
    timed('bareCreate', (i) => {
      sessions[i] = pool.create()
    })
    const fresh = Array.from(order, (at) => Buffer.from(sessions[at].id).toString('latin1'))
    timed('bareFind', (i) => {
      if (pool.find(fresh[i]) === undefined) throw new Error('lost')
    })
    timed('bareChurn', (i) => {
      const made = pool.create()
      if (pool.find(made.id) === undefined) throw new Error('lost')
      pool.remove(sessions[order[i]])
      sessions[order[i]] = made
    })
    timed('bareRemove', (i) => pool.remove(sessions[order[i]]))
  }
  const perOperation = Object.entries(sum).map(([name, ms]) => [
    name,
    Number(((ms * 1e6) / (n * rounds)).toFixed(1)),
  ])
  return Object.fromEntries(perOperation)
}

run(1000, 200)
runBare(1000, 200)
const rounds = Math.max(1, Math.round(200_000 / size))
console.log(JSON.stringify({ ...run(size, rounds), ...runBare(size, rounds) }))
