import { Program } from './process.js'

/** Sound and pictures of a stream that were decoded while it was played. */
export interface DecodedStream {
  /** Seconds of the pictures, and their mean brightness (0 to 255, of ffmpeg only), in the order of decoding. */
  readonly pictures: readonly { readonly at: number; readonly mean: number | undefined }[]
  /** Seconds at which tones begin; of ffmpeg only. */
  readonly tones: readonly number[]
  /** Seconds of the decoded sound; of GStreamer only. */
  readonly sounds: readonly number[]
  /** Warnings and errors. */
  readonly errors: readonly string[]
}

/** A player that decodes a stream of H.264 and AAC until it is stopped. */
export interface LiveDecoder {
  readonly name: string
  readonly program: Program
  readonly read: (program: Program) => DecodedStream
}

/** Starts ffmpeg, which decodes a stream, and measures its pictures and its sound. */
export const startFfmpegDecoder = (url: string): LiveDecoder => ({
  name: 'ffmpeg',
  program: new Program('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'repeat+level+info'],
    ...['-copyts', '-rtsp_transport', 'tcp', '-i', url],
    ...['-filter:v', 'signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-'],
    ...['-filter:a', 'silencedetect=noise=-30dB:duration=0.3'],
    // Otherwise times are rounded to pictures: two around a change of sources may be closer.
    ...['-map', '0', '-fps_mode', 'passthrough', '-enc_time_base:v', '1:90000', '-f', 'null', '-'],
  ]),
  read: ({ stdout, stderr }) => ({
    pictures: [...stdout.matchAll(/pts_time:([\d.-]+)\s+lavfi\.signalstats\.YAVG=([\d.]+)/g)].map(
      ([, at, mean]) => ({ at: Number(at), mean: Number(mean) }),
    ),
    tones: [...stderr.matchAll(/silence_end: ([\d.]+)/g)].map(([, at]) => Number(at)),
    sounds: [],
    errors: stderr.split('\n').filter((line) => /\[(warning|error|fatal)\]/.test(line)),
  }),
})

/** Starts GStreamer, which decodes a stream. */
export const startGstreamerDecoder = (url: string): LiveDecoder => {
  const sink = (name: string) => ['fakesink', `name=${name}`, 'silent=false', 'sync=false']
  return {
    name: 'GStreamer',
    program: new Program('gst-launch-1.0', [
      ...['-e', '-v', 'rtspsrc', `location=${url}`, 'protocols=tcp', 'name=source'],
      ...['source.', '!', 'rtph264depay', '!', 'h264parse', '!', 'avdec_h264', '!'],
      ...sink('video'),
      ...['source.', '!', 'rtpmp4gdepay', '!', 'aacparse', '!', 'avdec_aac', '!'],
      ...sink('audio'),
    ]),
    read: ({ stdout, stderr }) => ({
      pictures: timesOf(stdout, 'video').map((at) => ({ at, mean: undefined })),
      tones: [],
      sounds: timesOf(stdout, 'audio'),
      errors: `${stdout}${stderr}`
        .split('\n')
        .filter((line) => /^(WARNING|ERROR)|\bWARN\b|CRITICAL/.test(line)),
    }),
  }
}

/** Returns the presentation times in seconds that a sink of GStreamer has printed. */
function timesOf(text: string, sink: string): number[] {
  const line = new RegExp(`chain {3}\\*+ \\(${sink}:sink\\).* pts: (\\d+):(\\d+):([\\d.]+)`, 'g')
  return [...text.matchAll(line)].map(
    ([, hours, minutes, seconds]) => Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds),
  )
}
