// Shows that the load tool sees what it is there to see: feeds it a stream with known faults and compares.
// Usage: node bench/load/check.mjs
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { compile } from '../lib/native.mjs'
import { Program } from '../lib/processes.mjs'

const marker = 0x80
const payloadType = 96
const idrStart = [0x7c, 0x85, 1, 2, 3]
const slice = [0x61, 1, 2, 3]

function rtp(sequenceNumber, payload, { channel = 0 } = {}) {
  const header = Buffer.from([0x80, marker | payloadType, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7])
  header.writeUInt16BE(sequenceNumber & 0xffff, 2)
  const packet = Buffer.concat([header, Buffer.from(payload)])
  return Buffer.concat([Buffer.from([0x24, channel, 0, packet.length]), packet])
}

/** The stream, in the pieces in which it is written. */
const pieces = [
  rtp(65_533, slice), // before the window: the window begins with the next piece
  Buffer.concat([
    rtp(65_534, slice),
    rtp(65_535, idrStart), // the first key frame
    rtp(2, slice), // 0 and 1 are missing
    rtp(1, slice), // comes late: reordered, not lost
    rtp(2, slice), // a duplicate
    rtp(3, slice, { channel: 9 }), // a channel nobody set up
    Buffer.from([0x24, 1, 0, 4, 0x80, 200, 0, 0]), // RTCP
  ]),
  // A frame in two writes, then loss of 10.
  rtp(3, slice).subarray(0, 7),
  Buffer.concat([rtp(3, slice).subarray(7), rtp(14, slice)]),
]

const server = createServer(async (socket) => {
  socket.setNoDelay(true)
  socket.on('error', () => {})
  for (const [index, piece] of pieces.entries()) {
    await new Promise((resolve) => setTimeout(resolve, index === 1 ? 800 : 100))
    socket.write(piece)
  }
}).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))

const load = new Program(compile('load'), [
  ...['--raw', '--warmup', '0.5', '--measure', '1'],
  `rtsp://127.0.0.1:${server.address().port}/`,
])
const report = await load.next('report')
const [window] = report.windows
server.close()
await load.stop()

assert.equal(report.failed, 0)
assert.equal(window.packets, 7)
assert.equal(window.lost, 1 + 10, 'sequence number 0, and 4 to 13')
assert.equal(window.gaps, 2)
assert.equal(window.reordered, 1)
assert.equal(window.duplicates, 1)
assert.equal(window.misaligned, 1)
assert.equal(window.rtcpPackets, 1)
assert.equal(window.viewersWithLoss, 1)
assert.ok(report.connectToKeyFrameMs.max > report.connectToFirstPacketMs.max + 500)
console.log('the load tool counts as it should')
