// A small control API beside the server: lists as JSON, one event a line, and a way to end sessions.
//
//   ffplay rtsp://127.0.0.1:8554/intro
//   curl http://127.0.0.1:8080/sessions        also /connections, /media, /stats
//   curl -X DELETE 'http://127.0.0.1:8080/sessions?address=192.0.2.1'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { RtspServer } from 'rtspool'
import { fileMedia } from 'rtspool/file'

const port = Number(process.env.PORT ?? 8554)
const testClip = new URL('../../packages/rtspool-server/assets/test.mp4', import.meta.url) // in a clone
const clip = process.argv[2] ?? fileURLToPath(testClip)
const seconds = Number(process.env.RTSPOOL_EXAMPLE_SECONDS)

const server = new RtspServer({ port })
server.mounts.add('/intro', fileMedia(clip, { loop: true }))
server.mounts.allowPublish('/live/*')

const tell = (event: string, facts: object) => console.log(JSON.stringify({ event, ...facts }))
server.on('connectionOpened', ({ publicId, remoteAddress }) =>
  tell('connection', { publicId, remoteAddress }),
)
server.on('mediaStarted', ({ publicId, path }) => tell('media', { publicId, path }))
server.on('viewerFellBehind', ({ publicId }) => tell('slow', { publicId }))
server.on('viewerCaughtUp', ({ publicId }, gap) => tell('caught up', { publicId, ...gap }))
server.pool.on('sessionStateChanged', ({ publicId }, state) => tell('state', { publicId, state }))
await server.listen()

/** Everything here has `toJSON`, and none of it shows a session id, which is the client's secret. */
const lists: Record<string, () => unknown> = {
  '/sessions': () => [...server.pool.values()],
  '/connections': () => [...server.connections],
  '/media': () => [...server.media],
  '/stats': () => server.stats(),
}

const api = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const list = lists[pathname]
  response.setHeader('Content-Type', 'application/json')
  if (request.method === 'DELETE' && pathname === '/sessions') {
    try {
      const kicked = server.pool.kick(Object.fromEntries(searchParams))
      response.end(JSON.stringify({ kicked: kicked.length }))
    } catch (error) {
      response.writeHead(400).end(JSON.stringify({ error: (error as Error).message }))
    }
  } else if (list) response.end(JSON.stringify(list(), undefined, 2))
  else response.writeHead(404).end('{}')
})
// On the loopback only: who may come here may end everything.
api.listen(seconds ? 0 : 8080, '127.0.0.1')
await once(api, 'listening')
console.log(`http://127.0.0.1:${(api.address() as AddressInfo).port}/sessions`)

const close = () => {
  api.close()
  return server.close()
}
process.once('SIGINT', close)
if (seconds) setTimeout(close, seconds * 1000)
