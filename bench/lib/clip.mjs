// The stream that is fanned out: 720p30 H.264 of about 2 Mbit/s without B-frames, a key frame a second.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { resultsDirectory } from './paths.mjs'

export const framesPerSecond = 30
const gopFrames = 30
/** Seconds that are encoded, and seconds that they are repeated to: a server that does not loop plays it to its
 * end, so it is longer than the longest measurement. */
const lengths = { full: { encoded: 20, repeated: 240 }, short: { encoded: 3, repeated: 30 } }
const bitsPerSecond = 2_000_000
/** Changes when the clip does, so that a cached one is made anew. */
const version = 2

const quiet = ['-hide_banner', '-loglevel', 'error', '-y']

/**
 * Makes the clip, or finds it made.
 *
 * @param isShort - A clip of 30 s that is made in a moment.
 * @returns Paths of the MP4 file and of a text file with the size in bytes of each frame, a line each.
 */
export function makeClip({ isShort = false } = {}) {
  mkdirSync(resultsDirectory, { recursive: true })
  const length = isShort ? lengths.short : lengths.full
  const name = `clip-${version}-${length.repeated}s`
  const video = join(resultsDirectory, `${name}.mp4`)
  const frames = join(resultsDirectory, `${name}.frames`)
  if (!existsSync(video)) {
    const encoded = `${video}.${process.pid}.once.mp4`
    const unfinished = `${video}.${process.pid}.mp4`
    encode(encoded, length.encoded)
    const repeats = String(length.repeated / length.encoded - 1)
    ffmpeg(['-stream_loop', repeats, '-i', encoded, '-c', 'copy', unfinished])
    rmSync(encoded)
    renameSync(unfinished, video)
  }
  if (!existsSync(frames)) writeFileSync(frames, frameSizes(video))
  return { video, frames }
}

/** The clip as H.264 in Annex B, parameter sets in front of each key frame: for publishers that cut packets themselves. */
export function annexBClip({ video }) {
  const file = video.replace(/\.mp4$/, '.h264')
  if (!existsSync(file)) {
    const unfinished = `${file}.${process.pid}.h264`
    ffmpeg(['-i', video, '-c', 'copy', '-bsf:v', 'h264_mp4toannexb', unfinished])
    renameSync(unfinished, file)
  }
  return file
}

/** Average bits a second and frames of the clip, for the head of a report. */
export function describeClip({ frames }) {
  const sizes = readFileSync(frames, 'utf8').trim().split('\n').map(Number)
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  return {
    bitsPerSecond: Math.round((bytes * 8 * framesPerSecond) / sizes.length),
    framesPerSecond,
  }
}

// Noise on the picture costs bits as a camera's does: without it a test picture stays far below the target.
function encode(path, seconds) {
  const source = `testsrc2=size=1280x720:rate=${framesPerSecond},noise=alls=12:allf=t`
  const rate = String(bitsPerSecond)
  ffmpeg([
    ...['-f', 'lavfi', '-i', source, '-t', String(seconds)],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '0', '-pix_fmt', 'yuv420p'],
    ...['-g', String(gopFrames), '-keyint_min', String(gopFrames), '-sc_threshold', '0'],
    ...['-b:v', rate, '-maxrate', rate, '-bufsize', rate, path],
  ])
}

function frameSizes(video) {
  const entries = ['-show_entries', 'packet=size', '-of', 'csv=p=0']
  const text = execFileSync('ffprobe', ['-v', 'error', '-select_streams', 'v', ...entries, video], {
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  })
  return text.replaceAll(',', '')
}

function ffmpeg(args) {
  execFileSync('ffmpeg', [...quiet, ...args], { stdio: ['ignore', 'inherit', 'inherit'] })
}
