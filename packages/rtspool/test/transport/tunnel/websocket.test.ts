import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { parseHttpHead } from '../../../src/http/request-head.js'
import type { WebSocketStream } from '../../../src/transport/tunnel/websocket.js'
import { loadWebSocketUpgrade } from '../../../src/transport/tunnel/websocket-upgrade.js'
import { closeAfterTest } from '../../support/open-things.js'
import { until } from '../../support/until.js'

/** A WebSocket of a server whose writer waits, and its client. */
async function heldWebSocket() {
  const listener = createServer().listen(0, '127.0.0.1')
  closeAfterTest({ close: async () => listener.close() })
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const client = new WebSocket(`ws://127.0.0.1:${port}/`, ['rtsp.onvif.org'])
  closeAfterTest({ close: async () => client.terminate() })
  const [socket] = (await once(listener, 'connection')) as [Socket]
  const [head] = (await once(socket, 'data')) as [Buffer]
  const upgrade = await loadWebSocketUpgrade()
  const stream = await new Promise<WebSocketStream>((resolve) => {
    upgrade(socket, parseHttpHead(head), Buffer.alloc(0), resolve)
  })
  stream.on('error', () => {})
  stream.resume()
  const frames: string[] = []
  const unsent: (() => void)[] = []
  let last: (() => void) | undefined
  stream.writeBy({
    writeControl: (frame, onTaken) => {
      frames.push(frame.toString('latin1'))
      unsent.push(onTaken)
    },
    finish: (writeLast) => {
      last = writeLast
    },
  })
  await once(client, 'open')
  const closed = once(client, 'close') as Promise<[code: number]>
  /** Lets the writer finish, and returns the code of the close frame that the client gets. */
  const finish = async (): Promise<number> => {
    await until(() => last !== undefined)
    expect(client.readyState).not.toBe(WebSocket.CLOSED)
    expect(socket.bytesWritten).toBe(written)
    last?.()
    return (await closed)[0]
  }
  const written = socket.bytesWritten
  return { client, stream, frames, unsent, finish }
}

describe("a server's WebSocket with a writer", () => {
  it('responds to pings through the writer', async () => {
    const { client, frames } = await heldWebSocket()
    client.ping('a')
    client.ping('bc')
    await until(() => frames.length === 2)
    expect(frames).toEqual(['\x8a\x01a', '\x8a\x02bc'])
  })

  it('cuts off a client whose pings have 500 unsent responses', async () => {
    const { client, stream, frames, unsent } = await heldWebSocket()
    for (let count = 0; count < 500; count++) client.ping()
    await until(() => frames.length === 500)
    for (const onTaken of unsent.splice(0, 100)) onTaken()
    for (let count = 0; count < 100; count++) client.ping()
    await until(() => frames.length === 600)
    expect(stream.destroyed).toBe(false)
    client.ping()
    await until(() => stream.destroyed)
    expect(frames.length).toBe(600)
  })

  it('responds to a close frame behind the last byte of the writer', async () => {
    const { client, finish } = await heldWebSocket()
    client.close(4000)
    expect(await finish()).toBe(4000)
  })

  it('closes behind the last byte of the writer', async () => {
    const { stream, finish } = await heldWebSocket()
    stream.end()
    expect(await finish()).toBe(1000)
  })

  it('refuses text behind the last byte of the writer', async () => {
    const { client, finish } = await heldWebSocket()
    client.send('text')
    expect(await finish()).toBe(1003)
  })

  it('refuses a message over the limit behind the last byte of the writer', async () => {
    const { client, stream, finish } = await heldWebSocket()
    client.on('error', () => {})
    client.send(Buffer.alloc(257 * 1024))
    expect(await finish()).toBe(1009)
    expect(stream.destroyed).toBe(true)
  })
})
