// The floor of many streams in Node: a TCP server that writes each read of a publisher to the TCP viewers of its path, as
// it is, and sends each of its packets to the UDP viewers, a call each. Requests are answered with bytes that lie ready;
// nothing is parsed but where a request and a packet end, its URL, CSeq and port.
// Prints {"event":"listening","port":N}; ends on SIGTERM. Fit for the publisher and load tool of these benchmarks only.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { answer } from './canned-answers.mjs'

const dollar = 0x24
const headerBytes = 4
const datagrams = createSocket('udp4')
/** Without such viewers no packet is split off: the first chunk after a PLAY must begin with a packet. */
let hasUdpViewers = false
/** Viewers by the last part of the path: their sockets or ports, and whether each socket has begun at a frame. */
const viewers = new Map()

const viewersOf = (name) => viewers.get(name) ?? viewers.set(name, new Map()).get(name)

function forward(members, chunk) {
  for (const [viewer, hasBegun] of members) {
    if (typeof viewer === 'number') continue
    if (!hasBegun && chunk[0] !== dollar) continue
    if (!hasBegun) members.set(viewer, true)
    viewer.write(chunk)
  }
}

/** Sends the packets that end in `chunk` to the UDP viewers. @returns The bytes behind them, kept for the next chunk. */
function forwardPackets(members, kept, chunk) {
  if (kept.length === 0 && chunk[0] !== dollar) return kept
  const bytes = kept.length > 0 ? Buffer.concat([kept, chunk]) : chunk
  let start = 0
  while (start + headerBytes <= bytes.length) {
    const end = start + headerBytes + bytes.readUInt16BE(start + 2)
    if (end > bytes.length) break
    if (bytes[start + 1] === 0) sendPacket(members, bytes, start + headerBytes, end)
    start = end
  }
  return bytes.subarray(start)
}

function sendPacket(members, bytes, start, end) {
  for (const viewer of members.keys()) {
    if (typeof viewer === 'number') datagrams.send(bytes, start, end - start, viewer, '127.0.0.1')
  }
}

const isRequest = (chunk) => chunk[0] !== dollar && /^[A-Z_]+ rtsp:/.test(chunk.latin1Slice(0, 32))

function serve(socket) {
  let publishes
  let clientPort
  let kept = Buffer.alloc(0)
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    if (isRequest(chunk)) request(chunk.latin1Slice())
    else if (publishes) publish(chunk)
  })

  function publish(chunk) {
    forward(publishes, chunk)
    if (hasUdpViewers) kept = forwardPackets(publishes, kept, chunk)
  }

  function request(text) {
    clientPort ??= /client_port=(\d+)/.exec(text)?.[1]
    answer(socket, text, clientPort && datagrams.address().port)
    const [method, url] = text.split(' ', 2)
    const members = viewersOf(/(cam\d+)/.exec(url)?.[1])
    if (method === 'RECORD') publishes = members
    if (method !== 'PLAY') return
    const viewer = clientPort ? Number(clientPort) : socket
    members.set(viewer, false)
    hasUdpViewers ||= clientPort !== undefined
    socket.on('close', () => members.delete(viewer))
  }
}

datagrams.bind(0, '127.0.0.1')
await once(datagrams, 'listening')
const server = createServer(serve)
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ event: 'listening', port: server.address().port })}\n`)
})
process.on('SIGTERM', () => process.exit())
