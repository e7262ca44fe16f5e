import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll } from 'vitest'
import { endPrograms } from './process.js'

const run = promisify(execFile)

/** GStreamer warns of video that leaves its colours open. */
const x265 = 'log-level=none:keyint=25:colorprim=bt709:transfer=bt709:colormatrix=bt709'

/** How ffmpeg is told to encode. */
const codecArguments = {
  h264: ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '25', '-bf', '2'],
  h265: ['-c:v', 'libx265', '-preset', 'veryfast', '-x265-params', x265],
  aac: ['-c:a', 'aac', '-ac', '2'],
  opus: ['-c:a', 'libopus', '-ac', '2'],
  pcmu: ['-c:a', 'pcm_mulaw', '-ar', '8000', '-ac', '1'],
  pcma: ['-c:a', 'pcm_alaw', '-ar', '8000', '-ac', '1'],
  ac3: ['-c:a', 'ac3', '-ac', '2'],
  mp3: ['-c:a', 'libmp3lame', '-ac', '2'],
  l16: ['-c:a', 'pcm_s16le', '-ac', '2'],
  l24: ['-c:a', 'pcm_s24be', '-ac', '2'],
} as const

export type VideoCodec = 'h264' | 'h265'
export type AudioCodec = 'aac' | 'opus' | 'pcmu' | 'pcma' | 'ac3' | 'mp3' | 'l16' | 'l24'

export interface MediaFileOptions {
  /** File name; its ending says which container. */
  readonly name: string
  readonly seconds: number
  readonly video: VideoCodec | null
  readonly audio: AudioCodec | null
  /** A source of `-f lavfi` instead of the moving test picture; 25 pictures a second. */
  readonly picture?: string
  /** More for the encoder. */
  readonly extra?: readonly string[]
}

/** A directory of files that ffmpeg makes, removed at the end. */
export class MediaFiles {
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
  }

  static async create(): Promise<MediaFiles> {
    return new MediaFiles(await mkdtemp(join(tmpdir(), 'rtspool-media-')))
  }

  pathOf(name: string): string {
    return join(this.#directory, name)
  }

  /** @returns Path of the new file. */
  async make(options: MediaFileOptions): Promise<string> {
    const { name, seconds, video, audio, extra = [] } = options
    const picture = options.picture ?? 'testsrc2=size=320x240:rate=25'
    const path = this.pathOf(name)
    await run('ffmpeg', [
      ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-y'],
      ...(video ? ['-f', 'lavfi', '-i', picture] : []),
      ...(audio ? ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'] : []),
      ...['-t', `${seconds}`, '-pix_fmt', 'yuv420p'],
      ...(video ? codecArguments[video] : []),
      ...(audio ? codecArguments[audio] : []),
      ...extra,
      path,
    ])
    return path
  }

  async remove(): Promise<void> {
    await rm(this.#directory, { recursive: true })
  }
}

/** Creates a directory before the tests of a file or group. After them, ends all programs and removes the directory. */
export function mediaFilesForTests(): Pick<MediaFiles, 'make' | 'pathOf'> {
  let created: MediaFiles | undefined
  beforeAll(async () => {
    created = await MediaFiles.create()
  })
  afterAll(async () => {
    await endPrograms()
    await created?.remove()
  })
  const files = (): MediaFiles => {
    if (!created) throw new Error('media files exist inside tests only')
    return created
  }
  return { make: (options) => files().make(options), pathOf: (name) => files().pathOf(name) }
}

/** Decodes a file with ffmpeg. @returns The codecs of its tracks, and all complaints. */
export async function decoded(file: string) {
  const probe = await run('ffprobe', [
    ...['-v', 'error', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', file],
  ])
  const { stderr } = await run('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-v', 'error', '-i', file, '-f', 'null', '-'],
  ])
  return { codecs: probe.stdout.trim().split('\n'), errors: probe.stderr + stderr }
}
