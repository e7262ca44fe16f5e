// Reads a stream inside the process, without session or socket: a recorder, a detector, a snapshot begin like this.
//
//   node read-in-process.js [file.mp4] [recording.h264]
import { createWriteStream } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { RtspServer } from 'rtspool'
import { fileMedia } from 'rtspool/file'
import { joinAnnexB } from 'rtspool/rtp'

const port = Number(process.env.PORT ?? 8554)
const testClip = new URL('../../packages/rtspool-server/assets/test.mp4', import.meta.url) // in a clone
const clip = process.argv[2] ?? fileURLToPath(testClip)
const recording = process.argv[3] === undefined ? undefined : createWriteStream(process.argv[3])

const server = new RtspServer({ port })
server.mounts.add('/door', fileMedia(clip, { loop: true }))
await server.listen()

const abort = new AbortController()
process.once('SIGINT', () => abort.abort())
const seconds = Number(process.env.RTSPOOL_EXAMPLE_SECONDS)
if (seconds) setTimeout(() => abort.abort(), seconds * 1000)

const units = { video: 0, audio: 0 }
try {
  for await (const unit of server.read('/door', { signal: abort.signal, from: 'keyFrame' })) {
    const { track, parts, isKeyFrame, missedPackets, unixTimeMs } = unit
    if (missedPackets > 0) console.log(`too slow: ${missedPackets} packets were left out`)
    if (track.description.kind !== 'video') units.audio++
    else {
      units.video++
      recording?.write(joinAnnexB(parts))
      if (isKeyFrame) console.log('key frame', unixTimeMs && new Date(unixTimeMs).toISOString())
    }
  }
} catch (error) {
  if (!abort.signal.aborted) throw error
}
console.log(`${units.video} pictures and ${units.audio} frames of sound`)
recording?.end()
await server.close()
