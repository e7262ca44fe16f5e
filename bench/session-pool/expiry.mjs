// 100,000 sessions that are due in the same second: how long the event loop is held up, and how late they leave.
//   node bench/session-pool/expiry.mjs
import { setImmediate as turn } from 'node:timers/promises'
import { SessionPool } from './built.mjs'

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
// Turns while nothing is due yet, in which V8 still moves what has just been made, then those that remove.
const waiting = []
const removing = []
let last = performance.now()
let size = pool.size
while (pool.size > 0) {
  await turn()
  const now = performance.now()
  ;(pool.size === size ? waiting : removing).push(now - last)
  last = now
  size = pool.size
}
const longest = (turns) => Number(Math.max(...turns).toFixed(2))
const over = (ms) => removing.filter((each) => each > ms).length
const report = {
  sessions: count,
  events,
  turns: removing.length,
  longestTurnMs: longest(removing),
  turnsOver5Ms: over(5),
  turnsOver10Ms: over(10),
  longestTurnBeforeMs: longest(waiting.slice(-50_000)),
  latestMs: Number(latest.toFixed(1)),
}
console.log(JSON.stringify(report))
