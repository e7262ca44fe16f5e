// Serves what an ffmpeg process encodes: its pictures come from stdout, its sound from another pipe.
//
//   node push-ffmpeg.js                                   a test picture and a tone
//   node push-ffmpeg.js -f v4l2 -i /dev/video0 -f alsa -i default
//   ffplay rtsp://127.0.0.1:8554/ffmpeg
import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { RtspServer } from 'rtspool'
import { aac, h264, LiveMedia } from 'rtspool/push'

const frameRate = 30
const testInput = [
  ...['-re', '-f', 'lavfi', '-i', `testsrc2=size=640x360:rate=${frameRate}`],
  ...['-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'],
]
const input = process.argv.length > 2 ? process.argv.slice(2) : testInput

const port = Number(process.env.PORT ?? 8554)
const live = new LiveMedia({ tracks: [h264({ frameRate }), aac()], lingerSeconds: 2 })
const [video, sound] = live.tracks
let ffmpeg: ChildProcess | undefined

/** Starts the encoder for the first viewer. Without B pictures: a stream with start codes has no times. */
live.on('wanted', () => {
  const encoder = spawn(
    'ffmpeg',
    [
      ...['-hide_banner', '-loglevel', 'error', '-nostdin', ...input],
      ...['-map', '0:v', '-r', `${frameRate}`, '-c:v', 'libx264', '-preset', 'veryfast'],
      ...['-tune', 'zerolatency', '-g', `${frameRate}`, '-f', 'h264', 'pipe:1'],
      ...['-map', '1:a?', '-c:a', 'aac', '-f', 'adts', '-flush_packets', '1', 'pipe:3'],
    ].flat(),
    { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] },
  )
  encoder.on('error', (error) => console.log(`ffmpeg does not start: ${error.message}`))
  const written = Promise.all([
    video.writeFrom(encoder.stdio[1] as Readable, { split: true }),
    sound.writeFrom(encoder.stdio[3] as Readable, { split: true }),
  ])
  written.catch((error: unknown) => console.log('ffmpeg has ended:', error))
  ffmpeg = encoder
})
live.on('unwanted', () => ffmpeg?.kill())

const server = new RtspServer({ port })
server.mounts.add('/ffmpeg', live.factory)
await server.listen()
console.log(`rtsp://127.0.0.1:${port}/ffmpeg`)

async function close(): Promise<void> {
  await live.close()
  await server.close()
}
process.once('SIGINT', close)
const seconds = Number(process.env.RTSPOOL_EXAMPLE_SECONDS)
if (seconds) setTimeout(close, seconds * 1000)
