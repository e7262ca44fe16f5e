// Two servers of a cluster: a client sets up at one, and tears down at the other.
import { once } from 'node:events'
import { connect } from 'node:net'
import { type MediaFactory, RtspServer, type UnknownSessionHook } from 'rtspool'
import { fileMedia } from 'rtspool/file'

const testClip = new URL('../../packages/rtspool-server/assets/test.mp4', import.meta.url) // in a clone

/** In a real cluster, the others are asked over the network: the answer may be a promise. */
const nodes: RtspServer[] = []
const onUnknownSession: UnknownSessionHook = ({ id, request, address, user }) => {
  for (const { pool } of nodes) {
    const session = pool.find(id, { address, user }) // compares the owner
    if (session === undefined) continue
    if (request.method !== 'TEARDOWN') return { statusCode: 455 }
    session.end('teardown')
    return { statusCode: 200, headers: [['Session', id]] }
  }
  return undefined // 454
}

async function startNode(clip: MediaFactory): Promise<RtspServer> {
  const node = new RtspServer({ host: '127.0.0.1', port: 0, onUnknownSession })
  node.mounts.add('/intro', clip)
  node.pool.on('sessionRemoved', ({ publicId }, reason) => console.log(`${publicId}: ${reason}`))
  await node.listen()
  nodes.push(node)
  return node
}

const first = await startNode(fileMedia(testClip, { loop: true }))
const second = await startNode(fileMedia(testClip, { loop: true }))

/** Sends one request to a server. @returns The response. */
async function ask(server: RtspServer, method: string, header: string): Promise<string> {
  const { port } = server.address()
  const uri = `rtsp://127.0.0.1:${port}/intro${method === 'SETUP' ? '/trackID=0' : ''}`
  const socket = connect(port, '127.0.0.1')
  socket.write(`${method} ${uri} RTSP/1.0\r\nCSeq: 1\r\n${header}\r\n\r\n`)
  const [response] = (await once(socket, 'data')) as [Buffer]
  socket.end()
  return response.toString()
}

const setUp = await ask(first, 'SETUP', 'Transport: RTP/AVP;unicast;client_port=50000-50001')
const id = /^Session: ([^;\r]+)/m.exec(setUp)?.[1]
for (const wanted of [id, 'unknown']) {
  const answer = await ask(second, 'TEARDOWN', `Session: ${wanted}`)
  console.log(answer.split('\r\n')[0])
}

await Promise.all(nodes.map((node) => node.close()))
