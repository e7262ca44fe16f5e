// The floor of connection churn in Node: a TCP server that answers each request with bytes that lie ready. It parses
// nothing but where a request ends and its CSeq, keeps no sessions and has no media.
// Prints {"event":"listening","port":N}; ends on SIGTERM.
import { createServer } from 'node:net'
import { answer } from './canned-answers.mjs'

const server = createServer((socket) => {
  socket.setNoDelay(true)
  socket.on('data', (chunk) => answer(socket, chunk.latin1Slice()))
  socket.on('error', () => socket.destroy())
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ event: 'listening', port: server.address().port })}\n`)
})
process.on('SIGTERM', () => process.exit())
