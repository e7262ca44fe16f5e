import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { Program } from '../process.js'
import type { Recipe } from './recipe.js'

const run = promisify(execFile)
const quiet = ['-hide_banner', '-nostdin', '-v', 'error', '-y']

/** Pictures and sound as ffmpeg decodes them. */
interface Decoded {
  /** A checksum for each picture, in the order of showing. */
  readonly pictures: readonly string[]
  readonly soundSeconds: number
}

/** A file beside what a viewer of the file has received. */
export interface Comparison {
  readonly name: string
  /** Pictures that ffmpeg shows of the file. */
  readonly pictures: number
  readonly received: number
  /** Pictures that did not arrive, or arrived out of order. */
  readonly missing: number
  /** Pictures that the file does not have. */
  readonly wrong: number
  /** Pictures that an edit list hides, and that others need. */
  readonly hidden: number
  /** Of the file. */
  readonly soundSeconds: number
  readonly missingSoundSeconds: number
}

/** Plays a file and compares the pictures one by one. */
export async function comparePlayed(
  { name, without = [] }: Recipe,
  path: string,
  url: string,
): Promise<Comparison> {
  const kinds = (await kindsOf(path)).filter((kind) => !without.includes(kind))
  const [file, all, played] = await Promise.all([
    decode(kinds, `${path}.file`, '-i', path),
    decode(kinds, `${path}.all`, ...withoutEdits(name), '-i', path),
    decode(
      kinds,
      `${path}.${url.includes('/s/') ? 's' : 'd'}`,
      '-rtsp_transport',
      'tcp',
      '-i',
      url,
    ),
  ])
  const known = new Set([...file.pictures, ...all.pictures])
  const shown = new Set(file.pictures)
  return {
    name: new URL(url).pathname,
    pictures: file.pictures.length,
    received: played.pictures.length,
    missing: missingIn(played.pictures, file.pictures),
    wrong: played.pictures.filter((picture) => !known.has(picture)).length,
    hidden: played.pictures.filter((picture) => known.has(picture) && !shown.has(picture)).length,
    soundSeconds: round(file.soundSeconds),
    missingSoundSeconds: round(Math.max(0, file.soundSeconds - played.soundSeconds)),
  }
}

const round = (seconds: number): number => Math.round(seconds * 100) / 100

/** Pictures that are not found in the order in which they are wanted. */
function missingIn(received: readonly string[], wanted: readonly string[]): number {
  let at = 0
  let missing = 0
  for (const picture of wanted) {
    const found = received.indexOf(picture, at)
    if (found < 0) missing++
    else at = found + 1
  }
  return missing
}

const withoutEdits = (name: string): string[] =>
  /\.(mp4|mov|m4a)$/.test(name) ? ['-ignore_editlist', '1'] : []

async function kindsOf(path: string): Promise<('video' | 'audio')[]> {
  const entries = 'stream=codec_type:stream_disposition=attached_pic'
  const { stdout } = await run('ffprobe', [
    '-v',
    'quiet',
    '-show_entries',
    entries,
    '-of',
    'json',
    path,
  ])
  const { streams } = JSON.parse(stdout) as {
    streams: { codec_type: string; disposition?: { attached_pic: number } }[]
  }
  const types = streams.flatMap((it) => (it.disposition?.attached_pic ? [] : [it.codec_type]))
  return (['video', 'audio'] as const).filter((kind) => types.includes(kind))
}

async function decode(
  kinds: readonly ('video' | 'audio')[],
  path: string,
  ...input: readonly string[]
): Promise<Decoded> {
  const outputs = kinds.flatMap((kind) => [
    ...['-map', kind === 'video' ? '0:v:0' : '0:a:0', '-fps_mode', 'passthrough'],
    ...['-f', 'framecrc', `${path}.${kind}`],
  ])
  // Faults of a file are told on standard error, and are none of this test.
  await new Program('ffmpeg', [...quiet, '-noautorotate', ...input, ...outputs]).ended(20_000)
  const pictures = kinds.includes('video') ? await rowsOf(`${path}.video`) : { rows: [], scale: 0 }
  const sound = kinds.includes('audio') ? await rowsOf(`${path}.audio`) : { rows: [], scale: 0 }
  return {
    pictures: pictures.rows.map((row) => row[5] ?? ''),
    soundSeconds: sound.rows.reduce((sum, row) => sum + Number(row[3]) * sound.scale, 0),
  }
}

/** `stream, dts, pts, duration, size, checksum` for each frame, below `#tb 0: 1/48000`. */
async function rowsOf(path: string): Promise<{ rows: string[][]; scale: number }> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const [, numerator = '1', denominator = '1'] = /^#tb 0: (\d+)\/(\d+)/m.exec(text) ?? []
  const rows = text.split('\n').filter((line) => line.startsWith('0,'))
  return {
    rows: rows.map((line) => line.split(',').map((column) => column.trim())),
    scale: Number(numerator) / Number(denominator),
  }
}
