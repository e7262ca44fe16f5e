import { readFile } from 'node:fs/promises'
import { Program, patienceMs } from './process.js'

/** Lamps of a picture of 160x96, which show its number in binary. */
const lamps = 10
const lampsSize = { width: lamps, height: 6 }

/** A source of `-f lavfi` whose pictures show their numbers. */
export const numberedPictures =
  "color=black:size=160x96:rate=25,geq=lum='if(mod(floor(N/pow(2,9-floor(X/16))),2)*lt(Y,16),235,16)':cb=128:cr=128"

export interface NumberedPicture {
  /** Number that is drawn in the picture. */
  readonly index: number
  /** Presentation time in 1/90000 s. */
  readonly ticks: number
}

/** Plays a URL or a file with ffmpeg, and reads the numbers that are drawn in the decoded pictures. */
export async function readNumbers(options: {
  readonly url: string
  readonly count: number
  /** File for the pictures. */
  readonly path: string
}): Promise<{ readonly pictures: readonly NumberedPicture[]; readonly errors: readonly string[] }> {
  const { url, count, path } = options
  const program = new Program('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-y', '-loglevel', 'repeat+level+info'],
    ...(url.startsWith('rtsp:') ? ['-rtsp_transport', 'tcp'] : []),
    ...['-i', url, '-an', '-frames:v', `${count}`],
    ...['-fps_mode', 'passthrough', '-f', 'rawvideo'],
    ...[
      '-vf',
      `showinfo,scale=${lampsSize.width}:${lampsSize.height}:flags=area,format=gray`,
      path,
    ],
  ])
  const status = await program.ended(patienceMs)
  const lines = program.stderr.split('\n')
  const errors = lines.filter((line) => /\[(error|fatal)\]/.test(line))
  if (status !== 0) errors.push(`ended with ${status}`)
  const times = [...program.stderr.matchAll(/ n: *\d+ pts: *(-?\d+) /g)].map(([, pts]) =>
    Number(pts),
  )
  const bytes = await readFile(path).catch(() => Buffer.alloc(0))
  const pictureBytes = lampsSize.width * lampsSize.height
  const pictures = Array.from({ length: Math.floor(bytes.length / pictureBytes) }, (_, at) => {
    const row = bytes.subarray(at * pictureBytes, at * pictureBytes + lamps)
    const index = row.reduce((number, level) => number * 2 + (level > 125 ? 1 : 0), 0)
    return { index, ticks: times[at] ?? Number.NaN }
  })
  return { pictures, errors }
}
