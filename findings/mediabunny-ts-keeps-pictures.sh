#!/usr/bin/env bash
# Package    mediabunny 1.61.0 (npm).
# Behaviour  An MPEG-TS read in order stays in memory: of each track one PES packet for every 48 kB of the stream is kept, with
#            its payload, among the points to seek to. Pictures larger than that are all kept. maxCacheSize does not count them.
# Expected   Memory bounded by maxCacheSize, for a stream without a known size that is read once from start to end. A point to
#            seek to needs a position and a time. The same pictures in Matroska leave nothing behind.
# Seen       Bytes held more after 500 pictures (cache: 4 MiB, full before): 30.9 MB of 30.9 MB where a picture has 62 kB, 3.1 MB
#            of 9.3 MB where it has 19 kB; Matroska: 0 of 30.9 MB.
# Matters    At 25 pictures a second that is 5 GB in an hour for a camera of 12 Mbit/s, and 0.6 GB for one of 4 Mbit/s. A process
#            that reads live MPEG-TS by this library must open a new input from time to time.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . mediabunny@1.61.0 >/dev/null

cat > write.mjs <<'END'
import { EncodedPacket, EncodedVideoPacketSource, FilePathTarget, MkvOutputFormat, MpegTsOutputFormat, Output } from 'mediabunny'

const golomb = (...values) => values.map((value) => {
  const text = (value + 1).toString(2)
  return '0'.repeat(text.length - 1) + text
}).join('')
const bits = (text) => Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8, '0').match(/.{8}/g).map((byte) => parseInt(byte, 2)))
const start = Buffer.from([0, 0, 0, 1])

/** Returns an H.264 picture on its own (IDR), of uncompressed macroblocks (I_PCM) in one grey. */
function picture(columns, rows, number) {
  const sequence = golomb(0, 0, 2, 1) + '0' + golomb(columns - 1, rows - 1) + '11001'
  const setting = golomb(0, 0) + '00' + golomb(0, 0, 0) + '000' + golomb(0, 0, 0) + '0001'
  const slice = golomb(0, 7, 0) + '0000' + golomb(number % 2) + '00' + golomb(0)
  const samples = Buffer.alloc(384, 64 + number % 100)
  const macroblocks = [bits(slice + golomb(25)), samples]
  for (let i = 1; i < columns * rows; i++) macroblocks.push(bits(golomb(25)), samples)
  return Buffer.concat([start, Buffer.from([0x67, 66, 0xc0, 40]), bits(sequence), start, Buffer.from([0x68]), bits(setting),
    start, Buffer.from([0x65]), ...macroblocks, Buffer.from([0x80])])
}

async function write(path, format, columns, rows) {
  const output = new Output({ format, target: new FilePathTarget(path) })
  const source = new EncodedVideoPacketSource('avc')
  output.addVideoTrack(source)
  await output.start()
  const decoderConfig = { codec: 'avc1.42c028', codedWidth: columns * 16, codedHeight: rows * 16 }
  for (let i = 0; i < 850; i++) {
    await source.add(new EncodedPacket(picture(columns, rows, i), 'key', i / 25, 1 / 25), { decoderConfig })
  }
  await output.finalize()
}

await write('large.ts', new MpegTsOutputFormat(), 16, 10)
await write('small.ts', new MpegTsOutputFormat(), 8, 6)
await write('large.mkv', new MkvOutputFormat(), 16, 10)
END

# Prints how many bytes more are held after 500 pictures, and fails if that is not between two parts of the bytes read.
cat > read.mjs <<'END'
import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ALL_FORMATS, EncodedPacketSink, Input, ReadableStreamSource } from 'mediabunny'

const [path, least, most] = process.argv.slice(2)
async function held() {
  for (let i = 0; i < 4; i++) {
    await sleep(50)
    globalThis.gc()
  }
  return process.memoryUsage().arrayBuffers
}

const file = await open(path)
const stream = new ReadableStream({ async pull(controller) {
  const { bytesRead, buffer } = await file.read(new Uint8Array(65536), 0, 65536)
  if (bytesRead > 0) controller.enqueue(buffer.subarray(0, bytesRead))
  else controller.close()
} })
const source = new ReadableStreamSource(stream, { maxCacheSize: 4 * 2 ** 20 })
const sink = new EncodedPacketSink(await new Input({ source, formats: ALL_FORMATS }).getPrimaryVideoTrack())
let count = 0, bytes = 0, before, more
for (let packet = await sink.getFirstPacket(); packet; packet = await sink.getNextPacket(packet)) {
  count++
  if (count > 300 && count <= 800) bytes += packet.byteLength
  if (count === 300) before = await held()
  if (count === 800) more = await held() - before
}
console.log(`${path}: ${count} pictures of ${bytes / 500} bytes; after 500 of them ${more} bytes more are held, of ${bytes}`)
const isAsFound = count === 850 && more >= least * bytes && more <= most * bytes
console.log(isAsFound ? 'as found' : 'CHANGED')
process.exit(isAsFound ? 0 : 1)
END

timeout 60 node write.mjs
timeout 60 node --expose-gc read.mjs large.ts 0.8 1.2
timeout 60 node --expose-gc read.mjs small.ts 0.2 0.5
timeout 60 node --expose-gc read.mjs large.mkv -0.1 0.1
