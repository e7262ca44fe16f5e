import { describe, expect, it } from 'vitest'
import type { RtspClientOptions } from '../../src/client/index.js'
import { connectedClient, expectPackets } from '../support/client-scene.js'
import { scene } from '../support/scene.js'
import { frame, ScriptedCamera } from '../support/scripted-camera.js'
import { rtpPacket, testCertificate } from '../support/test-server.js'
import { type TunnelAnswer, TunnelProxy } from '../support/tunnel-proxy.js'
import { nextTurn, until } from '../support/until.js'

const connected = (url: string, options: RtspClientOptions = {}) =>
  connectedClient(url, { transports: ['http'], ...options })

async function tunnelled(answer?: TunnelAnswer, options?: RtspClientOptions) {
  const camera = await ScriptedCamera.start()
  const proxy = await TunnelProxy.start(camera, answer)
  const { client, clock } = await connected(proxy.url, options)
  return { camera, proxy, client, clock }
}

const packet = (sequenceNumber: number, size = 3000) =>
  rtpPacket({ sequenceNumber, marker: true, payload: Buffer.alloc(size, sequenceNumber) })

describe('a client through an HTTP tunnel', () => {
  it.each(['rtsp', 'rtsps'])('receives from our own server, byte for byte (%s)', async (scheme) => {
    const tls = { port: 0, ...testCertificate('first') }
    const camera = await scene({ tls }).camera().start()
    const { server } = camera
    const { port } = scheme === 'rtsps' ? server.tlsAddress() : server.address()
    const tunnels: unknown[] = []
    server.on('connectionOpened', ({ tunnel }) => tunnels.push(tunnel))
    const { client } = await connected(`${scheme}://127.0.0.1:${port}/cam`, {
      tls: { ca: tls.cert },
    })
    expect(tunnels).toEqual(['http'])
    await expectPackets(client, camera)
    expect(client.transport).toBe('http')
    await client.close()
    expect(server.stats().sessions).toBe(0)
  })

  it('sends what other clients send, and closes both connections', async () => {
    const { proxy, client } = await tunnelled()
    const [get = '', post = ''] = proxy.heads
    expect(get.split('\r\n')[0]).toBe('GET /cam?a=b HTTP/1.0')
    expect(get).toMatch(/^x-sessioncookie: [0-9a-f]{22}\r$/m)
    expect(get).toContain('\r\nUser-Agent: rtspool\r\n')
    expect(post).toContain(/x-sessioncookie: .*/.exec(get)?.[0])
    expect(post).toContain('\r\nContent-Type: application/x-rtsp-tunnelled\r\n')
    await client.close()
    await until(() => proxy.isLeft)
  })

  it('sends its reports through the POST', async () => {
    const { camera, client, clock } = await tunnelled()
    await client.play()
    camera.send(frame(0, packet(1)))
    await until(() => client.stats().packets === 1)
    clock.advance(5000)
    await until(() => camera.frames.length === 2)
    expect(camera.frames[0]?.payload[1]).toBe(201)
  })

  it('opens another POST after the server has ended one', async () => {
    const { camera, proxy, client } = await tunnelled()
    proxy.posts[0]?.end()
    await until(() => proxy.posts[0]?.closed === true)
    await client.play()
    expect(proxy.posts).toHaveLength(2)
    expect(proxy.heads[2]).toBe(proxy.heads[1])
    expect(camera.methods.at(-1)).toBe('PLAY')
  })

  it('reads no more while its reader is behind', async () => {
    const { camera, client } = await tunnelled()
    await client.play()
    const packets = client.packets({ maxQueuedBytes: 1 })
    camera.send(frame(0, packet(1)))
    await until(() => client.stats().packets === 1)
    for (let at = 2; at <= 1000; at++) camera.send(frame(0, packet(at, 30_000)))
    await nextTurn(1000)
    expect(camera.sockets[0]?.writableLength).toBeGreaterThan(5_000_000)
    expect((await packets.next()).value?.packet).toEqual(packet(1))
    for (let at = 2; at <= 1000; at++) {
      const { value } = await packets.next()
      if (!value?.packet.equals(packet(at, 30_000))) expect.fail(`packet ${at} is another`)
    }
  })

  it('closes when the server closes the GET', async () => {
    const { camera, client } = await tunnelled()
    await client.play()
    camera.sockets[0]?.destroy()
    await until(() => client.state === 'closed')
    expect(client.error).toMatchObject({ code: 'ERR_CLIENT_DISCONNECTED' })
  })

  it('closes when the server refuses a POST', async () => {
    const refuse: TunnelAnswer = (head) =>
      head.startsWith('POST') ? 'HTTP/1.1 409 Conflict\r\n\r\n' : undefined
    await expect(tunnelled(refuse)).rejects.toMatchObject({
      code: 'ERR_CLIENT_DISCONNECTED',
      cause: { message: 'the server refuses the POST of an HTTP tunnel: 409 Conflict' },
    })
  })

  it('ends an attempt that its signal aborts', async () => {
    const abort = new AbortController()
    const camera = await ScriptedCamera.start()
    const proxy = await TunnelProxy.start(camera, (_, count) => {
      if (count === 1) abort.abort(new Error('enough'))
      return undefined
    })
    await expect(connected(proxy.url, { signal: abort.signal })).rejects.toThrow('enough')
    await until(() => proxy.isLeft)
  })
})

describe('a refused tunnel', () => {
  it.each([
    ['HTTP/1.1 404 Not Found\r\n\r\n', /refuses the GET of an HTTP tunnel: 404 Not Found$/],
    [
      'RTSP/1.0 400 Bad Request\r\n\r\n',
      /opens no tunnel: expected a status line of HTTP, got "RTSP\/1\.0 400/,
    ],
    ['', /closed the HTTP tunnel/],
  ])('%j is told', async (answer, message) => {
    await expect(tunnelled(() => answer)).rejects.toMatchObject({
      code: 'ERR_CLIENT_TRANSPORT',
      message: expect.stringMatching(message),
    })
  })

  it('leads to the next transport', async () => {
    const { url } = await scene({ httpTunnel: false }).camera().start()
    const { client } = await connected(url, { transports: ['http', 'tcp'] })
    await client.play()
    expect(client.transport).toBe('tcp')
  })

  const challenge =
    'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n\r\n'
  const askingOnce: TunnelAnswer = (head) =>
    head.includes('\r\nAuthorization: Digest ') ? undefined : challenge

  it('is opened with the credentials that HTTP asks for', async () => {
    const { proxy } = await tunnelled(askingOnce, { username: 'user', password: 'secret' })
    const [first, get, post] = proxy.heads
    expect(proxy.heads).toHaveLength(3)
    expect(first).not.toContain('Authorization')
    expect(get).toMatch(/^Authorization: Digest .*uri="\/cam\?a=b".*nc=00000001/m)
    expect(post).toMatch(/^Authorization: Digest .*nc=00000002/m)
  })

  it('gets a refused password once only', async () => {
    const heads: string[] = []
    const options = { username: 'user', password: 'secret' }
    const refusing = tunnelled((head) => {
      heads.push(head)
      return challenge
    }, options)
    await expect(refusing).rejects.toMatchObject({ code: 'ERR_CLIENT_UNAUTHORIZED' })
    expect(heads).toHaveLength(2)
  })
})
