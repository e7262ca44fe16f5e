// Serves pictures that this program draws: a clock of lamps that counts pictures in binary, and a ball.
// The encoder has the interface of WebCodecs, which packages bring to Node.
//
//   ffplay rtsp://127.0.0.1:8554/canvas
import { RtspServer } from 'rtspool'
import { h264, LiveMedia } from 'rtspool/push'

const width = 160
const height = 96
const framesPerSecond = 30
const lampSize = 16

const port = Number(process.env.PORT ?? 8554)
const live = new LiveMedia({ tracks: [h264()] })
const [video] = live.tracks
const server = new RtspServer({ port })
server.mounts.add('/canvas', live.factory)
await server.listen()
console.log(`rtsp://127.0.0.1:${port}/canvas`)

/** The brightness of each pixel of a picture, from 16 to 235. */
function draw(index: number): Uint8Array {
  const canvas = new Uint8Array(width * height).fill(60)
  const rectangle = (left: number, top: number, size: number, brightness: number): void => {
    for (let y = top; y < top + size; y++) {
      canvas.fill(brightness, y * width + left, y * width + left + size)
    }
  }
  for (let lamp = 0; lamp < width / lampSize; lamp++) {
    const isOn = (index >> (width / lampSize - 1 - lamp)) & 1
    rectangle(lamp * lampSize, 0, lampSize, isOn ? 235 : 16)
  }
  const phase = (index % 60) / 60
  rectangle(Math.round(phase * (width - 20)), 40 + Math.round(30 * Math.sin(phase * 6.28)), 20, 180)
  return canvas
}

/** What `EncodedVideoChunk` of WebCodecs has. */
interface Chunk {
  readonly type: 'key' | 'delta'
  /** Microseconds. */
  readonly timestamp: number
  readonly byteLength: number
  copyTo(destination: Uint8Array): void
}

// With WebCodecs: new VideoEncoder({ output, error }), and configure({ codec: 'avc1.42001f', avc: { format: 'annexb' }, … }).
const encoder = createEncoder((chunk) => {
  const bytes = new Uint8Array(chunk.byteLength)
  chunk.copyTo(bytes)
  video.writeAccessUnit(bytes, { pts: chunk.timestamp / 1e6, keyFrame: chunk.type === 'key' })
})

let index = 0
const begin = performance.now()
const timer = setInterval(() => {
  // Timers come late; what counts is how many pictures are due.
  for (; (index * 1000) / framesPerSecond <= performance.now() - begin; index++) {
    const timestamp = (index * 1e6) / framesPerSecond
    encoder.encode({ timestamp, luma: draw(index) }, { keyFrame: video.wantsKeyFrame })
  }
}, 1000 / framesPerSecond)

async function close(): Promise<void> {
  clearInterval(timer)
  await live.close()
  await server.close()
}
process.once('SIGINT', close)
const seconds = Number(process.env.RTSPOOL_EXAMPLE_SECONDS)
if (seconds) setTimeout(close, seconds * 1000)

/**
 * Stands in for `VideoEncoder`, so that the example needs no package: H.264 whose macroblocks are not compressed (I_PCM),
 * in pictures without colour. Each picture is a key frame.
 */
function createEncoder(output: (chunk: Chunk) => void) {
  const startCode = Buffer.from([0, 0, 0, 1])
  const columns = width / 16
  const rows = height / 16
  /** Writes bits: a number n as Exp-Golomb code, or text of zeros and ones as it is. */
  const bits = (...values: (number | string)[]): string =>
    values
      .map((value) => {
        if (typeof value === 'string') return value
        const code = (value + 1).toString(2)
        return '0'.repeat(code.length - 1) + code
      })
      .join('')
  const bytesOf = (text: string): Buffer =>
    Buffer.from(
      (text.padEnd(Math.ceil(text.length / 8) * 8, '0').match(/.{8}/g) ?? []).map((byte) =>
        Number.parseInt(byte, 2),
      ),
    )
  // H.264 sections 7.3.2.1.1, 7.3.2.2 and 7.3.3
  const sps = Buffer.concat([
    Buffer.from([0x67, 66, 0xc0, 30]),
    bytesOf(bits(0, 0, 2, 0, '0', columns - 1, rows - 1, '1', '1', '0', '0', '1')),
  ])
  const pps = Buffer.concat([
    Buffer.from([0x68]),
    bytesOf(bits(0, 0, '0', '0', 0, 0, 0, '0', '00', 0, 0, 0, '1', '0', '0', '1')),
  ])
  const macroblockType = 25
  let pictures = 0
  return {
    encode({ timestamp, luma }: { timestamp: number; luma: Uint8Array }, _options: object): void {
      const header = bits(0, 7, 0, '0000', pictures++ % 2, '0', '0', 0, 1, macroblockType)
      const parts = [
        startCode,
        sps,
        startCode,
        pps,
        startCode,
        Buffer.from([0x65]),
        bytesOf(header),
      ]
      for (let block = 0; block < columns * rows; block++) {
        if (block > 0) parts.push(bytesOf(bits(macroblockType)))
        const left = (block % columns) * 16
        const top = Math.floor(block / columns) * 16
        for (let y = top; y < top + 16; y++) {
          parts.push(Buffer.from(luma.subarray(y * width + left, y * width + left + 16)))
        }
        parts.push(Buffer.alloc(2 * 64, 128))
      }
      parts.push(Buffer.from([0x80]))
      const data = Buffer.concat(parts)
      output({
        ...{ type: 'key', timestamp, byteLength: data.length },
        copyTo: (destination) => void destination.set(data),
      })
    },
  }
}
