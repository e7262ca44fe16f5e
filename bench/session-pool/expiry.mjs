// 100,000 sessions that are due in the same second: how long the event loop is held up, and how late they leave.
//   node bench/session-pool/expiry.mjs
import { setImmediate as turn } from 'node:timers/promises'
import { SessionPool } from 'rtspool/session-pool'

const count = 100_000
const pool = new SessionPool({ timeout: 2, extraTimeout: 0 })
let events = 0
let latest = 0
const dueAt = new Map()
pool.on('sessionRemoved', (session) => {
  events++
  latest = Math.max(latest, performance.now() - dueAt.get(session))
})
pool.startCleanup()
while (pool.size < count) {
  for (let index = 0; index < 1000; index++) {
    const session = pool.create()
    dueAt.set(session, session.createdAt + 2000)
  }
  await turn()
}
// A turn without anything to do, for comparison, then those that remove.
const turns = []
let last = performance.now()
while (pool.size > 0) {
  await turn()
  const now = performance.now()
  turns.push(now - last)
  last = now
}
turns.sort((a, b) => b - a)
const report = {
  sessions: count,
  events,
  longestTurnMs: Number(turns[0].toFixed(2)),
  turnsOver5Ms: turns.filter((ms) => ms > 5).length,
  turnsOver10Ms: turns.filter((ms) => ms > 10).length,
  latestMs: Number(latest.toFixed(1)),
}
console.log(JSON.stringify(report))
