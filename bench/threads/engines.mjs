// Cost of the system's calls through koffi or node:ffi (Node 26), beside Node's own sockets: CPU in ns, medians of the
// second half of the rounds. Calls that fail show the cost of the call itself. One engine a process, as in a server.
// Usage: node bench/threads/engines.mjs [--engine koffi | ffi] [--rounds 100]
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ffiLibc } from '../../packages/rtspool/dist/transport/system/ffi-libc.js'
import { koffiLibc } from '../../packages/rtspool/dist/transport/system/koffi-libc.js'
import { bindNative } from '../../packages/rtspool/dist/transport/system/native-sockets.js'
import { MessageTable } from '../../packages/rtspool/dist/transport/udp/message-table.js'
import { Program, stopAll } from '../lib/processes.mjs'

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'koffi' },
    rounds: { type: 'string', default: '100' },
    role: { type: 'string', default: 'measure' },
  },
})
const rounds = Number(values.rounds)
const calls = 20_000
const batch = 64
/** Pause in ms for the reader, in which the queue of a connection empties. */
const pauseMs = 12
const host = '127.0.0.1'

/** Returns the CPU of the process in ns for each of `count` calls, which `work` makes. */
async function costOf(count, work) {
  const before = process.cpuUsage()
  work()
  await turn()
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / count
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

/** Reads connections, in a process of its own. */
async function sink() {
  const server = createServer((socket) => void socket.resume()).listen(0, host)
  await once(server, 'listening')
  console.log(JSON.stringify({ event: 'listening', port: server.address().port }))
}

async function measure() {
  const libc = values.engine === 'ffi' ? ffiLibc() : koffiLibc()
  if (!libc) throw new Error(`expected a Node with node:ffi, got ${process.version}`)
  const native = bindNative(libc)
  const reader = new Program(process.execPath, [fileURLToPath(import.meta.url), '--role', 'sink'])
  const { port } = await reader.next('listening')
  const socket = connect(port, host)
  await once(socket, 'connect')
  const hole = createSocket('udp4').bind(0, host)
  const udp = createSocket('udp4').bind(0, host)
  await Promise.all([once(hole, 'listening'), once(udp, 'listening')])
  const destination = { address: host, port: hole.address().port }
  const packets = [Buffer.alloc(1000)]
  const bytes = Buffer.from(new ArrayBuffer(8300))
  const address = Number(native.addressOf(bytes))
  const send = (descriptor, count, size) => {
    for (let i = 0; i < count; i++) native.send(descriptor, address, size)
  }
  const messages = new MessageTable(native, false)
  messages.grow(Array(16).fill(destination), 16)
  messages.point(messages.fill(packets, 0))
  const datagrams = native.bindDatagram(host, 0)
  const sendAll = (descriptor, count) => {
    for (let i = 0; i < count; i++) messages.send(descriptor, 0, 16)
  }
  const stream = (size) => () => {
    for (let i = 0; i < batch; i++) socket.write(bytes.subarray(0, size))
  }
  const single = () => {
    for (let i = 0; i < batch * 16; i++) udp.send(packets[0], destination.port, host)
  }
  const connection = socket._handle.fd
  const ways = [
    ['send that fails', 'engine', calls, () => send(-1, calls, 1000)],
    ['sendmmsg that fails', 'engine', calls, () => sendAll(-1, calls)],
    ['1,000 bytes, TCP', 'engine', batch, () => send(connection, batch, 1000)],
    ['1,000 bytes, TCP', 'Node', batch, stream(1000)],
    ['8,300 bytes, TCP', 'engine', batch, () => send(connection, batch, 8300)],
    ['8,300 bytes, TCP', 'Node', batch, stream(8300)],
    ['a datagram of 16, 1,000 bytes', 'engine', batch * 16, () => sendAll(datagrams, batch)],
    ['a datagram of 16, 1,000 bytes', 'Node', batch * 16, single],
  ]
  const found = ways.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [index, [, , count, work]] of ways.entries()) {
      await sleep(pauseMs)
      const ns = await costOf(count, work)
      if (round >= rounds / 2) found[index].push(ns)
    }
  }
  const table = {}
  for (const [index, [what, name]] of ways.entries()) {
    table[what] = { ...table[what], [name]: Math.round(median(found[index])) }
  }
  console.log(values.engine, process.version)
  console.table(table)
  for (const open of [hole, udp]) open.close()
  socket.destroy()
  native.close(datagrams)
  await stopAll()
}

await (values.role === 'sink' ? sink() : measure())
