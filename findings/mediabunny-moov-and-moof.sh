#!/usr/bin/env bash
# Packages   mediabunny 1.61.0 (npm); PyAV 18.1.0 (PyPI, libavformat 62.12) writes the files.
# Behaviour  An MP4 may list its first samples in moov and the others in fragments (moof). mediabunny reads the former only.
#            No error tells of it, and the length of the track is that of the part it read.
# Expected   All samples: ISO/IEC 14496-12 section 8.8.1 adds the samples of fragments to those of moov, and mvex announces them.
#            libavformat reads all 100, and mediabunny does so where moov is empty.
# Seen       plain: 100 of 100; all in fragments: 100 of 100; moov and fragments: 25 of 100 pictures, 1.08 s instead of 4 s.
# Matters    `frag_keyframe` without `empty_moov` is a usual way to record files that outlive a loss of power. An RTSP server that
#            reads such a file by this library plays its first second, and tells viewers that this is the whole file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip -q install av==18.1.0
npm install --silent --no-audit --no-fund --prefix . mediabunny@1.61.0 >/dev/null

cat > write.py <<'END'
import av
from fractions import Fraction

def write(path, options):
    out = av.open(path, 'w', format='mp4', options=options)
    stream = out.add_stream('libx264', rate=25)
    stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuv420p'
    stream.codec_context.gop_size = 25
    for i in range(100):
        frame = av.VideoFrame(64, 48, 'yuv420p')
        for plane in frame.planes:
            plane.update(bytes([i * 2]) * plane.buffer_size)
        frame.pts, frame.time_base = i, Fraction(1, 25)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))
    out.close()
    with av.open(path) as read:
        print('libavformat', path, sum(1 for packet in read.demux(video=0) if packet.size), 'pictures')

write('plain.mp4', {})
write('all-in-fragments.mp4', {'movflags': 'frag_keyframe+empty_moov'})
write('moov-and-fragments.mp4', {'movflags': 'frag_keyframe'})
END

cat > read.mjs <<'END'
import { readFileSync } from 'node:fs'
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from 'mediabunny'

const counts = []
for (const path of ['plain.mp4', 'all-in-fragments.mp4', 'moov-and-fragments.mp4']) {
  const track = await new Input({ source: new FilePathSource(path), formats: ALL_FORMATS }).getPrimaryVideoTrack()
  let count = 0
  for await (const _ of new EncodedPacketSink(track).packets()) count++
  const bytes = readFileSync(path).toString('latin1')
  console.log(`mediabunny ${path} ${count} pictures, ${await track.computeDuration()} s;`,
    `mvex: ${bytes.includes('mvex')}, moof: ${bytes.split('moof').length - 1}`)
  counts.push(count)
}
const isAsFound = counts[0] === 100 && counts[1] === 100 && counts[2] < 50
console.log(isAsFound ? 'as found' : 'CHANGED')
process.exit(isAsFound ? 0 : 1)
END

timeout 60 venv/bin/python write.py
timeout 60 node read.mjs
