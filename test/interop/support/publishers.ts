import { Program } from './process.js'
import { ffmpegUnverified } from './programs.js'
import { testClip } from './server.js'

export type Transport = 'tcp' | 'udp'

/** RTSP through HTTP, plain or in TLS. */
export type Tunnel = 'http' | 'https'

export interface PublishOptions {
  readonly url: string
  /** Tunnels with GStreamer only: ffmpeg 5.1 publishes over TCP and UDP. */
  readonly transport: Transport | Tunnel
}

const isTunnel = (transport: string): boolean => transport === 'http' || transport === 'https'

/** GStreamer 1.22 asks for a tunnel by the scheme alone: rtsph, rtspsh. */
export function gstreamerLocation(url: string, transport: string): string {
  return isTunnel(transport) ? url.replace(/^(rtsps?):/, '$1h:') : url
}

/** What `protocols` of its elements is then. */
export function gstreamerProtocol(transport: string): string {
  return isTunnel(transport) ? 'tcp' : transport
}

/** Publishes the test clip in real time, over and over. */
export const publishWithFfmpeg = ({ url, transport }: PublishOptions): Program =>
  publishFile({ url, transport, file: testClip })

/** Publishes a file in real time, over and over. */
export function publishFile({
  url,
  transport = 'tcp',
  file,
}: {
  readonly url: string
  readonly transport?: PublishOptions['transport']
  readonly file: string
}): Program {
  return new Program('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-loglevel', 'repeat+level+warning'],
    ...['-re', '-stream_loop', '-1', '-i', file, '-map', '0', '-c', 'copy'],
    ...['-f', 'rtsp', '-rtsp_transport', transport, ...ffmpegUnverified, url],
  ])
}

/** Publishes the test clip in real time, once: 10 s. */
export function publishWithGstreamer({ url, transport }: PublishOptions): Program {
  return new Program('gst-launch-1.0', [
    ...['rtspclientsink', 'name=sink', `location=${gstreamerLocation(url, transport)}`],
    `protocols=${gstreamerProtocol(transport)}`,
    // The certificates of tests are signed by nobody.
    'tls-validation-flags=0',
    ...['filesrc', `location=${testClip}`, '!', 'qtdemux', 'name=demux'],
    ...['demux.video_0', '!', 'queue', '!', 'h264parse', '!', 'sink.'],
    ...['demux.audio_0', '!', 'queue', '!', 'aacparse', '!', 'sink.'],
  ])
}
