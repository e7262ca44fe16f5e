import { type ChildProcess, spawn } from 'node:child_process'
import { setPriority } from 'node:os'
import type { Readable } from 'node:stream'
import type { Clock } from 'rtspool'
import { maxPixels } from './picture.js'

/** Maximum bytes of a JPEG that the conversion program may write. */
const maxJpegBytes = 64 * 1024 * 1024
/** Maximum bytes of the conversion program's standard error that an error message quotes. */
const maxMessageBytes = 2_000
/** Quality of the JPEG in units of ffmpeg, from 2 (best) to 31. */
const quality = 4
/** Niceness of the conversion program, so that the server gets processor time first. */
const lowPriority = 10
const startOfImage = Buffer.from([0xff, 0xd8])

export interface JpegOptions {
  /** Program that converts the picture, by name or path. */
  readonly ffmpeg: string
  /** Greatest width of the JPEG in pixels. @default that of the picture */
  readonly width: number | undefined
  readonly timeoutMs: number
  readonly clock: Clock
  /** Signal that ends the conversion program at once. */
  readonly signal: AbortSignal
}

/** Error of a conversion to JPEG: the program is missing, has failed, or took too long. */
export class JpegError extends Error {
  /** True if the conversion program does not exist, or cannot be executed. */
  readonly isMissing: boolean

  constructor(message: string, isMissing: boolean) {
    super(message)
    this.name = 'JpegError'
    this.isMissing = isMissing
  }
}

/**
 * Converts the picture of an MP4 to JPEG by ffmpeg. Ends the program if it takes longer than `timeoutMs`.
 *
 * @throws {JpegError} The program is missing, has failed, or took too long.
 */
export async function jpegOf(mp4: Buffer, options: JpegOptions): Promise<Buffer> {
  const { ffmpeg, width, timeoutMs, clock, signal } = options
  const child = spawn(ffmpeg, argumentsOf(width), { stdio: 'pipe', windowsHide: true })
  const end = (): void => void child.kill('SIGKILL')
  const ended = endOf(child)
  let isLate = false
  const timer = clock.schedule(
    () => {
      isLate = true
      end()
    },
    timeoutMs,
    false,
  )
  signal.addEventListener('abort', end)
  if (signal.aborted) end()
  const output = collect(child.stdout, maxJpegBytes)
  const messages = collect(child.stderr, maxMessageBytes)
  feed(child, mp4)
  try {
    const code = await ended
    const jpeg = Buffer.concat(output)
    if (code === 0 && jpeg.subarray(0, 2).equals(startOfImage)) return jpeg
    const reason = isLate ? `it took more than ${timeoutMs / 1000} s` : Buffer.concat(messages)
    throw new JpegError(`${ffmpeg} made no JPEG: ${String(reason).trim() || `code ${code}`}`, false)
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', end)
  }
}

/** Colors of JFIF: FFmpeg 5.1 would keep those of BT.709 without saying so, and players show them wrong. */
const jfifColors = 'out_color_matrix=bt601:out_range=full'

function argumentsOf(width: number | undefined): string[] {
  const size = width === undefined ? '' : `min(iw\\,${width}):-2:`
  return [
    ...['-nostdin', '-hide_banner', '-loglevel', 'error'],
    ...['-threads', '1', '-max_pixels', String(maxPixels), '-f', 'mp4', '-i', 'pipe:0'],
    ...['-frames:v', '1', '-vf', `scale=${size}${jfifColors}`],
    ...['-pix_fmt', 'yuvj420p', '-q:v', String(quality)],
    ...['-c:v', 'mjpeg', '-f', 'image2pipe', 'pipe:1'],
  ]
}

/**
 * Waits until a program has ended and its output is read.
 *
 * @returns The exit code; `null` after a signal.
 */
function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('close', resolve)
    child.once('error', (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT' || error.code === 'EACCES'
      reject(new JpegError(`${child.spawnfile}: ${error.message}`, isMissing))
    })
  })
}

function feed({ pid, stdin }: ChildProcess, bytes: Buffer): void {
  // A program that ends early closes its input.
  stdin?.on('error', () => {})
  stdin?.end(bytes)
  if (pid === undefined) return
  try {
    setPriority(pid, lowPriority)
  } catch {
    // The program may have ended already.
  }
}

/** Returns an array that fills with the output of a program, up to a limit. Further output is read and dropped. */
function collect(stream: Readable | null, maxBytes: number): Buffer[] {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  stream?.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length
    if (sizeBytes <= maxBytes) chunks.push(chunk)
  })
  return chunks
}
