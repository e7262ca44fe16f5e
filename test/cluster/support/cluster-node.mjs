/**
 * Node of a cluster in a process of its own, which creates and ends sessions all the time, and records each step of its history
 * as a line of JSON: `node cluster-node.mjs OPTIONS`.
 *
 * Reads commands from its input, a line each: `go` lets sessions end, with the option `fillsFirst`; `rest` ends the creation
 * of sessions; `strangers` lets other users come; `facts` prints the sessions that the node has, and `size` their number.
 */
import { openSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { ClusterNode, openRedisStore } from 'rtspool/cluster'
import { SessionPool } from 'rtspool/session-pool'

const options = JSON.parse(process.argv[2])
const { name, url, policy, times, maxSessions, maxOfUser, overdraft } = options
const { createsPerSecond, lifeMs, seed } = options
let isFilling = options.fillsFirst === true
let users = ['ann', 'bob', 'cy', 'dee']
const tickMs = 10
/** Requests of which the history needs no more than who sent them, and in which order. */
const verbs = new Set(['join', 'beat', 'flush', 'reap', 'leave'])

const file = openSync(options.history, 'a')
// A line is in the kernel before the next step, so that the end of the process loses none.
const record = (event) => writeSync(file, `${JSON.stringify({ ...event, node: name })}\n`)
/** Milliseconds of the clock that all processes of this machine share, and that never steps. */
const now = () => Number(process.hrtime.bigint()) / 1e6

let state = seed
/** Random number below 1, the same in each run. */
function random() {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

const brief = ({ puts: _, removals: __, events: ___, info: ____, ...request }) => request

let requests = 0
function recording(store) {
  return new Proxy(store, {
    get(target, verb) {
      const send = Reflect.get(target, verb)
      if (typeof send !== 'function') return send
      if (!verbs.has(verb)) return send.bind(target)
      return async (request) => {
        const id = `${name}.${++requests}`
        record({ kind: 'sent', at: now(), id, call: { verb, request: brief(request) } })
        const reply = await send.call(target, request).catch((error) => {
          record({ kind: 'failed', at: now(), id })
          throw error
        })
        const { bans: _, ...facts } = reply ?? {}
        record({ kind: 'answered', at: now(), id, reply: facts })
        return reply
      }
    },
  })
}

const { beatMs, flushMs, timeoutMs, ...ledgerTimes } = times
const { store } = await openRedisStore({ url, timeoutMs, ...ledgerTimes })
const node = new ClusterNode({
  ...{ store: recording(store), name, policy, leaseMs: ledgerTimes.leaseMs, beatMs, flushMs },
  ...{ waitMs: 2 * beatMs, overdraft },
})
const pool = new SessionPool(
  node.poolOptions({ maxSessions, maxSessionsPerUser: maxOfUser, timeout: 3600 }),
)
const sessions = new Map()
pool.on('sessionCreated', (session) => {
  const keys = ['pool', ...(maxOfUser > 0 ? [`user ${session.owner.user}`] : [])]
  sessions.set(session.publicId, session)
  record({ kind: 'use', at: now(), session: session.publicId, keys })
})
pool.on('sessionRemoved', (session, reason) => {
  sessions.delete(session.publicId)
  record({ kind: 'return', at: now(), session: session.publicId, reason })
})

let due = 0
function churn() {
  const goesPerTick = isFilling ? 0 : tickMs / lifeMs
  for (const session of sessions.values())
    if (random() < goesPerTick) pool.remove(session, 'teardown')
  due += (createsPerSecond * tickMs) / 1000
  for (; due >= 1; due--) {
    const owner = { address: '192.0.2.1', user: users[Math.floor(random() * users.length)] }
    pool
      .admit({ owner })
      .then((init) => pool.create(init))
      // A limit refuses the session.
      .catch(() => {})
  }
}
const timer = setInterval(churn, tickMs)

/** A process that stands still longer tells so: it could not end its sessions meanwhile. */
const stallMs = 500
let lastTurn = now()
setInterval(() => {
  const turn = now()
  if (turn - lastTurn > stallMs) record({ kind: 'stalled', at: lastTurn, until: turn })
  lastTurn = turn
}, stallMs / 10)

const commands = {
  go: () => {
    isFilling = false
  },
  strangers: () => {
    users = ['eli', 'fay', 'gus', 'hal']
  },
  size: () => console.log(`size ${sessions.size}`),
  rest: () => clearInterval(timer),
  facts: () => {
    const { tag, state: stateOfNode } = node
    const facts = { tag, state: stateOfNode, ...node.stats(), ids: [...sessions.keys()].sort() }
    console.log(`facts ${JSON.stringify(facts)}`)
  },
}
createInterface({ input: process.stdin })
  .on('line', (line) => commands[line]?.())
  // Nobody is left who could ask.
  .on('close', () => process.exit(0))
await node.start(pool)
console.log('ready')
