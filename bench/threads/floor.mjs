// Floor of the main thread beside one send thread: a program that only reads what a publisher and viewers send, copies
// each picture into shared memory, and wakes a thread for it. The thread works as long as sends to 300 viewers take.
// Prints the CPU of its main thread. No RTSP, no RTP, no sessions, no timers.
// Usage: node bench/threads/floor.mjs [--viewers 300] [--seconds 6]
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { loadCore, Program, serverCore, stopAll } from '../lib/processes.mjs'

const { values } = parseArgs({
  options: {
    viewers: { type: 'string', default: '300' },
    seconds: { type: 'string', default: '6' },
    role: { type: 'string', default: 'harness' },
    port: { type: 'string', default: '0' },
  },
})
const viewers = Number(values.viewers)
const warmupMs = 3000
/** As the load tool and the publisher send: 2 Mbit/s in 30 pictures a second, and a report every 5 s. */
const pictureBytes = 8300
const pictureMs = 1000 / 30
const reportBytes = 44
const reportMs = 5000
/** 6 packets for each of 300 viewers at 1.7 µs. */
const sendingMs = 3
const nsPerMs = 1e6
const script = fileURLToPath(import.meta.url)

function mainCpuMs(pid) {
  const text = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1')
  return Number(text.split(' ')[0]) / nsPerMs
}

/** Sleeps until it is woken, and then keeps its core busy, as sends do. */
function sendForever(state) {
  let seen = 0
  for (;;) {
    Atomics.wait(state, 0, seen)
    seen = Atomics.load(state, 0)
    const until = performance.now() + sendingMs
    while (performance.now() < until);
  }
}

async function serve() {
  const memory = new SharedArrayBuffer(4 + pictureBytes)
  const state = new Int32Array(memory, 0, 1)
  const bytes = Buffer.from(memory, 4)
  const worker = new Worker(new URL(import.meta.url), { workerData: memory })
  await once(worker, 'message')
  const server = createServer((socket) => {
    socket.on('data', (read) => {
      if (read.length <= reportBytes) return
      read.copy(bytes)
      Atomics.add(state, 0, 1)
      Atomics.notify(state, 0, 1)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  console.log(JSON.stringify({ event: 'listening', port: server.address().port }))
}

async function watch() {
  const sockets = []
  for (let count = 0; count <= viewers; count++) {
    const socket = connect(Number(values.port), '127.0.0.1').setNoDelay()
    await once(socket, 'connect')
    sockets.push(socket)
  }
  const [publisher, ...others] = sockets
  setInterval(() => publisher.write(Buffer.alloc(pictureBytes)), pictureMs)
  for (const [index, socket] of others.entries()) {
    await sleep((index === 0 ? 0 : reportMs) / viewers)
    setInterval(() => socket.write(Buffer.alloc(reportBytes)), reportMs)
  }
  console.log(JSON.stringify({ event: 'watching' }))
}

async function measure() {
  const program = (core, ...args) =>
    new Program(process.execPath, [script, '--viewers', values.viewers, ...args], { core })
  const server = program(serverCore, '--role', 'server')
  const { port } = await server.next('listening')
  await program(loadCore, '--role', 'client', '--port', String(port)).next('watching')
  await sleep(warmupMs)
  const began = { at: performance.now(), ms: mainCpuMs(server.pid) }
  await sleep(Number(values.seconds) * 1000)
  const seconds = (performance.now() - began.at) / 1000
  const perSecond = (mainCpuMs(server.pid) - began.ms) / seconds
  console.log(`floor of the main thread, ${viewers} viewers: ${perSecond.toFixed(1)} ms a second`)
  await stopAll()
}

if (!isMainThread) {
  parentPort.postMessage('ready')
  sendForever(new Int32Array(workerData, 0, 1))
} else if (values.role === 'server') await serve()
else if (values.role === 'client') await watch()
else await measure()
