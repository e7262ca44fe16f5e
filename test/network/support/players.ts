import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { settle } from '../../../packages/rtspool/test/support/until.js'
import { Program } from '../../interop/support/process.js'
import { writePull } from './mediamtx.js'

export type PlayerName =
  | 'ffmpeg'
  | 'gstreamer'
  | 'vlc'
  | 'openRTSP'
  | 'gortsplib'
  | 'mpv'
  | 'retina'
  | 'MediaMTX'

/** A player with nothing said of the transport: it asks for UDP first, and some then for TCP; retina for TCP at once. */
export interface TriedPlayer {
  readonly name: PlayerName
  /** In front of the PATH; what is on it when absent. */
  readonly bin?: string | undefined
  /** Path of the program, in place of `bin`. */
  readonly program?: string
  /** UDP only, as {@link TryOptions.isUdpOnly}. */
  readonly isUdpOnly?: boolean
}

export interface TryOptions {
  readonly url: string
  readonly within: readonly string[]
  /** Pictures that are to be seen, and after how long it is given up. */
  readonly pictures: number
  readonly patienceMs: number
  /** UDP only: VLC and openRTSP have no such option, or do not need it. */
  readonly isUdpOnly?: boolean
  /** TCP only: for ffmpeg, GStreamer and VLC. */
  readonly isTcpOnly?: boolean
  /** Called once, when half of the pictures have been seen. */
  readonly halfway?: () => Promise<void>
}

/** What came of it. */
export interface Tried {
  readonly pictures: number
  readonly seconds: number
  /** Standard error, and standard output where it is text. */
  readonly log: string
}

/** How a player is started, and how its pictures are counted. */
interface Recipe {
  command(options: TryOptions, directory: string): readonly string[]
  count(program: Program, directory: string): Promise<number>
}

const pictureLines = ({ stdout }: Program): number =>
  stdout.split('\n').filter((line) => line.startsWith('0,')).length

const pictureBytes = 16 * 16
/** The clip has some 5 kB a picture; this is well below. */
const openRtspPictureBytes = 1000
const vlcPictureBytes = (640 * 360 * 3) / 2

const recipes: Readonly<Record<PlayerName, Recipe>> = {
  ffmpeg: {
    command: ({ url, isUdpOnly, isTcpOnly }) => [
      ...['ffmpeg', '-hide_banner', '-nostdin', '-loglevel', 'warning', '-timeout', '4000000'],
      ...(isUdpOnly ? ['-rtsp_transport', 'udp'] : []),
      ...(isTcpOnly ? ['-rtsp_transport', 'tcp'] : []),
      ...['-i', url, '-an', '-fps_mode', 'passthrough', '-flush_packets', '1'],
      ...['-f', 'framecrc', '-'],
    ],
    count: async (program) => pictureLines(program),
  },
  gstreamer: {
    command: ({ url, isUdpOnly, isTcpOnly }, directory) => [
      ...['gst-launch-1.0', 'rtspsrc', `location=${url}`, 'latency=200'],
      ...(isUdpOnly ? ['protocols=udp'] : []),
      ...(isTcpOnly ? ['protocols=tcp'] : []),
      ...['!', 'rtph264depay', '!', 'h264parse', '!', 'avdec_h264', '!', 'videoconvert'],
      ...['!', 'videoscale', '!', 'video/x-raw,format=GRAY8,width=16,height=16'],
      ...['!', 'filesink', `location=${join(directory, 'video')}`],
      ...['buffer-mode=unbuffered', 'sync=false', 'async=false'],
    ],
    count: async (_, directory) => (await sizeIn(directory, 'video')) / pictureBytes,
  },
  vlc: {
    command: ({ url, isTcpOnly }, directory) => [
      ...['vlc', '-v', '-I', 'dummy', '--no-dbus', '--no-media-library', '--no-audio'],
      ...['--no-video-title-show', '--vout=yuv', `--yuv-file=${join(directory, 'video')}`],
      ...(isTcpOnly ? ['--rtsp-tcp'] : []),
      url,
    ],
    count: async (_, directory) => (await sizeIn(directory, 'video')) / vlcPictureBytes,
  },
  openRTSP: {
    command: ({ url }, directory) => ['openRTSP', '-F', join(directory, 'of-'), url],
    count: async (_, directory) => (await sizeIn(directory, 'of-video')) / openRtspPictureBytes,
  },
  mpv: {
    command: ({ url, isUdpOnly }, directory) => [
      ...['mpv', '--no-config', '--no-terminal', '--no-audio'],
      // mpv asks for TCP unless it is told otherwise.
      `--rtsp-transport=${isUdpOnly ? 'udp' : 'lavf'}`,
      ...['--vo=image', '--vo-image-format=jpg', `--vo-image-outdir=${directory}`, url],
    ],
    count: async (_, directory) => (await readdir(directory)).filter(isJpeg).length,
  },
  gortsplib: {
    command: ({ url, isUdpOnly }) => ['gortsplib-viewer', ...(isUdpOnly ? ['-udp'] : []), url],
    count: async ({ stdout }) => stdout.split('\n').length - 1,
  },
  retina: {
    command: ({ url, isUdpOnly }) => ['retina-viewer', ...(isUdpOnly ? ['-udp'] : []), url],
    count: async ({ stdout }) => stdout.split('\n').length - 1,
  },
  MediaMTX: {
    command: ({ url, isUdpOnly }, directory) => ['mediamtx', writePull(directory, url, isUdpOnly)],
    count: async (program) => pictureLines(program),
  },
}

const isJpeg = (name: string): boolean => name.endsWith('.jpg')

/** Lets a player play until it has shown enough. */
export async function tryPlayer(player: TriedPlayer, options: TryOptions): Promise<Tried> {
  const directory = await mkdtemp(join(tmpdir(), 'rtspool-net-'))
  const recipe = recipes[player.name]
  const isUdpOnly = options.isUdpOnly ?? player.isUdpOnly ?? false
  const [name = '', ...args] = recipe.command({ ...options, isUdpOnly }, directory)
  const path = player.program ?? (player.bin === undefined ? name : join(player.bin, name))
  const [first = '', ...rest] = [...options.within, path, ...args]
  const program = new Program(first, rest, { env: { HOME: directory } })
  const begun = performance.now()
  const elapsed = () => performance.now() - begun
  let pictures = 0
  let isHalfway = options.halfway === undefined
  try {
    while (pictures < options.pictures && elapsed() < options.patienceMs && program.isRunning) {
      await settle(50, 'the program runs in a process of its own')
      pictures = Math.floor(await recipe.count(program, directory))
      if (isHalfway || pictures < options.pictures / 2) continue
      isHalfway = true
      await options.halfway?.()
    }
    const seconds = elapsed() / 1000
    await program.stop('SIGKILL')
    pictures = Math.max(pictures, Math.floor(await recipe.count(program, directory)))
    const saysAll = player.name === 'gstreamer' || player.name === 'MediaMTX'
    const text = saysAll ? program.stdout : ''
    return { pictures, seconds, log: `${text}${program.stderr}` }
  } finally {
    await program.stop('SIGKILL')
    await rm(directory, { recursive: true })
  }
}

/** Of the first file whose name begins so. */
async function sizeIn(directory: string, beginning: string): Promise<number> {
  const name = (await readdir(directory)).find((each) => each.startsWith(beginning))
  return name === undefined ? 0 : (await stat(join(directory, name))).size
}
