import { Program } from './process.js'
import { testClip } from './server.js'

export type Transport = 'tcp' | 'udp'

export interface PublishOptions {
  readonly url: string
  readonly transport: Transport
}

/** Publishes the test clip in real time, over and over. */
export function publishWithFfmpeg({ url, transport }: PublishOptions): Program {
  return new Program('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-loglevel', 'repeat+level+warning'],
    ...['-re', '-stream_loop', '-1', '-i', testClip, '-map', '0', '-c', 'copy'],
    ...['-f', 'rtsp', '-rtsp_transport', transport, url],
  ])
}

/** Publishes the test clip in real time, once: 10 s. */
export function publishWithGstreamer({ url, transport }: PublishOptions): Program {
  return new Program('gst-launch-1.0', [
    ...['rtspclientsink', 'name=sink', `location=${url}`, `protocols=${transport}`],
    // The certificates of tests are signed by nobody.
    'tls-validation-flags=0',
    ...['filesrc', `location=${testClip}`, '!', 'qtdemux', 'name=demux'],
    ...['demux.video_0', '!', 'queue', '!', 'h264parse', '!', 'sink.'],
    ...['demux.audio_0', '!', 'queue', '!', 'aacparse', '!', 'sink.'],
  ])
}
