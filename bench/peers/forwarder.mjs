// The floor of many streams in Node: a TCP server that writes each read of a publisher to the viewers of its path, as it
// is. Requests are answered with bytes that lie ready; nothing is parsed but where a request ends, its URL and CSeq.
// Prints {"event":"listening","port":N}; ends on SIGTERM. Fit for the publisher and load tool of these benchmarks only.
import { createServer } from 'node:net'
import { answer } from './canned-answers.mjs'

const dollar = 0x24
/** Viewers by the last part of the path: their sockets, and whether each has begun at a frame. */
const viewers = new Map()

const viewersOf = (name) => viewers.get(name) ?? viewers.set(name, new Map()).get(name)

function forward(members, chunk) {
  for (const [viewer, hasBegun] of members) {
    if (!hasBegun && chunk[0] !== dollar) continue
    if (!hasBegun) members.set(viewer, true)
    viewer.write(chunk)
  }
}

const isRequest = (chunk) => chunk[0] !== dollar && /^[A-Z_]+ rtsp:/.test(chunk.latin1Slice(0, 32))

function serve(socket) {
  let publishes
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    if (isRequest(chunk)) request(chunk.latin1Slice())
    else if (publishes) forward(publishes, chunk)
  })

  function request(text) {
    answer(socket, text)
    const [method, url] = text.split(' ', 2)
    const members = viewersOf(/(cam\d+)/.exec(url)?.[1])
    if (method === 'RECORD') publishes = members
    if (method !== 'PLAY') return
    members.set(socket, false)
    socket.on('close', () => members.delete(socket))
  }
}

const server = createServer(serve)
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ event: 'listening', port: server.address().port })}\n`)
})
process.on('SIGTERM', () => process.exit())
