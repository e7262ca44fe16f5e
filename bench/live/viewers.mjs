// WebSocket viewers that only count: the other side of bench/live.
// Usage: node bench/live/viewers.mjs URL VIEWERS WARMUP_SECONDS MEASURE_SECONDS
// Prints JSON lines: windowBegan, windowEnded, report.
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const [address, viewers, warmup, measure] = process.argv.slice(2)
const { hostname, port, pathname } = new URL(address)
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

const received = new Float64Array(Number(viewers))
let failed = 0

function watch(index) {
  const socket = connect(Number(port), hostname)
  socket.write(
    [
      `GET ${pathname} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      'Sec-WebSocket-Protocol: rtspool.live',
      '\r\n',
    ].join('\r\n'),
  )
  socket.on('data', (chunk) => {
    received[index] += chunk.length
  })
  socket.on('error', () => {})
  socket.on('close', () => failed++)
}

for (let index = 0; index < received.length; index++) watch(index)
await sleep(Number(warmup) * 1000)
const before = Float64Array.from(received)
const beganMs = performance.now()
print({ event: 'windowBegan' })
await sleep(Number(measure) * 1000)
print({ event: 'windowEnded' })
const seconds = (performance.now() - beganMs) / 1000
const bytes = received.map((count, index) => count - before[index])
print({
  event: 'report',
  seconds,
  bytes: bytes.reduce((total, each) => total + each, 0),
  silentViewers: bytes.filter((each) => each === 0).length,
  failed,
})
process.exit()
