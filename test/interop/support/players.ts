import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { settle } from '../../../packages/rtspool/test/support/until.js'
import { Program, type ProgramOptions, patienceMs } from './process.js'
import { ffmpegUnverified } from './programs.js'
import { gstreamerLocation, gstreamerProtocol, type Transport, type Tunnel } from './publishers.js'

export interface PlayOptions {
  readonly url: string
  readonly transport: Transport | Tunnel | 'multicast'
  /** The interface that groups are joined on (GStreamer only); ffmpeg asks the routes. */
  readonly multicastInterface?: string
  /**
   * The RTSP version that is spoken at first (GStreamer only), of which it comes back where a server has it not.
   * @default '1-0'
   */
  readonly rtspVersion?: '1-0' | '2-0'
  /**
   * Whether it asks for all from the very beginning, in clock time, as for a recording (GStreamer only).
   * @default false
   */
  readonly isOnvif?: boolean
  /** A command that the player is run by, as its last arguments. */
  readonly within?: readonly string[]
  /** How much is played, in seconds of media. */
  readonly seconds: number
  /**
   * Whether frames are timed by their number instead of their timestamps (ffmpeg only): for publishers whose
   * first sender report comes late, which moves the clock of viewers that are there already.
   */
  readonly timedByCount?: boolean
  /**
   * What GStreamer is to decode; ffmpeg finds out for itself.
   * @default H.264 and AAC
   */
  readonly codecs?: Codecs
}

/** `null` for a presentation without it. */
export interface Codecs {
  readonly video: keyof typeof videoDecoders | null
  readonly audio: keyof typeof audioDecoders | null
}

const videoDecoders = {
  h264: ['rtph264depay', '!', 'h264parse', '!', 'avdec_h264'],
  h265: ['rtph265depay', '!', 'h265parse', '!', 'avdec_h265'],
} as const
const audioDecoders = {
  aac: { sampleRate: 48_000, elements: ['rtpmp4gdepay', '!', 'aacparse', '!', 'avdec_aac'] },
  opus: { sampleRate: 48_000, elements: ['rtpopusdepay', '!', 'opusdec'] },
  pcmu: { sampleRate: 8000, elements: ['rtppcmudepay', '!', 'mulawdec'] },
  pcma: { sampleRate: 8000, elements: ['rtppcmadepay', '!', 'alawdec'] },
  ac3: { sampleRate: 48_000, elements: ['rtpac3depay', '!', 'ac3parse', '!', 'avdec_ac3'] },
  mp3: { sampleRate: 48_000, elements: ['rtpmpadepay', '!', 'mpegaudioparse', '!', 'avdec_mp3'] },
  l16: { sampleRate: 48_000, elements: ['rtpL16depay'] },
  l24: { sampleRate: 48_000, elements: ['rtpL24depay'] },
} as const

export interface PlayResult {
  /** Decoded pictures. */
  readonly videoFrames: number
  /** Frames of sound as ffmpeg decodes them; with GStreamer as many times 1024/48000 s. */
  readonly audioFrames: number
  /** What the player complained about, without what is known to be harmless. */
  readonly errors: readonly string[]
}

/** A line that a program prints although all is well, and why it does. */
export interface Harmless {
  readonly line: RegExp
  readonly because: string
}

const framesPerSecond = 25
/** Decodes with ffmpeg, which gives up at the first error (`-xerror`). */
export async function playWithFfmpeg(options: PlayOptions): Promise<PlayResult> {
  const { url, transport, seconds, timedByCount = false, within = [] } = options
  const retime = ['-vf', `setpts=N/${framesPerSecond}/TB`, '-af', 'asetpts=N/SR/TB']
  // FFmpeg 5.1 asks for a tunnel by its option, with the scheme of a plain server.
  const isTunnel = transport === 'http' || transport === 'https'
  const location = isTunnel ? url.replace(/^rtsps:/, 'rtsp:') : url
  const program = programWithin(within, 'ffmpeg', [
    ...['-hide_banner', '-nostdin', '-xerror', '-loglevel', 'repeat+level+warning'],
    ...['-rtsp_transport', transport === 'multicast' ? 'udp_multicast' : transport],
    ...ffmpegUnverified,
    ...['-i', location, '-t', `${seconds}`],
    ...(timedByCount ? retime : []),
    // framecrc writes a line for each decoded frame, which begins with the number of its stream.
    ...['-map', '0:v?', '-map', '0:a?', '-fps_mode', 'passthrough', '-f', 'framecrc', '-'],
  ])
  const status = await program.ended(seconds * 1000 + patienceMs)
  const count = (kind: 'video' | 'audio') => {
    const stream = new RegExp(`^#media_type (\\d): ${kind}$`, 'm').exec(program.stdout)?.[1]
    return program.stdout.split('\n').filter((line) => line.startsWith(`${stream},`)).length
  }
  return {
    videoFrames: count('video'),
    audioFrames: count('audio'),
    errors: complaints(status, program.stderr.split('\n'), ffmpegHarmless),
  }
}

function programWithin(
  within: readonly string[],
  command: string,
  args: readonly string[],
  options?: ProgramOptions,
): Program {
  const [first = command, ...rest] = [...within, command, ...args]
  return new Program(first, rest, options)
}

/** Decodes with `rtspsrc` and libav, and ends as Ctrl-C would. */
export async function playWithGstreamer(options: PlayOptions): Promise<PlayResult> {
  const directory = await mkdtemp(join(tmpdir(), 'rtspool-gst-'))
  try {
    return await runGstreamer(options, join(directory, 'video'), join(directory, 'audio'))
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Pictures are scaled to 16x16 grey, so the size of a file tells how many there are. */
const pictureBytes = 16 * 16
const frameSeconds = 1024 / 48_000
const sampleBytes = 2

async function runGstreamer(
  options: PlayOptions,
  videoPath: string,
  audioPath: string,
): Promise<PlayResult> {
  const { url, transport, seconds, codecs = { video: 'h264', audio: 'aac' } } = options
  const { video, audio } = codecs
  const protocols = transport === 'multicast' ? 'udp-mcast' : gstreamerProtocol(transport)
  const { multicastInterface, rtspVersion = '1-0', within = [] } = options
  const program = programWithin(
    within,
    'gst-launch-1.0',
    [
      ...['rtspsrc', 'name=source', `location=${gstreamerLocation(url, transport)}`],
      `protocols=${protocols}`,
      ...(options.isOnvif ? ['onvif-mode=true'] : []),
      ...(multicastInterface ? [`multicast-iface=${multicastInterface}`] : []),
      ...['latency=200', `default-rtsp-version=${rtspVersion}`],
      // The certificates of tests are signed by nobody.
      'tls-validation-flags=0',
      ...(video ? ['source.', '!', ...videoDecoders[video], ...picturesTo(videoPath)] : []),
      ...(audio ? ['source.', '!', ...audioDecoders[audio].elements, ...soundTo(audioPath)] : []),
    ],
    { env: { GST_DEBUG: '*:2', GST_DEBUG_NO_COLOR: '1' } },
  )
  const isEnough = () =>
    (!video || videoFrames >= seconds * framesPerSecond) &&
    (!audio || audioFrames >= seconds / frameSeconds)
  const deadline = performance.now() + seconds * 1000 + patienceMs
  let videoFrames = 0
  let audioFrames = 0
  while (program.isRunning && !isEnough() && performance.now() < deadline) {
    await settle(50, 'the program runs in a process of its own')
    videoFrames = Math.floor((await sizeOf(videoPath)) / pictureBytes)
    if (audio) {
      const samples = (await sizeOf(audioPath)) / sampleBytes
      audioFrames = Math.floor(samples / audioDecoders[audio].sampleRate / frameSeconds)
    }
  }
  // Interrupted requests are reported as warnings, so only what came before the end counts.
  const lines = [...program.stderr.split('\n'), ...gstreamerMessages(program.stdout)]
  const wasRunning = program.isRunning
  const ended = await program.stop('SIGINT')
  // It interrupts its own PAUSE: one that is answered 401 then, with a stale nonce, cannot be sent again, and it ends with 1.
  const isCutOff = wasRunning && `${program.stdout}${program.stderr}`.includes(whileEnding)
  const status = ended === 1 && isCutOff ? 0 : ended
  if (status !== 0) lines.push(...gstreamerMessages(program.stdout))
  return { videoFrames, audioFrames, errors: complaints(status, lines, gstreamerHarmless) }
}

const whileEnding = 'An error happened while waiting for EOS'

const fileSink = (path: string) => [
  ...['!', 'filesink', `location=${path}`, 'buffer-mode=unbuffered', 'sync=false', 'async=false'],
]

const picturesTo = (path: string) => [
  ...['!', 'videoconvert', '!', 'videoscale'],
  ...['!', 'video/x-raw,format=GRAY8,width=16,height=16', ...fileSink(path)],
]

const soundTo = (path: string) => [
  ...['!', 'audioconvert', '!', 'audio/x-raw,format=S16LE,channels=1', ...fileSink(path)],
]

export const ffmpegHarmless: readonly Harmless[] = [
  {
    line: /^\[udp @ \w+\] \[error\] bind failed: Address already in use$/,
    because: 'ffmpeg draws a UDP port and tries the next ones until two are free',
  },
  {
    line: /\[warning\] Resumed reading at pts [\d.]+ with rate [\d.]+ after a lag of [\d.]+s$/,
    because: 'ffmpeg 9 with -re tells that it had no processor for half a second, and catches up',
  },
]

const gstreamerHarmless: readonly Harmless[] = [
  {
    line: /delayed linking/i,
    because:
      'rtspsrc shows its pads from a thread for each stream, and gst-launch warns when the last one ' +
      'is there before another is linked; a pad that stays unlinked shows as missing frames',
  },
  {
    line: /GLib-GObject-WARNING .* instance '\w+' has no handler with id/,
    because: 'the same two threads: each takes back the signal handlers of the delayed links',
  },
  {
    line: /WARN +videodecoder .* decreasing timestamp/,
    because:
      'a new viewer gets the pictures since the last key frame at once; the jitter buffer takes ' +
      'that for a fast clock and corrects itself: each picture is decoded, some are timed anew',
  },
  {
    line: /WARN +rtspsrc .* source (\w+), stream (?!\1)\w+ in session \d timed out/,
    because:
      'rtspsrc 1.28 with multicast: a source that was heard in the group is gone, and is not the one ' +
      'that is played',
  },
]

function gstreamerMessages(stdout: string): string[] {
  return stdout.split('\n').filter((line) => /^(ERROR|WARNING)/.test(line))
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

/** What is left of a player's log without what is harmless, and its exit code if that is not 0. */
export function complaints(
  status: number | string,
  lines: readonly string[],
  harmless: readonly Harmless[],
): string[] {
  const left = lines.filter(
    (line) => line.trim() !== '' && !harmless.some((known) => known.line.test(line)),
  )
  return status === 0 ? left : [...left, `ended with ${status}`]
}
