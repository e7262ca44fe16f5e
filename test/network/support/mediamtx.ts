import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const others = ['rtmp', 'hls', 'webrtc', 'srt', 'moq', 'api', 'metrics', 'playback', 'pprof']

/**
 * Writes the configuration of a MediaMTX that pulls `url`, by UDP first and then by TCP, as is its own default. Once it
 * has the description, ffmpeg plays from it on the same host, and writes a line for each picture to its output.
 *
 * @returns Path of the file.
 */
export function writePull(directory: string, url: string, isUdpOnly = false): string {
  const ffmpeg = 'ffmpeg -hide_banner -nostdin -loglevel error -rtsp_transport tcp'
  const output = '-an -fps_mode passthrough -flush_packets 1 -f framecrc -'
  const config = {
    ...Object.fromEntries(others.map((name) => [name, false])),
    ...{ rtspTransports: ['tcp'], rtspAddress: '127.0.0.1:9554' },
    paths: {
      pulled: {
        source: url,
        rtspTransport: isUdpOnly ? 'udp' : 'automatic',
        runOnReady: `${ffmpeg} -i rtsp://127.0.0.1:9554/pulled ${output}`,
      },
    },
  }
  const file = join(directory, 'mediamtx.yml')
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config))
  return file
}
