import type { MediaFileOptions, MediaFiles } from './media-files.js'
import { Program } from './process.js'

/** A white picture and a tone of 100 ms, half a second after each full second: they begin at the same time. */
const flash = 'lt(mod(t+0.5\\,1)\\,0.1)'

const flashOptions: MediaFileOptions = {
  name: 'flashes.mp4',
  seconds: 10,
  video: 'h264',
  audio: 'aac',
  picture: `color=c=black:s=160x120:r=25,drawbox=c=white:t=fill:enable=${flash}`,
  extra: [
    ...['-bf', '0', '-af', `asetnsamples=480,volume=${flash}:eval=frame`],
    ...['-movflags', '+faststart'],
  ],
}

/** Makes a clip that shows whether sound and pictures match. */
export const makeFlashes = (files: MediaFiles): Promise<string> => files.make(flashOptions)

/** Contents of a recording. */
export interface Flashes {
  /** Seconds at which white pictures begin; `tones` are those at which tones begin. */
  readonly pictures: readonly number[]
  readonly tones: readonly number[]
  /** Times of all packets of each track, in order. */
  readonly times: readonly (readonly number[])[]
  readonly errors: readonly string[]
}

const timeLimitMs = 45_000
/** Mean of a picture's samples above which it is white. */
const white = 128

/** Decodes a recording of the clip, and finds its flashes and tones. */
export async function readFlashes(file: string): Promise<Flashes> {
  const decoding = new Program('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info', '-xerror', '-copyts'],
    ...['-i', file],
    ...['-filter:v', 'signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-'],
    ...['-filter:a', 'silencedetect=noise=-30dB:duration=0.3'],
    ...['-map', '0', '-f', 'null', '-'],
  ])
  const copying = new Program('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-loglevel', 'warning', '-copyts', '-i', file],
    ...['-map', '0', '-c', 'copy', '-f', 'framecrc', '-'],
  ])
  const statuses = [await decoding.ended(timeLimitMs), await copying.ended(timeLimitMs)]
  const tones = [...decoding.stderr.matchAll(/silence_end: ([\d.]+)/g)].map(([, at]) => Number(at))
  const errors = `${decoding.stderr}${copying.stderr}`
    .split('\n')
    .filter((line) => /\[(warning|error|fatal)\]/.test(line))
  for (const status of statuses) if (status !== 0) errors.push(`ended with ${status}`)
  return { pictures: beginnings(decoding.stdout), tones, times: timesOf(copying.stdout), errors }
}

/** Returns the times of the first white pictures after black ones. */
function beginnings(text: string): number[] {
  const pictures = [...text.matchAll(/pts_time:([\d.-]+)\s+lavfi\.signalstats\.YAVG=([\d.]+)/g)]
  const isWhite = pictures.map(([, , mean]) => Number(mean) > white)
  return pictures
    .filter((_picture, index) => isWhite[index] && isWhite[index - 1] === false)
    .map(([, at]) => Number(at))
}

/** Returns the decoding times of the packets by track, from lines of `framecrc`. */
function timesOf(text: string): number[][] {
  const bases = [...text.matchAll(/^#tb (\d+): (\d+)\/(\d+)/gm)]
  const times = bases.map((): number[] => [])
  for (const [, track, dts] of text.matchAll(/^(\d+),\s*(-?\d+),/gm)) {
    const base = bases[Number(track)]
    times[Number(track)]?.push((Number(dts) * Number(base?.[2])) / Number(base?.[3]))
  }
  return times
}
