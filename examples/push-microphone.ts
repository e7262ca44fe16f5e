// Serves PCM samples that come from stdin, as those of a microphone.
//
//   arecord -t raw -f S16_LE -r 48000 -c 1 | node push-microphone.js
//   ffplay rtsp://127.0.0.1:8554/microphone
import { RtspServer } from 'rtspool'
import { LiveMedia, l16 } from 'rtspool/push'

const port = Number(process.env.PORT ?? 8554)
const live = new LiveMedia({ tracks: [l16({ sampleRate: 48_000, channels: 1 })] })
const [sound] = live.tracks
const server = new RtspServer({ port })
server.mounts.add('/microphone', live.factory)
await server.listen()
console.log(`rtsp://127.0.0.1:${port}/microphone`)

// Chunks may have any size: times follow from the number of samples.
process.stdin.on('data', (samples: Buffer) => void sound.writeAccessUnit(samples))

async function close(): Promise<void> {
  process.stdin.destroy()
  await live.close()
  await server.close()
}
process.once('SIGINT', close)
const seconds = Number(process.env.RTSPOOL_EXAMPLE_SECONDS)
if (seconds) setTimeout(close, seconds * 1000)
