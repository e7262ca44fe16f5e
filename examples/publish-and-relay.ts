// A server that relays what others publish, and makes something to listen to itself: a tone of 440 Hz, whose
// RTP packets are put together here. Any source of packets, a camera for instance, is mounted the same way.
//
//   ffplay rtsp://127.0.0.1:8554/tone
//   ffmpeg -re -i file.mp4 -c copy -f rtsp rtsp://127.0.0.1:8554/live/clip
import { randomInt } from 'node:crypto'
import {
  createMediaDescription,
  createSessionDescription,
  MediaFactory,
  type MediaOutput,
  type MediaSource,
  RtspServer,
} from 'rtspool'

const sampleRate = 8000
const packetMs = 20
const samplesPerPacket = (sampleRate * packetMs) / 1000
const headerBytes = 12
const step = (2 * Math.PI * 440) / sampleRate

/** One sample of G.711 mu-law: sign, exponent and mantissa, all bits inverted. */
function muLaw(sample: number): number {
  const magnitude = Math.min(Math.abs(sample), 32_635) + 132
  const exponent = 31 - Math.clz32(magnitude) - 7
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | mantissa) & 0xff
}

const track = { kind: 'audio', payloadType: 0, encoding: 'PCMU', clockRate: sampleRate } as const

const session = createSessionDescription({ originId: 1, address: '0.0.0.0', name: 'tone' })

class Tone implements MediaSource {
  readonly description = { ...session, media: [createMediaDescription(track)] }
  readonly #ssrc = randomInt(2 ** 32)
  #sent = 0
  #timer: NodeJS.Timeout | undefined

  /** For the first viewer: from now on packets flow, to however many there are. */
  start({ tracks, clock }: MediaOutput): void {
    const begin = clock.now()
    this.#timer = setInterval(() => {
      // Timers come late; what counts is how many packets are due.
      while (this.#sent * packetMs <= clock.now() - begin) tracks[0]?.push(this.#nextPacket())
    }, packetMs)
  }

  /** Some seconds after the last viewer has left. The next one gets a new source. */
  close(): void {
    clearInterval(this.#timer)
  }

  #nextPacket(): Buffer {
    const first = this.#sent * samplesPerPacket
    const packet = Buffer.alloc(headerBytes + samplesPerPacket)
    packet[0] = 0x80 // version 2; the octet after it stays 0: payload type PCMU (RFC 3551 section 6)
    packet.writeUInt16BE(this.#sent & 0xffff, 2)
    packet.writeUInt32BE(first % 2 ** 32, 4)
    packet.writeUInt32BE(this.#ssrc, 8)
    for (let i = 0; i < samplesPerPacket; i++) {
      packet[headerBytes + i] = muLaw(8000 * Math.sin(step * (first + i)))
    }
    this.#sent++
    return packet
  }
}

const port = Number(process.env.PORT ?? 8554)
const server = new RtspServer({ port })
server.mounts.add('/tone', new MediaFactory(() => new Tone()))
server.mounts.allowPublish('/live/*')
server.on('publishStarted', (path) => console.log(`on air: rtsp://127.0.0.1:${port}${path}`))
server.on('publishEnded', (path) => console.log(`off air: ${path}`))
await server.listen()
console.log(`rtsp://127.0.0.1:${port}/tone`)

process.once('SIGINT', () => server.close())
const seconds = Number(process.env.RTSPOOL_EXAMPLE_SECONDS)
if (seconds) setTimeout(() => server.close(), seconds * 1000)
