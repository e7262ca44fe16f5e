// Serves packets that another library demuxes: here mediabunny, which reads a file. Packets of node-av or of any other
// demuxer are written the same way.
//
//   node push-packets.js [file.mp4]
//   ffplay rtsp://127.0.0.1:8554/packets
import { fileURLToPath } from 'node:url'
import type { InputTrack } from 'mediabunny'
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from 'mediabunny'
import { RtspServer } from 'rtspool'
import { aac, h264, LiveMedia, type TimedUnit } from 'rtspool/push'

const port = Number(process.env.PORT ?? 8554)
const testClip = new URL('../../packages/rtspool-server/assets/test.mp4', import.meta.url) // in a clone
const path = process.argv[2] ?? fileURLToPath(testClip)

const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS })
const picture = await input.getPrimaryVideoTrack()
const sound = await input.getPrimaryAudioTrack()
if (!picture) throw new Error(`${path} has no pictures`)
const durationSeconds = await input.computeDuration()

/** The decoder configuration of a track: `avcC`, or the AudioSpecificConfig. */
async function configurationOf(
  track: typeof picture | typeof sound,
): Promise<Uint8Array | undefined> {
  const description = (await track?.getDecoderConfig())?.description
  return description && new Uint8Array(description as ArrayBuffer)
}

/** The packets of a track, again and again. */
async function* packetsOf(track: InputTrack): AsyncGenerator<TimedUnit> {
  for (let round = 0; ; round++) {
    for await (const { data, timestamp, type } of new EncodedPacketSink(track).packets()) {
      yield { data, pts: round * durationSeconds + timestamp, keyFrame: type === 'key' }
    }
  }
}

const live = new LiveMedia({
  tracks: [
    h264({ configuration: await configurationOf(picture) }),
    aac({ configuration: await configurationOf(sound) }),
  ],
})
const [videoTrack, soundTrack] = live.tracks
// A file is faster than real time, so each packet waits until it is due.
const written = [videoTrack.writeFrom(packetsOf(picture), { pace: true })]
if (sound) written.push(soundTrack.writeFrom(packetsOf(sound), { pace: true }))

const server = new RtspServer({ port })
server.mounts.add('/packets', live.factory)
await server.listen()
console.log(`rtsp://127.0.0.1:${port}/packets`)

async function close(): Promise<void> {
  await live.close()
  await Promise.all(written)
  await server.close()
}
process.once('SIGINT', close)
const seconds = Number(process.env.RTSPOOL_EXAMPLE_SECONDS)
if (seconds) setTimeout(close, seconds * 1000)
