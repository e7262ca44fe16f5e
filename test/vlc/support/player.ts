import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { complaints, type Harmless, type PlayResult } from '../../interop/support/players.js'
import { Program, patienceMs } from '../../interop/support/process.js'

export interface VlcOptions {
  readonly url: string
  readonly transport: VlcTransport
  /** How long it plays, in seconds. */
  readonly seconds: number
  /** Where in the presentation it begins, in seconds. */
  readonly startSeconds?: number
  /** After how many milliseconds beyond `seconds` it is ended. */
  readonly patience?: number
}

export type VlcTransport = 'tcp' | 'udp' | 'http'

export interface VlcResult extends PlayResult {
  /** The MD5 of each picture that was shown, in order; one that was shown for longer is there more than once. */
  readonly pictures: readonly string[]
}

/** Skips the test where no VLC is on the PATH, or one without its RTSP client, as in Debian 12. */
export function requireVlc(context: TestContext): void {
  if (!hasVlc)
    context.skip('no VLC with its RTSP client is on the PATH; npm run test:players brings one')
}

export const hasVlc = spawnSync('sh', ['-c', 'vlc --list | grep -q live555']).status === 0

/** Plays with VLC as a person would, except that its screen and its loudspeaker are files. */
export async function playWithVlc(options: VlcOptions): Promise<VlcResult> {
  const directory = await mkdtemp(join(tmpdir(), 'rtspool-vlc-'))
  try {
    const screen = join(directory, 'screen.y4m')
    const loudspeaker = join(directory, 'loudspeaker.wav')
    const { url, transport, seconds, startSeconds = 0, patience = patienceMs } = options
    const player = new Program(
      'vlc',
      [
        ...['-v', '-I', 'dummy', '--no-dbus', '--no-media-library', '--no-video-title-show'],
        ...['--vout=yuv', `--yuv-file=${screen}`, '--yuv-yuv4mpeg2'],
        ...['--aout=afile', `--audiofile-file=${loudspeaker}`],
        ...transportOptions(transport, url),
        ...[`--start-time=${startSeconds}`, `--run-time=${seconds}`, '--play-and-exit'],
        ...[url, 'vlc://quit'],
      ],
      { env: { HOME: directory } },
    )
    const status = await player.ended(seconds * 1000 + patience)
    const pictures = await picturesOf(screen)
    return {
      pictures,
      videoFrames: new Set(pictures).size,
      audioFrames: await soundFramesOf(loudspeaker),
      errors: complaints(status, player.stderr.split('\n').filter(isSerious), vlcHarmless),
    }
  } finally {
    await rm(directory, { recursive: true })
  }
}

function transportOptions(transport: VlcTransport, url: string): string[] {
  if (transport === 'tcp') return ['--rtsp-tcp']
  return transport === 'http' ? ['--rtsp-http', `--rtsp-http-port=${new URL(url).port}`] : []
}

/** By the MD5 of each, as ffmpeg reads them; none when nothing was shown. */
async function picturesOf(screen: string): Promise<string[]> {
  const reader = new Program('ffmpeg', ['-loglevel', 'quiet', '-i', screen, '-f', 'framemd5', '-'])
  await reader.ended(patienceMs)
  const lines = reader.stdout.split('\n').filter((line) => line.startsWith('0,'))
  return lines.map((line) => line.slice(line.lastIndexOf(',') + 1).trim())
}

/** In frames of AAC at 48 kHz, 1024 samples each. */
async function soundFramesOf(loudspeaker: string): Promise<number> {
  const entries = ['-show_entries', 'stream=duration', '-of', 'csv=p=0']
  const reader = new Program('ffprobe', ['-loglevel', 'quiet', ...entries, loudspeaker])
  await reader.ended(patienceMs)
  return Math.floor((Number(reader.stdout) * 48_000) / 1024)
}

/** Errors of VLC, and what its libraries print by themselves; not warnings, which speak of VLC's own clock. */
function isSerious(line: string): boolean {
  const level = /^\[[\da-f]+\] .*? (debug|warning|error): /.exec(line)?.[1]
  return level === undefined ? /\berror|corrupt|missing/i.test(line) : level === 'error'
}

const vlcHarmless: readonly Harmless[] = [
  {
    line: /decoder error: buffer deadlock prevented$/,
    because:
      'on a busy machine its screen is slow, and its decoder does not wait for it any longer',
  },
  { line: /no suitable interface module|interface "\w+,none"/, because: 'there is no desktop' },
  {
    line: /Too high level of recursion|Failed to (create video converter|adapt decoder format)|(video output creation failed|failed to create video output)$/,
    because:
      'it asks for pictures in the memory of a graphics card before it takes others; if that failed ' +
      'too, nothing would be shown',
  },
]
