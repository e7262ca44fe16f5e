import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { parseHttpHead } from '../../../src/http/request-head.js'
import { RtspServer } from '../../../src/index.js'
import { WebSockets } from '../../../src/server/door/websockets.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { endsOf } from '../../../src/transport/tcp/tcp-ends.js'
import { mountCamera } from '../../support/dialogue.js'
import { HttpTestClient, httpHead, openWebSocket, rtspOver } from '../../support/http-client.js'
import { closeAfterTest } from '../../support/open-things.js'
import { eachRow } from '../../support/tagged-cases.js'
import {
  connectTo,
  expectOk,
  expectRelayed,
  openUdpPorts,
  play,
  startServer,
  testCertificate,
  transportHeader,
  urlOf,
} from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

const tls = { port: 0, ...testCertificate('first') }

const upgrade = (...more: string[]) =>
  httpHead(
    'GET /any HTTP/1.1',
    'Host: a:1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ...more,
  )
const protocol = 'Sec-WebSocket-Protocol: rtsp.onvif.org'
const version = 'Sec-WebSocket-Version: 13'

/** A client that makes its frames itself. */
async function upgraded(server: RtspServer): Promise<HttpTestClient> {
  const client = await HttpTestClient.connect(server)
  client.send(upgrade(version, protocol))
  expect(await client.status()).toBe(101)
  return client
}

/** A frame of a client (RFC 6455 section 5.2), masked with zeros. */
function frame(opcode: number, payload: Buffer): Buffer {
  const head = Buffer.from([opcode, 0x80 | payload.length, 0, 0, 0, 0])
  return Buffer.concat([head, payload])
}

async function statusOf(server: RtspServer, wire: string): Promise<number | undefined> {
  const client = await HttpTestClient.connect(server)
  client.send(wire)
  const status = await client.status()
  if (status !== 101) await client.closed()
  return status
}

describe('RTSP over WebSocket', () => {
  it.each([false, true])(
    'plays and publishes (TLS: %s)',
    { tags: ['A-WSS-1', 'A-ONV-7'] },
    async (isSecure) => {
      const server = await startServer({ tls, webSocket: true })
      const url = urlOf(server, '/live/cam')
      const publisher = rtspOver(await openWebSocket(server, { isSecure }))
      const viewer = rtspOver(await openWebSocket(server, { isSecure }))
      await expectRelayed(publisher, viewer, url)
    },
  )

  it('messages are binary, and their boundaries have no meaning', { tags: 'A-WSS-1' }, async () => {
    const server = await startServer()
    const socket = await openWebSocket(server)
    expect([socket.protocol, socket.extensions]).toEqual(['rtsp.onvif.org', ''])
    const request = 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'
    const answers: Buffer[] = []
    const isWhole = new Promise<void>((resolve) => {
      socket.on('message', (message: Buffer, isBinary) => {
        expect(isBinary).toBe(true)
        answers.push(message)
        if (
          Buffer.concat(answers)
            .toString()
            .match(/RTSP\/1.0 200/g)?.length === 3
        )
          resolve()
      })
    })
    for (const byte of Buffer.from(request)) socket.send(Buffer.of(byte))
    socket.send(Buffer.from(request.repeat(2)))
    await isWhole
  })

  it('text is refused', { tags: 'A-WSS-1' }, async () => {
    const server = await startServer()
    const socket = await openWebSocket(server)
    socket.send('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n')
    const [code] = await once(socket, 'close')
    expect(code).toBe(1003)
  })

  it('a message over the limit ends the connection', { tags: 'B-BIG' }, async () => {
    const server = await startServer()
    const socket = await openWebSocket(server)
    socket.send(Buffer.alloc(257 * 1024))
    const [code] = await once(socket, 'close')
    expect(code).toBe(1009)
  })

  it('answers pings', async () => {
    const socket = await openWebSocket(await startServer())
    socket.ping('still there?')
    expect(String(await once(socket, 'pong'))).toBe('still there?')
  })

  it('a client that pings without reading is cut off', { tags: 'B-BACK' }, async () => {
    const server = await startServer()
    const client = await upgraded(server)
    client.socket.pause()
    const pings = Buffer.concat(Array.from({ length: 4096 }, () => frame(0x89, Buffer.alloc(125))))
    while (server.stats().connections === 1) {
      if (!client.socket.writableNeedDrain) client.send(pings)
      await nextTurn()
    }
    client.socket.resume()
    await client.closed()
  })

  it('a message must be whole within ten seconds, one that has not begun need not', {
    tags: 'B-SLOW',
  }, async () => {
    const clock = new ManualClock()
    const server = await startServer({ clock, slowReaderTimeout: 0, maxBacklogSeconds: 1e6 })
    const client = await upgraded(server)
    const request = Buffer.from('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n')
    const answers = () => String(client.received).split('RTSP/1.0 200').length - 1
    const isAnswered = async (count: number) => {
      await until(() => answers() >= count)
    }
    client.send(frame(0x82, request))
    await isAnswered(1)
    clock.advance(30_000)
    client.send(frame(0x89, Buffer.from('x')))
    clock.advance(30_000)
    client.send(frame(0x82, request))
    await isAnswered(2)
    const patient = await connectTo(server)
    for (const byte of frame(0x82, request).subarray(0, 2)) {
      client.send(Buffer.of(byte))
      await expectOk(patient, 'OPTIONS', '*')
      clock.advance(5_000)
    }
    await client.closed()
    expect(answers()).toBe(2)
    await expectOk(patient, 'OPTIONS', '*')
  })

  it('UDP is refused with 461 here too', { tags: 'A-HTP-7' }, async () => {
    const server = await startServer()
    mountCamera(server)
    const rtsp = rtspOver(await openWebSocket(server))
    const headers = { Transport: transportHeader(await openUdpPorts(), 0) }
    const { statusCode } = await rtsp.request('SETUP', `${urlOf(server, '/cam')}/trackID=0`, {
      headers,
    })
    expect(statusCode).toBe(461)
  })

  it('a session ends with its WebSocket, and a WebSocket with its session', async () => {
    const server = await startServer()
    mountCamera(server)
    const socket = await openWebSocket(server)
    await play(rtspOver(socket), urlOf(server, '/cam'), ['TCP'])
    const removed = once(server.pool, 'sessionRemoved')
    socket.close()
    expect((await removed)[1]).toBe('connectionClosed')
    const other = await openWebSocket(server)
    await play(rtspOver(other), urlOf(server, '/cam'), ['TCP'])
    for (const session of [...server.pool.values()]) session.end('kicked')
    await once(other, 'close')
  })
})

describe('requests other than RTSP over WebSocket', () => {
  eachRow([
    ['A-WSS-1', 'no subprotocol', 400, upgrade(version)],
    ['A-WSS-1', 'another subprotocol', 400, upgrade(version, 'Sec-WebSocket-Protocol: chat')],
    ['A-WSS-1', 'an old version', 400, upgrade(protocol, 'Sec-WebSocket-Version: 8')],
    ['A-WSS-1', 'no version', 400, upgrade(protocol)],
    [
      'A-WSS-1 B-TUN',
      'a page of elsewhere',
      403,
      upgrade(version, protocol, 'Origin: http://evil'),
    ],
    ['A-WSS-1 B-TUN', 'a page without an origin', 403, upgrade(version, protocol, 'Origin: null')],
    [
      'A-WSS-1 B-TUN',
      'a page of another port',
      403,
      upgrade(version, protocol, 'Origin: http://a:2'),
    ],
    ['A-WSS-1', 'a page of the same host', 101, upgrade(version, protocol, 'Origin: http://a:1')],
    ['A-WSS-1', 'one of several subprotocols', 101, upgrade(version, `${protocol}, chat`)],
    ['A-WSS-1', 'no page at all', 101, upgrade(version, protocol)],
    ['A-WSS-1', 'no key', 400, upgrade(version, protocol).replace(/Sec-WebSocket-Key.*\r\n/, '')],
  ])('%s is answered %s', async (_name, status, wire) => {
    const server = await startServer()
    expect(await statusOf(server, wire)).toBe(status)
    expect(server.pool.size).toBe(0)
  })

  it('other pages can be allowed', { tags: 'B-TUN' }, async () => {
    const wire = upgrade(version, protocol, 'Origin: https://Viewer.example')
    const server = await startServer({ allowedOrigins: ['https://viewer.example'] })
    expect(await statusOf(server, wire)).toBe(101)
    expect(await statusOf(await startServer({ allowedOrigins: ['*'] }), wire)).toBe(101)
    expect(() => new RtspServer({ allowedOrigins: ['viewer.example'] })).toThrow(
      "allowedOrigins must be like 'https://example.com' or '*', got 'viewer.example'",
    )
  })

  it('can be turned off', async () => {
    const wire = upgrade(version, protocol)
    expect(await statusOf(await startServer({ webSocket: false }), wire)).toBe(400)
    const neither = await startServer({ webSocket: false, httpTunnel: false })
    const client = await HttpTestClient.connect(neither)
    client.send(wire)
    await client.closed()
    // RTSP it is, and nothing else: so is the answer.
    expect(String(client.received)).toMatch(/^RTSP\/1\.0 400 /)
    await expectOk(await connectTo(neither), 'OPTIONS', '*')
  })
})

describe('without the package ws', () => {
  const missing = () => Promise.reject(new Error("Cannot find package 'ws'"))

  it('names the package to install, and responds 501', async () => {
    const webSockets = new WebSockets(new ManualClock(), () => expect.unreachable(), missing)
    await expect(webSockets.require()).rejects.toMatchObject({
      code: 'ERR_WEB_SOCKET_PACKAGE',
      message: expect.stringContaining('npm install ws'),
    })
    const listener = createServer((socket) => {
      const head = parseHttpHead(Buffer.from(upgrade(version, protocol)))
      void webSockets.take({ socket, ends: endsOf(socket) }, { head, rest: Buffer.alloc(0) })
    }).listen(0, '127.0.0.1')
    closeAfterTest({ close: async () => listener.close() })
    await once(listener, 'listening')
    const { port } = listener.address() as AddressInfo
    const client = connect(port, '127.0.0.1').setEncoding('utf8')
    expect(String(await once(client, 'data'))).toMatch(/^HTTP\/1\.1 501 /)
    client.destroy()
  })
})
