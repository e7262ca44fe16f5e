import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { connect, type RtspClientOptions } from '../../src/client/index.js'
import { openWebSocket } from '../../src/transport/tunnel/websocket-client.js'
import { connectedClient, expectPackets } from '../support/client-scene.js'
import { scene } from '../support/scene.js'
import { ScriptedCamera } from '../support/scripted-camera.js'
import { rtpPacket, testCertificate } from '../support/test-server.js'
import { type TunnelAnswer, TunnelProxy } from '../support/tunnel-proxy.js'
import { until } from '../support/until.js'

const tls = { port: 0, ...testCertificate('first') }

const connected = (url: string, options: RtspClientOptions = {}) =>
  connectedClient(url, { tls: { ca: tls.cert }, ...options })

describe('a client through a WebSocket', () => {
  it.each(['ws', 'wss', 'rtsp', 'rtsps'])(
    'receives from our own server, byte for byte (%s)',
    async (scheme) => {
      const camera = await scene({ tls }).camera().start()
      const { server } = camera
      const isSecure = scheme === 'wss' || scheme === 'rtsps'
      const { port } = isSecure ? server.tlsAddress() : server.address()
      const tunnels: unknown[] = []
      server.on('connectionOpened', ({ tunnel }) => tunnels.push(tunnel))
      const options: RtspClientOptions = scheme.startsWith('ws')
        ? {}
        : { transports: ['webSocket'] }
      const { client } = await connected(`${scheme}://127.0.0.1:${port}/cam`, options)
      expect(tunnels).toEqual(['webSocket'])
      expect(client.url).toBe(`${isSecure ? 'rtsps' : 'rtsp'}://127.0.0.1:${port}/cam`)
      await expectPackets(client, camera)
      expect(client.transport).toBe('webSocket')
      await client.close()
      expect(server.stats().sessions).toBe(0)
    },
  )

  it('sends nothing to a server with another certificate than the pinned one', async () => {
    const { server, clock } = await scene({ tls }).camera().start()
    // Send threads have a timer for as long as the server runs.
    const { pendingTimers } = clock
    const opened: unknown[] = []
    server.on('connectionOpened', (connection) => opened.push(connection))
    const url = `wss://127.0.0.1:${server.tlsAddress().port}/cam`
    const fingerprint = '00'.repeat(32)
    await expect(connected(url, { tls: { fingerprint } })).rejects.toMatchObject({
      code: 'ERR_CLIENT_CERTIFICATE',
    })
    // The server has noticed that the client has left its handshake.
    await until(() => clock.pendingTimers === pendingTimers)
    expect(opened).toEqual([])
  })

  it('logs in with what RTSP asks for', async () => {
    const { url } = await scene({ auth: { users: { user: 'secret' } } })
      .camera()
      .start()
    const login = { username: 'user', password: 'secret' }
    const { client } = await connected(url.replace('rtsp:', 'ws:'), login)
    await client.play()
    expect(client.state).toBe('playing')
  })

  it('begins with more cached pictures than one message may have', async () => {
    const { url, push, viewer } = await scene().camera().viewer().start()
    const sent = Array.from({ length: 40 }, (_, index) =>
      rtpPacket({
        sequenceNumber: index,
        timestamp: index * 3000,
        marker: true,
        payload: Buffer.alloc(60_000, index === 0 ? 0x65 : 0x41),
      }),
    )
    for (const [index, packet] of sent.entries()) {
      push(packet)
      await until(() => viewer.frames.filter(({ channel }) => channel === 0).length > index)
    }
    const { client } = await connected(url.replace('rtsp:', 'ws:'))
    const received: unknown[] = []
    for await (const { packet } of client.packets()) {
      if (received.push(packet) === sent.length) break
    }
    expect(received).toEqual(sent)
  })

  it('closes with the server', async () => {
    const { url, server } = await scene().camera().start()
    const { client } = await connected(url.replace('rtsp:', 'ws:'))
    await client.play()
    await server.close()
    await until(() => client.state === 'closed')
    expect(client.error).toMatchObject({ code: 'ERR_CLIENT_DISCONNECTED' })
  })
})

describe('a refused WebSocket', () => {
  async function refused(answer: TunnelAnswer, options: RtspClientOptions = {}) {
    const proxy = await TunnelProxy.start(await ScriptedCamera.start(), answer)
    const error = await connect(proxy.url.replace('rtsp:', 'ws:'), options).catch((each) => each)
    await until(() => proxy.isLeft)
    return { error, heads: proxy.heads }
  }

  it('is told', async () => {
    const { error, heads } = await refused(() => 'HTTP/1.1 404 Not Found\r\n\r\n')
    expect(error).toMatchObject({
      code: 'ERR_CLIENT_TRANSPORT',
      message: 'the server refuses the WebSocket: 404 Not Found',
    })
    expect(heads[0]).toMatch(/^GET \/cam\?a=b HTTP\/1\.1\r\n/)
    expect(heads[0]).toMatch(/^Sec-WebSocket-Protocol: rtsp\.onvif\.org\r$/m)
    expect(heads[0]).toMatch(/^User-Agent: rtspool\r$/m)
  })

  it.each([
    ['an invalid frame', 'pp'],
    ['a closing frame', '\x88\0'],
  ])('behind whose 101 %s stands ends the attempt, and nothing else', async (_, bytes) => {
    const { error } = await refused((head) => `${acceptanceOf(head)}${bytes}`)
    expect(error).toMatchObject({ code: 'ERR_CLIENT_DISCONNECTED' })
  })

  it.each([
    ['none is accepted', '', 'ERR_CLIENT_DISCONNECTED'],
    ['another is refused', 'Sec-WebSocket-Protocol: chat\r\n', 'ERR_CLIENT_TRANSPORT'],
  ])('needs no subprotocol of the server: %s', async (_, line, code) => {
    const named = /^Sec-WebSocket-Protocol: .*\r\n/m
    const { error } = await refused((head) => acceptanceOf(head).replace(named, line))
    expect(error).toMatchObject({ code })
  })

  it('leaves no connection when the request cannot be written', async () => {
    const proxy = await TunnelProxy.start(await ScriptedCamera.start())
    const port = Number(new URL(proxy.url.replace('rtsp:', 'http:')).port)
    const headersOf = () => ({ 'User-Agent': 'a\nb' })
    const target = { host: '127.0.0.1', port, path: '/', headersOf }
    const attempt = openWebSocket(target, new AbortController().signal)
    await expect(attempt).rejects.toBeInstanceOf(TypeError)
    await until(() => proxy.connections > 0 && proxy.isLeft)
  })

  it.each(['SSH-2.0-server\r\n\r\n', 'RTSP/1.0 400 Bad Request\r\nCSeq: 1\r\n\r\n', ''])(
    'is told when the server speaks another protocol: %j',
    async (answer) => {
      const { error } = await refused(() => answer)
      expect(error).toMatchObject({ code: 'ERR_CLIENT_TRANSPORT' })
    },
  )

  it('is opened with the credentials that HTTP asks for', async () => {
    const challenge =
      'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n\r\n'
    const login = { username: 'user', password: 'secret' }
    const { error, heads } = await refused(() => challenge, login)
    expect(error).toMatchObject({ code: 'ERR_CLIENT_UNAUTHORIZED' })
    expect(heads).toHaveLength(2)
    expect(heads[1]).toMatch(/^Authorization: Digest .*uri="\/cam\?a=b"/m)
  })

  it('is left when the signal aborts the attempt', async () => {
    const abort = new AbortController()
    const { error } = await refused(
      () => {
        abort.abort(new Error('enough'))
        return undefined
      },
      { signal: abort.signal },
    )
    expect(error).toMatchObject({ message: 'enough' })
  })

  it('names the package that is missing', async () => {
    const target = { host: '127.0.0.1', port: 1, path: '/', headersOf: () => ({}) }
    const load = () => Promise.reject(new Error('Cannot find package'))
    await expect(openWebSocket(target, new AbortController().signal, load)).rejects.toMatchObject({
      message: 'the package ws cannot be loaded',
      cause: { message: 'Cannot find package' },
    })
  })
})

/** Response that accepts an upgrade (RFC 6455 section 4.2.2). */
function acceptanceOf(head: string): string {
  const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(head)?.[1]
  const accept = createHash('sha1')
    .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64')
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    'Sec-WebSocket-Protocol: rtsp.onvif.org',
    '\r\n',
  ].join('\r\n')
}
