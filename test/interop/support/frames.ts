import { Program } from './process.js'
import type { Transport } from './publishers.js'

/** One decoded picture. */
export interface Picture {
  /** Presentation time in seconds, from the beginning of the file. */
  readonly seconds: number
  /** Of all its samples. */
  readonly md5: string
}

export interface DecodeOptions {
  /** A path, or an rtsp: URL. */
  readonly input: string
  /** Before which ffmpeg shows nothing: it seeks to the key frame before and decodes from there. */
  readonly startSeconds?: number
  /** How many pictures; all of them when absent. */
  readonly count?: number
  /** Only for URLs. */
  readonly transport?: Transport
  /** How often the input is played again from its beginning. */
  readonly repeats?: number
}

export interface Decoded {
  readonly pictures: readonly Picture[]
  /** What ffmpeg complained about. */
  readonly errors: readonly string[]
}

const timeLimitMs = 45_000

/** Decodes the video of a file or presentation with ffmpeg, which seeks by itself. */
export async function decode(options: DecodeOptions): Promise<Decoded> {
  const { input, startSeconds, count, transport, repeats = 0 } = options
  const program = new Program('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-loglevel', 'repeat+level+warning'],
    ...(repeats > 0 ? [] : ['-copyts']),
    ...(transport ? ['-rtsp_transport', transport] : []),
    ...(repeats > 0 ? ['-stream_loop', `${repeats}`] : []),
    ...(startSeconds === undefined ? [] : ['-ss', `${startSeconds}`]),
    ...['-i', input, '-map', '0:v'],
    ...(count === undefined ? [] : ['-frames:v', `${count}`]),
    ...[
      '-fps_mode',
      'passthrough',
      '-enc_time_base',
      '1/1000',
      '-f',
      'framehash',
      '-hash',
      'md5',
      '-',
    ],
  ])
  const status = await program.ended(timeLimitMs)
  const errors = program.stderr.split('\n').filter((line) => line !== '')
  if (status !== 0) errors.push(`ended with ${status}`)
  const pictures = program.stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').map((field) => field.trim()))
    .map((fields) => ({ seconds: Number(fields[2]) / 1000, md5: fields[5] ?? '' }))
  return { pictures, errors }
}
