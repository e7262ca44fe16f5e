/**
 * A server of the library in a network of its own, with the test clip at /test, a camera that shows nothing at /quiet,
 * and publishers at /live/*.
 * `walled-host.mjs OPTIONS`: those of the server, in JSON. Says where it listens, then a line of JSON for each event.
 */
import { subscribe } from 'node:diagnostics_channel'
import { fileURLToPath } from 'node:url'
import { createMediaDescription, createSessionDescription, MediaFactory, RtspServer } from 'rtspool'
import { fileMedia } from 'rtspool/file'

const clip = fileURLToPath(
  new URL('../../../packages/rtspool-server/assets/test.mp4', import.meta.url),
)
/** A camera that sends one packet, and then nothing but reports. */
function quietCamera() {
  const description = createSessionDescription({ originId: 1, address: '0.0.0.0', name: 'quiet' })
  description.media.push(
    createMediaDescription({ kind: 'audio', payloadType: 0, encoding: 'PCMU', clockRate: 8000 }),
  )
  const start = ({ tracks: [track] }) => {
    const packet = Buffer.alloc(12 + 160)
    packet.set([0x80, 0])
    packet.writeUInt32BE(0x1234_5678, 8)
    setTimeout(() => track.push(packet), 500)
  }
  return { description, start, close: () => {} }
}

const [options = '{}'] = process.argv.slice(2)
const server = new RtspServer({
  ...{ port: 0, host: '127.0.0.1' },
  ...JSON.parse(options),
})
server.mounts.add('/test', fileMedia(clip, { loop: true }))
server.mounts.add('/quiet', new MediaFactory(quietCamera))
server.mounts.allowPublish('/live/*')

const say = (event, facts) => console.log(JSON.stringify({ event, ...facts }))
server.pool.on('sessionCreated', ({ paths }) => say('created', { path: paths[0] }))
server.pool.on('sessionRemoved', ({ paths, stats }, reason) => {
  const { packetsIn, packetsOut } = stats
  say('removed', { path: paths[0], reason, packetsIn, packetsOut })
})
server.on('publishStarted', (path) => say('published', { path }))
server.on('requestRefused', ({ code }, { method }) => say('refused', { code, method }))
subscribe('rtspool:foreign-port', (seen) => say('foreign port', seen))
server.on('connectionClosed', () => say('disconnected', {}))
await server.listen()
console.log(`rtsp://127.0.0.1:${server.address().port}`)
process.on('SIGTERM', async () => {
  await server.close()
  process.exit()
})
