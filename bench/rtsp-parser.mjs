// Requests and interleaved frames a second through RtspParser. Build first: npm run build.
// Usage: node bench/rtsp-parser.mjs [seconds a case, default 1]
import { RtspParser } from '../packages/rtspool/dist/rtsp/index.js'

const chunkBytes = 64 * 1024
const framePayloadBytes = 1400
const secondsPerCase = Number(process.argv[2] ?? 1)

const request = Buffer.from(
  [
    'GET_PARAMETER rtsp://127.0.0.1:8554/cam/ RTSP/1.0',
    'CSeq: 12',
    'User-Agent: Lavf59.27.100',
    'Session: 2hTgCRjJbPz9XnuLhyqwv1',
    '',
    '',
  ].join('\r\n'),
)

const frame = Buffer.concat([
  // $, channel 0, length of the payload
  Buffer.from([0x24, 0, framePayloadBytes >> 8, framePayloadBytes & 0xff]),
  Buffer.alloc(framePayloadBytes, 0x80),
])

/** One chunk of as many whole messages as fit. */
const wholeChunk = (message) => [
  Buffer.concat(Array(Math.floor(chunkBytes / message.length)).fill(message)),
]

/** The stream of `count` messages in chunks of 64 KiB. */
function straddlingChunks(message, count) {
  const stream = Buffer.concat(Array(count).fill(message))
  const chunks = []
  for (let at = 0; at < stream.length; at += chunkBytes) {
    chunks.push(stream.subarray(at, at + chunkBytes))
  }
  return chunks
}

function measure(name, message, chunks) {
  let messages = 0
  let bytes = 0
  const count = () => {
    messages++
  }
  const parser = new RtspParser({ request: count, response: count, interleaved: count })
  const run = (seconds) => {
    const end = performance.now() + seconds * 1000
    while (performance.now() < end) {
      for (const chunk of chunks) {
        parser.push(chunk)
        bytes += chunk.length
      }
    }
  }
  run(secondsPerCase / 4)
  messages = 0
  bytes = 0
  const start = performance.now()
  run(secondsPerCase)
  const seconds = (performance.now() - start) / 1000
  return {
    name,
    messageBytes: message.length,
    perSecond: Math.round(messages / seconds),
    mebibytesPerSecond: Math.round(bytes / seconds / 2 ** 20),
  }
}

const results = [
  measure('requests, whole in a chunk', request, wholeChunk(request)),
  measure('requests, straddling chunks', request, straddlingChunks(request, 4096)),
  measure('frames, whole in a chunk', frame, wholeChunk(frame)),
  measure('frames, straddling chunks', frame, straddlingChunks(frame, 4096)),
]

const machine = { node: process.version, arch: process.arch, platform: process.platform }
console.log(
  JSON.stringify({ bench: 'rtsp-parser', ...machine, chunkBytes, secondsPerCase, results }),
)
console.table(results)
