// The relay in a process of its own, with little time after the last viewer, so that each pull is cold.
import { library } from './library.mjs'

const [{ RtspServer }, { relayMedia }] = [
  await library('index.js'),
  await library('relay/index.js'),
]

const [port, cameraPort] = process.argv.slice(2).map(Number)
const url = `rtsp://127.0.0.1:${cameraPort}/cam`
const server = new RtspServer({ port, host: '127.0.0.1' })
server.mounts.add('/cold', relayMedia(url, { lingerSeconds: 0.2 }))
server.mounts.add(
  '/cam',
  relayMedia(url, { onAway: { holdSeconds: 60 }, backoff: { firstSeconds: 0.2, maxSeconds: 1 } }),
)
await server.listen()
console.log('ready')
process.stdin.resume()
