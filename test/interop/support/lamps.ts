import { readFile } from 'node:fs/promises'
import { Program, patienceMs } from './process.js'

/** Lamps of a picture of 160x96, which show its number in binary. */
const lamps = 10
const startCode = Buffer.from([0, 0, 0, 1])
const lampsSize = { width: lamps, height: 6 }

/** Number that the lamps show as 0 again. */
export const lampNumbers = 2 ** lamps

/** Returns a source of `-f lavfi` whose pictures show their numbers; `rate` is in pictures a second. */
export const numberedPicturesAt = (rate: number): string =>
  `color=black:size=160x96:rate=${rate},` +
  "geq=lum='if(mod(floor(N/pow(2,9-floor(X/16))),2)*lt(Y,16),235,16)':cb=128:cr=128"

/** A source of `-f lavfi` with 25 pictures a second, which show their numbers. */
export const numberedPictures = numberedPicturesAt(25)

const scale = `scale=${lampsSize.width}:${lampsSize.height}:flags=area,format=gray`

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
    ...['-vf', `showinfo,${scale}`, path],
  ])
  const status = await program.ended(patienceMs)
  const lines = program.stderr.split('\n')
  const errors = lines.filter((line) => /\[(error|fatal)\]/.test(line))
  if (status !== 0) errors.push(`ended with ${status}`)
  const times = [...program.stderr.matchAll(/ n: *\d+ pts: *(-?\d+) /g)].map(([, pts]) =>
    Number(pts),
  )
  const pictures = (await numbersIn(path)).map((index, at) => {
    return { index, ticks: times[at] ?? Number.NaN }
  })
  return { pictures, errors }
}

/** Reads the numbers of the pictures that ffmpeg has written to a file. */
async function numbersIn(path: string): Promise<number[]> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0))
  const pictureBytes = lampsSize.width * lampsSize.height
  return Array.from({ length: Math.floor(bytes.length / pictureBytes) }, (_, at) => {
    const row = bytes.subarray(at * pictureBytes, at * pictureBytes + lamps)
    return row.reduce((number, level) => number * 2 + (level > 125 ? 1 : 0), 0)
  })
}

/** Decodes access units of H.264 with ffmpeg while they arrive. */
export class NumberDecoder {
  readonly #path: string
  readonly #program: Program

  /** @param path - File for the decoded pictures. */
  constructor(path: string) {
    this.#path = path
    this.#program = new Program(
      'ffmpeg',
      [
        ...['-hide_banner', '-nostdin', '-y', '-loglevel', 'error', '-f', 'h264', '-i', 'pipe:0'],
        ...['-fps_mode', 'passthrough', '-f', 'rawvideo', '-vf', scale, path],
      ],
      { hasInput: true },
    )
  }

  /** Writes the NAL units of one picture. */
  write(units: readonly Uint8Array[]): void {
    this.#program.writeInput(Buffer.concat(units.flatMap((unit) => [startCode, unit])))
  }

  /** Ends the decoder. @returns The numbers of all pictures, in order. @throws {Error} If the decoder complains. */
  async end(): Promise<readonly number[]> {
    this.#program.endInput()
    const status = await this.#program.ended(patienceMs)
    const { stderr } = this.#program
    if (status !== 0 || stderr !== '') throw new Error(`ffmpeg ended with ${status}: ${stderr}`)
    return numbersIn(this.#path)
  }
}
