import { describe, expect, it } from 'vitest'
import type { RtspServer } from '../../../src/index.js'
import { mountCamera, readySession } from '../../support/dialogue.js'
import { fixedPorts } from '../../support/fixed-ports.js'
import {
  type Encode,
  getHead,
  HttpTestClient,
  httpHead,
  openTunnel,
  postHead,
  rtspThrough,
  tunnelType,
} from '../../support/http-client.js'
import { receiverReportOf } from '../../support/rtcp.js'
import { fakeTime, scene } from '../../support/scene.js'
import { eachRow } from '../../support/tagged-cases.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  publish,
  rtpPacket,
  startServer,
  testCertificate,
  transportHeader,
  urlOf,
} from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

const packetOf = (sequenceNumber: number) =>
  rtpPacket({ sequenceNumber, marker: true, payload: Buffer.alloc(2000, sequenceNumber) })

const client = (server: RtspServer, from?: string) => HttpTestClient.connect(server, from)

async function answerTo(server: RtspServer, wire: string, from?: string) {
  const http = await client(server, from)
  http.send(wire)
  const status = await http.status()
  return { http, status }
}

const encodings: readonly (readonly [name: string, encode: Encode])[] = [
  ['each request by itself', (bytes) => [bytes.toString('base64')]],
  ['byte by byte', (bytes) => bytes.toString('base64')],
  ['with line ends', (bytes) => [`${bytes.toString('base64').replace(/.{76}/g, '$&\r\n')}\r\n`]],
  [
    'padded in the midst of a request',
    (bytes) => [bytes.subarray(0, 5).toString('base64'), bytes.subarray(5).toString('base64')],
  ],
]

describe('RTSP through HTTP', () => {
  it.each(['1.0', '1.1'])(
    'over HTTP/%s: the GET is answered, the POST is not',
    { tags: ['A-HTP-1', 'A-HTP-2'] },
    async (version) => {
      const server = await startServer()
      const ends = await openTunnel(server, 'c', version)
      const answer = String(ends.get.received)
      expect(answer).toMatch(new RegExp(`^HTTP/${version} 200 OK\r\n`))
      expect(answer).toContain(`Content-Type: ${tunnelType}`)
      expect(answer).not.toMatch(/content-length/i)
      await expectOk(rtspThrough(ends), 'OPTIONS', '*')
      expect(ends.post.received.length).toBe(0)
    },
  )

  it.each(encodings)(
    'plays and publishes, base64 %s',
    { tags: ['A-HTP-3', 'A-HTP-4'] },
    async (_name, encode) => {
      const server = await startServer()
      const url = urlOf(server, '/live/cam')
      const publisherEnds = await openTunnel(server, 'publisher')
      const publisher = rtspThrough(publisherEnds, encode)
      await publish(publisher, url, ['TCP'])
      const viewer = rtspThrough(await openTunnel(server, 'viewer'), encode)
      await play(viewer, url, ['TCP'])
      for (let n = 1; n <= 3; n++) publisher.sendFrame(0, packetOf(n))
      const rtp = () => viewer.frames.filter(({ channel }) => channel === 0)
      await until(() => rtp().length === 3)
      expect(rtp().map(({ payload }) => payload)).toEqual([1, 2, 3].map(packetOf))
      expect(publisherEnds.post.received.length).toBe(0)
    },
  )

  it('accepts more bytes in a POST than its Content-Length', { tags: 'A-HTP-2' }, async () => {
    const server = await startServer()
    const ends = await openTunnel(server)
    const rtsp = rtspThrough(ends)
    for (let sent = 0; sent < 40_000; sent += 2000) {
      await expectOk(rtsp, 'OPTIONS', '*', { headers: { 'User-Agent': 'a'.repeat(2000) } })
    }
  })

  it('is a connection like others: known by its address, ended with its GET', async () => {
    const server = await startServer()
    mountCamera(server)
    const facts: unknown[] = []
    server.on('connectionOpened', ({ remoteAddress, tunnel, isSecure }) =>
      facts.push({ remoteAddress, tunnel, isSecure }),
    )
    const ends = await openTunnel(server)
    await readySession(rtspThrough(ends), urlOf(server, '/cam'))
    expect(facts).toEqual([{ remoteAddress: '127.0.0.1', tunnel: 'http', isSecure: false }])
    ends.get.socket.destroy()
    await ends.post.closed()
    await until(() => server.stats().connections === 0)
    expect(server.pool.size).toBe(0)
  })

  it('continues with another POST after the client has closed the first', {
    tags: 'A-HTP-5',
  }, async () => {
    const server = await startServer()
    mountCamera(server)
    const ends = await openTunnel(server)
    const url = urlOf(server, '/cam')
    await readySession(rtspThrough(ends), url)
    ends.post.socket.end()
    await ends.post.closed()
    const post = await client(server)
    post.send(postHead('a-cookie-of-22-letters'))
    post.send(Buffer.from('OPTIONS * RTSP/1.0\r\nCSeq: 77\r\n\r\n').toString('base64'))
    await until(() => ends.get.received.includes('CSeq: 77'))
    expect(server.pool.size).toBe(1)
  })

  it('UDP gets 461, or the next alternative is used', { tags: 'A-HTP-7' }, async () => {
    const server = await startServer()
    mountCamera(server)
    const rtsp = rtspThrough(await openTunnel(server))
    const track = `${urlOf(server, '/cam')}/trackID=0`
    const udp = transportHeader(await openUdpPorts(), 0)
    const refused = await rtsp.request('SETUP', track, { headers: { Transport: udp } })
    expect(refused.statusCode).toBe(461)
    const both = `${udp},${transportHeader('TCP', 0)}`
    const taken = await expectOk(rtsp, 'SETUP', track, { headers: { Transport: both } })
    expect(taken.headers.get('Transport')).toContain('RTP/AVP/TCP')
  })

  it('multicast is neither described nor accepted', { tags: 'A-HTP-7' }, async () => {
    const groups = '239.255.13.1'
    const { server, url } = await scene({
      multicast: {
        groups,
        ports: [fixedPorts.multicastTunnel, fixedPorts.multicastTunnel + 3],
        interface: '127.0.0.1',
      },
    })
      .camera()
      .start()
    const plain = await expectOk(await connectTo(server), 'DESCRIBE', url)
    expect(plain.body.toString()).toContain(groups)
    const rtsp = rtspThrough(await openTunnel(server))
    const { body } = await expectOk(rtsp, 'DESCRIBE', url)
    expect(body.toString()).not.toContain(groups)
    const headers = { Transport: 'RTP/AVP;multicast' }
    expect((await rtsp.request('SETUP', `${url}/trackID=0`, { headers })).statusCode).toBe(461)
  })

  it.for([1, 1000])(
    'RTCP behind the GET counts, %s bytes at a time',
    { tags: 'A-HTP-1' },
    async (size) => {
      const server = await startServer()
      mountCamera(server)
      const ends = await openTunnel(server)
      const id = await readySession(rtspThrough(ends), urlOf(server, '/cam'))
      const session = server.pool.get(id)
      if (!session) throw new Error('a session expected')
      let touches = 0
      session.touch = () => void touches++
      const report = receiverReportOf({ fractionLost: 3 })
      const wire = Buffer.concat([Buffer.from([0x24, 1, 0, report.length]), report])
      for (let at = 0; at < wire.length; at += size) ends.get.send(wire.subarray(at, at + size))
      await until(() => touches > 0)
      expect(touches).toBe(1)
      expect(ends.get.socket.closed).toBe(false)
    },
  )

  it.each([
    ['a request', 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'],
    ['an answer', 'RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n'],
    ['HTTP', postHead('another')],
    ['what is nothing at all', '\0'.repeat(100)],
  ])('%s behind the GET of a tunnel ends it', { tags: ['A-HTP-1', 'B-SMUG'] }, async (_, wire) => {
    const server = await startServer()
    mountCamera(server)
    const ends = await openTunnel(server)
    await readySession(rtspThrough(ends), urlOf(server, '/cam'))
    ends.get.send(wire)
    await ends.get.closed()
    await ends.post.closed()
    await until(() => server.stats().connections === 0)
    expect(server.pool.size).toBe(0)
  })

  it('can be turned off', async () => {
    const server = await startServer({ httpTunnel: false })
    expect((await answerTo(server, getHead('c'))).status).toBe(400)
    await expectOk(await connectTo(server), 'OPTIONS', '*')
  })

  it('Expect: 100-continue is answered', async () => {
    const server = await startServer()
    await answerTo(server, getHead('c'))
    const post = httpHead('POST / HTTP/1.1', 'x-sessioncookie: c', 'Expect: 100-continue')
    expect((await answerTo(server, post)).status).toBe(100)
  })
})

describe("requests other than a tunnel's", { tags: ['B-SMUG', 'A-HTP-6'] }, () => {
  eachRow([
    ['A-MSG-16', 'a GET without a cookie', 400, httpHead('GET / HTTP/1.1', 'Host: a')],
    [
      '',
      'a POST without a cookie',
      400,
      `${httpHead('POST / HTTP/1.1')}SETUP rtsp://a/cam RTSP/1.0\r\n`,
    ],
    ['', 'a POST without its GET', 404, postHead('c')],
    ['', 'an empty cookie', 400, getHead('')],
    ['', 'a cookie without end', 400, getHead('c'.repeat(200))],
    ['', 'GET and POST on one connection', 400, getHead('c') + postHead('c')],
    ['', 'two lengths', 400, httpHead('POST / HTTP/1.1', 'Content-Length: 1', 'Content-Length: 1')],
    ['', 'a folded line', 400, httpHead('GET / HTTP/1.1', 'x-sessioncookie: c', ' d')],
  ])('%s is answered %s and closed, 0 sessions', async (_name, expected, wire) => {
    const server = await startServer()
    const startedAt = performance.now()
    const { http, status } = await answerTo(server, wire)
    http.send('OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n'.repeat(10))
    await http.closed()
    expect(performance.now() - startedAt).toBeLessThan(4000)
    expect(status).toBe(expected)
    expect(String(http.received)).not.toContain('RTSP/1.0')
    expect(server.pool.size).toBe(0)
    await until(() => server.stats().connections === 0)
  })

  it('a later POST on the connection of its GET ends both', async () => {
    const server = await startServer()
    const { http } = await answerTo(server, getHead('c'))
    http.send(postHead('c'))
    await http.closed()
    expect((await answerTo(server, postHead('c'))).status).toBe(404)
  })

  it('a second GET or POST never replaces the first', async () => {
    const server = await startServer()
    const ends = await openTunnel(server, 'mine')
    const rtsp = rtspThrough(ends)
    await expectOk(rtsp, 'OPTIONS', '*')
    expect((await answerTo(server, getHead('mine'))).status).toBe(409)
    expect((await answerTo(server, postHead('mine'))).status).toBe(409)
    await expectOk(rtsp, 'OPTIONS', '*')
  })

  it('a cookie is useless from another address', { tags: 'B-TUN' }, async () => {
    const server = await startServer()
    const { http: get } = await answerTo(server, getHead('mine'))
    const stranger = await answerTo(server, postHead('mine'), '127.0.0.2')
    expect(stranger.status).toBe(404)
    // The same cookie from there is a tunnel of its own.
    expect((await answerTo(server, getHead('mine'), '127.0.0.2')).status).toBe(200)
    const post = await client(server)
    post.send(postHead('mine'))
    await expectOk(rtspThrough({ get, post }), 'OPTIONS', '*')
  })

  it('a cookie of a plain connection is useless over TLS, and the reverse', {
    tags: 'B-TUN',
  }, async () => {
    const server = await startServer({ tls: { port: 0, ...testCertificate('first') } })
    const [plain, secure] = [await client(server), await HttpTestClient.connectTls(server)]
    plain.send(getHead('plain'))
    secure.send(getHead('secure'))
    expect([await plain.status(), await secure.status()]).toEqual([200, 200])
    const [toPlain, toSecure] = [await client(server), await HttpTestClient.connectTls(server)]
    toPlain.send(postHead('secure'))
    toSecure.send(postHead('plain'))
    expect([await toPlain.status(), await toSecure.status()]).toEqual([404, 404])
    const post = await HttpTestClient.connectTls(server)
    post.send(postHead('secure'))
    await expectOk(rtspThrough({ get: secure, post }), 'OPTIONS', '*')
  })

  it('a head must be whole within ten seconds, however its bytes are spread', {
    tags: 'B-SLOW',
  }, async () => {
    const options = fakeTime()
    const server = await startServer(options)
    const slow = await client(server)
    const silent = await client(server)
    slow.send('GET / HTTP/1.1\r\nx-sess')
    await until(() => server.stats().connections === 2)
    options.clock.advance(9_999)
    slow.send('ioncookie: c\r\n')
    await nextTurn()
    expect([slow.socket.closed, silent.socket.closed]).toEqual([false, false])
    options.clock.advance(1)
    await Promise.all([slow.closed(), silent.closed()])
  })

  it('bytes that are not base64 end the tunnel and its sessions', async () => {
    const server = await startServer()
    mountCamera(server)
    const ends = await openTunnel(server)
    await readySession(rtspThrough(ends), urlOf(server, '/cam'))
    ends.post.send('!!!!')
    await Promise.all([ends.get.closed(), ends.post.closed()])
    await until(() => server.pool.size === 0)
  })

  it('a web page of elsewhere is refused', { tags: 'B-TUN' }, async () => {
    const server = await startServer()
    const wire = httpHead('GET / HTTP/1.1', 'x-sessioncookie: c', 'Origin: http://evil', 'Host: a')
    expect((await answerTo(server, wire)).status).toBe(403)
  })

  it('the server closes while tunnels wait', async () => {
    const server = await startServer()
    const { http } = await answerTo(server, getHead('c'))
    const silent = await client(server)
    await until(() => server.stats().connections === 2)
    await server.close()
    await Promise.all([http.closed(), silent.closed()])
  })
})

describe('a method of RTSP', () => {
  it('that begins like HTTP is still RTSP, even in pieces', async () => {
    const server = await startServer()
    const wire = 'GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\n\r\n'
    for (const at of [1, 3, 4, 5]) {
      const rtsp = await connectTo(server)
      rtsp.send(wire.slice(0, at))
      await nextTurn()
      rtsp.send(wire.slice(at))
      expect((await rtsp.response()).statusCode).toBe(200)
    }
    const rtsp = await connectTo(server)
    rtsp.send('GET rtsp://a/ RTSP/1.0\r\nCSeq: 1\r\n\r\n')
    expect((await rtsp.response()).statusCode).toBe(501)
  })
})
