// A whole server: a file that plays over and over, and a place to publish to.
//
//   ffplay rtsp://127.0.0.1:8554/intro
//   ffmpeg -re -i file.mp4 -c copy -f rtsp rtsp://127.0.0.1:8554/live/anything
import { fileURLToPath } from 'node:url'
import { RtspServer } from 'rtspool'
import { fileMedia } from 'rtspool/file' // needs the package mediabunny

const testClip = new URL('../../packages/rtspool-server/assets/test.mp4', import.meta.url) // in a clone
const clip = process.argv[2] ?? fileURLToPath(testClip)
const port = Number(process.env.PORT ?? 8554)

const server = new RtspServer({ port, pool: { maxSessions: 500, maxSessionsPerAddress: 20 } })
server.mounts.add('/intro', fileMedia(clip, { loop: true }))
server.mounts.allowPublish('/live/*')
server.pool.on('sessionRemoved', (session, reason) => console.log(session.publicId, reason))
await server.listen()
console.log(`rtsp://127.0.0.1:${port}/intro`)

process.once('SIGINT', () => server.close())
const seconds = Number(process.env.RTSPOOL_EXAMPLE_SECONDS)
if (seconds) setTimeout(() => server.close(), seconds * 1000)
