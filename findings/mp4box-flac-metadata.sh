#!/usr/bin/env bash
# Packages   mp4box 2.4.1 (npm); PyAV 18.1.0 (PyPI, libavformat 62.12) writes the file.
# Behaviour  The box dfLa (FLAC in MP4) ends with the metadata block that has the flag "last". mp4box reads one block more: it
#            reports two blocks of STREAMINFO where the file has one, and says that it read past the end of the box.
# Expected   One block: the first bit of a block's header tells that no other follows (FLAC format, METADATA_BLOCK_HEADER; "FLAC
#            in ISOBMFF" takes it over). libavformat reads its 34 bytes and decodes the sound.
# Seen       "2 (STREAMINFO, STREAMINFO)", and "read 38 more bytes than the indicated box data size, seeking backwards".
# Matters    A server that sends G.711 to browsers as FLAC in fragments, and is tested with mp4box as an independent reader, sees an
#            error and a wrong count for a correct file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip -q install av==18.1.0
npm install --silent --no-audit --no-fund --prefix . mp4box@2.4.1 >/dev/null

cat > write.py <<'END'
import av

out = av.open('tone.mp4', 'w', format='mp4')
stream = out.add_stream('flac', rate=8000)
stream.layout, stream.format = 'mono', 's16'
for i in range(10):
    frame = av.AudioFrame(format='s16', layout='mono', samples=800)
    frame.planes[0].update(bytes([i, 0]) * 800)
    frame.sample_rate, frame.pts = 8000, i * 800
    out.mux(stream.encode(frame))
out.mux(stream.encode(None))
out.close()
with av.open('tone.mp4') as read:
    codec = read.streams.audio[0].codec_context
    print('libavformat', codec.name, len(codec.extradata), 'bytes of STREAMINFO,', sum(f.samples for f in read.decode(audio=0)), 'samples')
END

cat > read.mjs <<'END'
import { readFileSync } from 'node:fs'
import { createFile } from 'mp4box'

const bytes = readFileSync('tone.mp4')
// The box by hand: size, type, version and flags, then blocks of a header of 4 bytes and what it says.
const at = bytes.indexOf('dfLa') - 4
const end = at + bytes.readUInt32BE(at)
const blocks = []
for (let i = at + 12; i < end; i += 4 + bytes.readUIntBE(i + 1, 3)) blocks.push({ type: bytes[i] & 0x7f, isLast: bytes[i] >= 0x80 })
console.log('the file', JSON.stringify(blocks))

const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
buffer.fileStart = 0
const file = createFile()
file.appendBuffer(buffer)
file.flush()
const { dfLa } = file.getTrackById(1).mdia.minf.stbl.stsd.entries[0]
console.log('mp4box', dfLa.numMetadataBlocks)
const isAsFound = blocks.length === 1 && blocks[0].isLast && String(dfLa.numMetadataBlocks).startsWith('2 ')
console.log(isAsFound ? 'as found' : 'CHANGED')
process.exit(isAsFound ? 0 : 1)
END

timeout 60 venv/bin/python write.py
timeout 60 node read.mjs
