/**
 * A server that keeps nearly everything for slow viewers: `overloaded-server.mjs guard|none`. Prints `listening PORT`, then
 * one line of JSON a second, and at the end of its input a last one.
 */
import { once } from 'node:events'
import {
  createMediaDescription,
  createSessionDescription,
  MediaFactory,
  RtspServer,
} from '../../../packages/rtspool/lib/index.js'
import { nowUs } from './rtp-stamp.mjs'

/** Packets that fill the buffers of the kernel for each viewer, and those after them. */
const fillingPackets = 200
const fillingBytes = 40_000
const packetBytes = 200
/** Each packet is one turn of the event loop, and so one write for each viewer. */
const packetsOfTick = 12
const tickMs = 10
const marker = 0x80
const rtpHeader = Buffer.from([0x80, marker | 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])

/** A camera of 1200 packets a second, the first of them large. The payload begins with the time, in microseconds. */
function camera() {
  const description = createSessionDescription({ originId: 1, address: '0.0.0.0', name: 'flood' })
  const track = { payloadType: 96, encoding: 'X-flood', clockRate: 90_000 }
  description.media.push(createMediaDescription({ kind: 'video', ...track }))
  let sequenceNumber = 0
  let timer
  const start = ({ tracks }) => {
    const push = (left) => {
      const packet = Buffer.alloc(sequenceNumber < fillingPackets ? fillingBytes : packetBytes)
      rtpHeader.copy(packet)
      packet.writeUInt16BE(sequenceNumber & 0xffff, 2)
      packet.writeDoubleBE(nowUs(), rtpHeader.length)
      sequenceNumber++
      tracks[0].push(packet)
      if (left > 1) setImmediate(push, left - 1)
    }
    timer = setInterval(push, tickMs, packetsOfTick)
  }
  return { description, start, close: () => clearInterval(timer) }
}

/** A heap that is full within seconds leaves no time between the usual limits. */
const server = new RtspServer({
  port: 0,
  host: '127.0.0.1',
  udpPorts: false,
  maxBacklogBytes: 2 ** 30,
  maxBacklogSeconds: 3600,
  slowReaderTimeout: 0,
  gopCache: false,
  overload: process.argv[2] === 'guard' && { saveAbove: 0.6, refuseAbove: 0.7, shedAbove: 0.8 },
})
server.mounts.add('/flood', new MediaFactory(camera, { gopCache: false }))
await server.listen()
console.log(`listening ${server.address().port}`)

let peak = 0
const look = () => {
  const { value = 0, level, refusedSetups } = server.stats().pressure ?? {}
  peak = Math.max(peak, value)
  const { overload } = server.pool.stats().removed
  const heapMb = Math.round(process.memoryUsage().heapUsed / 1024 / 1024)
  console.log(
    JSON.stringify({ heapMb, level, peak, sessions: server.pool.size, overload, refusedSetups }),
  )
}
const looking = setInterval(look, 1000)
await once(process.stdin.resume(), 'end')
clearInterval(looking)
look()
await server.close()
