// The floor of viewers over TLS in Node: a TLS server with canned answers that writes one and the same picture to each
// viewer, 30 times a second. It reads no stream, keeps no sessions and counts nothing.
// Usage: node bench/peers/tls-floor.mjs KEY_FILE CERTIFICATE_FILE
// Prints {"event":"listening","port":N}; ends on SIGTERM.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:tls'
import { answer } from './canned-answers.mjs'

const [keyFile, certificateFile] = process.argv.slice(2)
const picturesASecond = 30
const pictureBytes = 2e6 / 8 / picturesASecond
const payloadBytes = 1400
const frameHeaderBytes = 4
const rtpHeaderBytes = 12

/** The packets of a picture as interleaved frames. The sequence numbers go on from `first`. */
function framePicture(first) {
  const count = Math.ceil(pictureBytes / payloadBytes)
  const size = Math.round(pictureBytes / count)
  const frames = Buffer.alloc(count * (frameHeaderBytes + size))
  for (let index = 0; index < count; index++) {
    const at = index * (frameHeaderBytes + size)
    frames.writeUInt8(0x24, at)
    frames.writeUInt16BE(size, at + 2)
    frames.writeUInt8(0x80, at + frameHeaderBytes)
    frames.writeUInt8(96, at + frameHeaderBytes + 1)
    frames.writeUInt16BE((first + index) & 0xffff, at + frameHeaderBytes + 2)
    frames.fill(index, at + frameHeaderBytes + rtpHeaderBytes, at + frameHeaderBytes + size)
  }
  return { frames, next: first + count }
}

const viewers = new Set()
const tls = { key: readFileSync(keyFile), cert: readFileSync(certificateFile) }
const server = createServer(tls, (socket) => {
  socket.setNoDelay(true)
  socket.on('data', (chunk) => {
    const text = chunk.latin1Slice()
    answer(socket, text)
    if (text.startsWith('PLAY')) viewers.add(socket)
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => viewers.delete(socket))
})

let sequenceNumber = 0
setInterval(() => {
  const { frames, next } = framePicture(sequenceNumber)
  sequenceNumber = next
  for (const viewer of viewers) viewer.write(frames)
}, 1000 / picturesASecond)
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ event: 'listening', port: server.address().port })}\n`)
})
process.on('SIGTERM', () => process.exit())
