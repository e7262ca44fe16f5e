/**
 * A server of the library in a network of its own, with the test clip at /test and publishers at /live/*.
 * `walled-host.mjs OPTIONS`: those of the server, in JSON. Says where it listens, then a line of JSON for each event.
 */
import { fileURLToPath } from 'node:url'
import { RtspServer } from 'rtspool'
import { fileMedia } from 'rtspool/file'

const clip = fileURLToPath(new URL('../../../packages/server/assets/test.mp4', import.meta.url))
const [options = '{}'] = process.argv.slice(2)
const server = new RtspServer({
  ...{ port: 0, host: '127.0.0.1', udpPorts: [20_000, 20_100] },
  ...JSON.parse(options),
})
server.mounts.add('/test', fileMedia(clip, { loop: true }))
server.mounts.allowPublish('/live/*')

const say = (event, facts) => console.log(JSON.stringify({ event, ...facts }))
server.pool.on('sessionCreated', ({ paths }) => say('created', { path: paths[0] }))
server.pool.on('sessionRemoved', ({ paths, stats }, reason) => {
  const { packetsIn, packetsOut } = stats
  say('removed', { path: paths[0], reason, packetsIn, packetsOut })
})
server.on('publishStarted', (path) => say('published', { path }))
server.on('requestRefused', ({ code }, { method }) => say('refused', { code, method }))
server.on('connectionClosed', () => say('disconnected', {}))
await server.listen()
console.log(`rtsp://127.0.0.1:${server.address().port}`)
process.on('SIGTERM', async () => {
  await server.close()
  process.exit()
})
