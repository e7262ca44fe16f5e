// What V8 costs before a pool does anything: a Map of ids, looked up as in project.mjs, and one look at the clock.
//   node bench/session-pool/floor.mjs <sessions>
import { randomBytes } from 'node:crypto'

const batch = 256
const size = Number(process.argv[2] ?? 1000)

function run(n, rounds) {
  const sum = { mapSet: 0, mapGet: 0, mapDelete: 0, clock: 0 }
  const wire = Buffer.allocUnsafeSlow(64)
  const fresh = new Array(batch).fill('')
  const ids = Array.from({ length: n }, () => randomBytes(24).toString('base64url'))
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    const swap = order[i]
    order[i] = order[j]
    order[j] = swap
  }
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

run(1000, 200)
console.log(JSON.stringify(run(size, Math.max(1, Math.round(200_000 / size)))))
