// Makes the small clips that `rtspool camera` plays beside the test picture: `test-h265.mp4` (H.265, 2 s, a key frame a
// second) and `test-pcm.wav` (linear PCM of 16 bits, 8000 Hz, a soft tone of 1 s).
//
// node scripts/make-camera-clips.mjs      needs ffmpeg with libx265
import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const assets = fileURLToPath(new URL('../packages/rtspool-server/assets/', import.meta.url))
const sizeLimitBytes = 20_000
const framesPerSecond = 10

make('test-h265.mp4', [
  ...['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=${framesPerSecond}:duration=2`],
  ...['-c:v', 'libx265', '-preset', 'slow', '-crf', '40', '-pix_fmt', 'yuv420p', '-tag:v', 'hvc1'],
  ...[
    '-x265-params',
    `keyint=${framesPerSecond}:min-keyint=${framesPerSecond}:bframes=0:info=0:pools=1`,
  ],
  ...['-movflags', '+faststart'],
])
make('test-pcm.wav', [
  ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=8000:duration=1'],
  ...['-af', 'volume=0.2', '-c:a', 'pcm_s16le', '-ac', '1'],
])

function make(name, args) {
  const output = assets + name
  const quiet = ['-hide_banner', '-loglevel', 'error', '-y']
  execFileSync('ffmpeg', [...quiet, ...args, '-map_metadata', '-1', '-fflags', '+bitexact', output])
  const sizeBytes = statSync(output).size
  if (sizeBytes > sizeLimitBytes) throw new Error(`${output} has ${sizeBytes} bytes`)
  console.log(`${output}: ${sizeBytes} bytes`)
}
