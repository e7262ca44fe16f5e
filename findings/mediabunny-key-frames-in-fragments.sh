#!/usr/bin/env bash
# Package    mediabunny 1.61.0 (npm).
# Behaviour  In a fragmented MP4, only the first picture of a fragment is marked as one to begin at. A fragment lasts a second or
#            more, so further key frames in it are written as pictures that depend on others.
# Expected   Each picture that was added as 'key' is one in the file, as it is without fragments and in Matroska.
# Seen       100 pictures at 25 a second, every fifth 'key': 20 key frames in plain MP4, in Matroska and with fragments of 10 ms, but
#            4 with fragments of the usual length. Each of its 4 run boxes has flags for its first sample, and none for the others.
# Matters    A player seeks to a whole second where 0.2 s are there, and who joins a key frame to a file by these marks loses most.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . mediabunny@1.61.0 >/dev/null

cat > count.mjs <<'END'
import * as bunny from 'mediabunny'

const golomb = (...values) => values.map((value) => {
  const text = (value + 1).toString(2)
  return '0'.repeat(text.length - 1) + text
}).join('')
const bits = (text) => Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8, '0').match(/.{8}/g).map((byte) => parseInt(byte, 2)))
const start = Buffer.from([0, 0, 0, 1])
const size = 64 / 16

/** Returns an H.264 picture on its own (IDR), of uncompressed macroblocks (I_PCM) in one grey. */
function picture(number) {
  const sequence = golomb(0, 0, 2, 1) + '0' + golomb(size - 1, size - 1) + '11001'
  const setting = golomb(0, 0) + '00' + golomb(0, 0, 0) + '000' + golomb(0, 0, 0) + '0001'
  const slice = golomb(0, 7, 0) + '0000' + golomb(number % 2) + '00' + golomb(0)
  const samples = Buffer.alloc(384, 64 + number % 100)
  const macroblocks = [bits(slice + golomb(25)), samples]
  for (let i = 1; i < size * size; i++) macroblocks.push(bits(golomb(25)), samples)
  return Buffer.concat([start, Buffer.from([0x67, 66, 0xc0, 40]), bits(sequence), start, Buffer.from([0x68]), bits(setting),
    start, Buffer.from([0x65]), ...macroblocks, Buffer.from([0x80])])
}

/** Writes 100 pictures, and returns the key frames that the file has, and the flags of its run boxes. */
async function write(format) {
  const target = new bunny.BufferTarget()
  const output = new bunny.Output({ format, target })
  const source = new bunny.EncodedVideoPacketSource('avc')
  output.addVideoTrack(source)
  await output.start()
  const decoderConfig = { codec: 'avc1.42c028', codedWidth: 64, codedHeight: 64 }
  for (let i = 0; i < 100; i++) {
    const type = i % 5 === 0 ? 'key' : 'delta'
    await source.add(new bunny.EncodedPacket(picture(i), type, i / 25, 1 / 25), { decoderConfig })
  }
  await output.finalize()
  const input = new bunny.Input({ formats: bunny.ALL_FORMATS, source: new bunny.BufferSource(target.buffer) })
  let keys = 0
  for await (const { type } of new bunny.EncodedPacketSink(await input.getPrimaryVideoTrack()).packets()) {
    if (type === 'key') keys++
  }
  const bytes = Buffer.from(target.buffer)
  const flags = []
  for (let at = bytes.indexOf('trun'); at >= 0; at = bytes.indexOf('trun', at + 4)) flags.push(bytes.readUIntBE(at + 5, 3))
  return { keys, flags }
}

const firstSampleFlags = 0x4
const flagsOfEach = 0x400
const usual = await write(new bunny.Mp4OutputFormat({ fastStart: 'fragmented' }))
const short = await write(new bunny.Mp4OutputFormat({ fastStart: 'fragmented', minimumFragmentDuration: 0.01 }))
const plain = await write(new bunny.Mp4OutputFormat())
const matroska = await write(new bunny.MkvOutputFormat())
console.log(`key frames: usual fragments ${usual.keys}, short ${short.keys}, plain ${plain.keys}, Matroska ${matroska.keys}`)
console.log(`run boxes of usual fragments: ${usual.flags.map((each) => each.toString(16)).join(' ')}`)
const isSeen = [short, plain, matroska].every(({ keys }) => keys === 20) && usual.keys === 4 && usual.flags.length === 4 &&
  usual.flags.every((each) => (each & firstSampleFlags) !== 0 && (each & flagsOfEach) === 0)
process.exit(isSeen ? 0 : 1)
END
node count.mjs || { echo "this has changed"; exit 1; }
