/** A server of the library with everything that the tests try; tells its ports in a line, and ends when its input does. */
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { RtspServer } from '../../../packages/rtspool/lib/index.js'
import { fileMedia } from '../../../packages/rtspool/lib/media/file/index.js'

const folder = new URL('../../../packages/rtspool/test/support/certificates/', import.meta.url)
const server = new RtspServer({
  port: 0,
  host: '127.0.0.1',
  tls: {
    port: 0,
    key: readFileSync(new URL('first.key.pem', folder)),
    cert: readFileSync(new URL('first.cert.pem', folder)),
  },
  auth: {
    users: { ann: 'secret' },
    rules: [
      { path: '/*', read: 'anyone', publish: 'anyone' },
      { path: '/private', read: 'authenticated' },
    ],
  },
  multicast: { groups: '239.255.73.0/24', interface: '127.0.0.1' },
})
const clip = new URL('../../../packages/rtspool-server/assets/test.mp4', import.meta.url)
server.mounts.add('/test', fileMedia(clip, { loop: true }))
server.mounts.add('/private', fileMedia(clip, { loop: true }))
server.mounts.allowPublish('/live/*')
const failures = []
server.on('requestFailed', (error) => failures.push(String(error)))
await server.listen()
const { sendPaths } = server.stats()
console.log(
  JSON.stringify({ port: server.address().port, tlsPort: server.tlsAddress().port, sendPaths }),
)
process.stdin.resume()
process.stdin.once('end', async () => {
  await server.close()
  console.log(JSON.stringify({ failures, sessions: server.pool.size }))
})
