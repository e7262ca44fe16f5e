// Makes packages/rtspool-server/assets/test.mp4, the clip that `/test` plays: a moving test picture with a clock
// and a soft tone, 10.24 s long. That is 256 pictures and 480 AAC frames, so it loops without drift.
//
// node scripts/make-test-clip.mjs [output.mp4]      needs ffmpeg with libx264
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const framesPerSecond = 25
const pictures = 256
const sampleRate = 48_000
const samplesPerAacFrame = 1024
const aacFrames = 480
const seconds = pictures / framesPerSecond
const sizeLimitBytes = 500_000

const defaultOutput = fileURLToPath(
  new URL('../packages/rtspool-server/assets/test.mp4', import.meta.url),
)
const output = process.argv[2] ?? defaultOutput
const directory = mkdtempSync(join(tmpdir(), 'rtspool-clip-'))
try {
  const video = join(directory, 'video.mp4')
  const audio = join(directory, 'audio.aac')
  makeVideo(video)
  makeAudio(audio)
  ffmpeg(
    ['-i', video, '-i', audio, '-map', '0:v', '-map', '1:a', '-c', 'copy'],
    ['-map_metadata', '-1', '-fflags', '+bitexact', '-movflags', '+faststart', output],
  )
} finally {
  rmSync(directory, { recursive: true })
}
const sizeBytes = statSync(output).size
if (sizeBytes > sizeLimitBytes) {
  throw new Error(`${output} has ${sizeBytes} bytes, more than ${sizeLimitBytes}`)
}
console.log(`${output}: ${sizeBytes} bytes, ${pictures} pictures, ${aacFrames} AAC frames`)

/** H.264 without B-frames, a key frame a second, the rate held so that no second is a burst. */
function makeVideo(path) {
  const picture = `testsrc2=size=640x360:rate=${framesPerSecond}:duration=${seconds}`
  const gop = [
    '-g',
    `${framesPerSecond}`,
    '-keyint_min',
    `${framesPerSecond}`,
    '-sc_threshold',
    '0',
  ]
  const rate = ['-b:v', '280k', '-maxrate', '320k', '-bufsize', '320k']
  ffmpeg(
    ['-f', 'lavfi', '-i', picture, '-frames:v', `${pictures}`, '-c:v', 'libx264'],
    ['-preset', 'veryslow', '-profile:v', 'main', '-level', '3.0', '-pix_fmt', 'yuv420p'],
    ['-bf', '0', ...gop, ...rate, '-threads', '1', '-flags', '+bitexact', path],
  )
}

/**
 * AAC whose last frame leads into its first: the tone repeats every 10.24 s, three rounds are encoded and
 * the middle one is kept. Bare ADTS frames carry no encoder delay, so the MP4 gets no edit list.
 */
function makeAudio(path) {
  const hertz = 4500 / seconds
  const swellsHertz = 10 / seconds
  const tone = `0.12*sin(2*PI*${hertz}*t)*(0.55-0.45*cos(2*PI*${swellsHertz}*t))`
  ffmpeg(
    ['-f', 'lavfi', '-i', `aevalsrc='${tone}':s=${sampleRate}:d=${3 * seconds}`],
    ['-c:a', 'aac', '-b:a', '48k', '-flags', '+bitexact', '-f', 'adts', path],
  )
  const frames = adtsFrames(readFileSync(path))
  writeFileSync(path, Buffer.concat(frames.slice(aacFrames, 2 * aacFrames)))
}

/** Splits ADTS at its frame length, 13 bits from bit 30 of each header (ISO/IEC 13818-7). */
function adtsFrames(bytes) {
  const frames = []
  let offset = 0
  while (offset < bytes.length) {
    const length = (bytes.readUInt32BE(offset + 2) >>> 5) & 0x1fff
    frames.push(bytes.subarray(offset, offset + length))
    offset += length
  }
  if (aacFrames * samplesPerAacFrame !== seconds * sampleRate || frames.length < 2 * aacFrames) {
    throw new Error(`the tone gave ${frames.length} AAC frames`)
  }
  return frames
}

function ffmpeg(...argumentLists) {
  const quiet = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-y']
  execFileSync('ffmpeg', [...quiet, ...argumentLists.flat()], { stdio: 'inherit' })
}
