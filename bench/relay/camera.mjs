// A camera in a process of its own: 30 pictures a second with a key frame each second. The last packet of a picture holds the time of its
// sending (CLOCK_MONOTONIC in nanoseconds, which all processes of a machine share). `away MS` on the input takes the camera away.
import { createInterface } from 'node:readline'
import { library } from './library.mjs'

const { createMediaDescription, createSessionDescription, MediaFactory, RtspServer } =
  await library('index.js')

const [port, packetsOfPicture] = process.argv.slice(2).map(Number)
const pictureMs = 1000 / 30
const picturesInGop = 30
const payloadBytes = 1200
const kinds = { sps: 0x67, pps: 0x68, key: 0x65, slice: 0x41 }

class Camera {
  description = {
    ...createSessionDescription({ originId: 1, address: '0.0.0.0', name: 'camera' }),
    media: [
      createMediaDescription({
        kind: 'video',
        payloadType: 96,
        encoding: 'H264',
        clockRate: 90_000,
      }),
    ],
  }
  #sequenceNumber = Math.floor(Math.random() * 60_000)
  #picture = 0

  start({ tracks: [track] }) {
    const begin = performance.now()
    const send = () => {
      const timestamp = Math.round(this.#picture * pictureMs * 90)
      const isKey = this.#picture++ % picturesInGop === 0
      const units = isKey ? ['sps', 'pps'] : []
      for (let count = 0; count < packetsOfPicture; count++) units.push(isKey ? 'key' : 'slice')
      for (const [index, unit] of units.entries()) {
        const packet = Buffer.alloc(12 + payloadBytes)
        const isLast = index === units.length - 1
        packet[0] = 0x80
        packet[1] = (isLast ? 0x80 : 0) | 96
        packet.writeUInt16BE(this.#sequenceNumber++ & 0xffff, 2)
        packet.writeUInt32BE(timestamp >>> 0, 4)
        packet.writeUInt32BE(0x1234, 8)
        packet[12] = kinds[unit]
        packet[13] = 0x88
        packet.writeBigInt64BE(process.hrtime.bigint(), packet.length - 8)
        track.push(packet)
      }
      this.timer = setTimeout(
        send,
        Math.max(0, begin + this.#picture * pictureMs - performance.now()),
      )
    }
    send()
  }

  close() {
    clearTimeout(this.timer)
  }
}

let server
async function serve() {
  server = new RtspServer({ port, host: '127.0.0.1' })
  server.mounts.add(
    '/cam',
    new MediaFactory(() => new Camera(), { lingerSeconds: 0, gopCache: false }),
  )
  await server.listen()
  console.log('ready')
}
await serve()
for await (const line of createInterface(process.stdin)) {
  const [, ms] = line.split(' ')
  await server.close()
  await new Promise((resolve) => setTimeout(resolve, Number(ms)))
  await serve()
}
