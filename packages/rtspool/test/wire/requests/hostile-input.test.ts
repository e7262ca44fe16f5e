import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { frame } from '../../rtsp/transcripts.js'
import { mountCamera, say, setUp } from '../../support/dialogue.js'
import { HttpTestClient } from '../../support/http-client.js'
import { fakeTime, scene } from '../../support/scene.js'
import {
  connectTo,
  expectOk,
  play,
  rtpPacket,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'
import { until } from '../../support/until.js'

async function connect() {
  const clock = new ManualClock()
  const server = await startServer(fakeTime(clock))
  const sources = mountCamera(server)
  return { server, clock, sources, client: await connectTo(server), url: urlOf(server, '/cam') }
}

const start = 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n'
const setup = (url: string) =>
  `SETUP ${url}/trackID=0 RTSP/1.0\r\nCSeq: 2\r\nTransport: RTP/AVP/TCP;unicast\r\n\r\n`

describe('more than anybody needs', () => {
  it.each([
    ['a request line of 8193 bytes', 400, `${'A'.repeat(8193)}`],
    ['a URI of 2049 bytes', 414, `OPTIONS rtsp://h/${'a'.repeat(2040)} RTSP/1.0\r\n\r\n`],
    ['a header line of 8193 bytes', 400, `${start}X: ${'a'.repeat(8190)}`],
    ['256 headers', 400, `${start}${'X: y\r\n'.repeat(255)}\r\n`],
    ['64 KiB of headers', 400, `${start}${`X: ${'a'.repeat(8000)}\r\n`.repeat(9)}`],
    ['Content-Length: 131073', 413, `${start}Content-Length: 131073\r\n\r\n`],
    ['Content-Length: 1000000000', 413, `${start}Content-Length: 1000000000\r\n\r\n`],
    ['Content-Length: 4294967296', 400, `${start}Content-Length: 4294967296\r\n\r\n`],
    ['Content-Length: 1e9', 400, `${start}Content-Length: 1e9\r\n\r\n`],
    ['Content-Length: -1', 400, `${start}Content-Length: -1\r\n\r\n`],
  ])(
    '%s is %i at once, and the end of the connection',
    { tags: 'B-BIG' },
    async (_name, statusCode, wire) => {
      const { server, client } = await connect()
      const honest = await connectTo(server)
      // Nothing more is sent: nobody waits for the rest of it.
      client.send(wire)
      const response = await client.response()
      expect([response.statusCode, response.headers.get('Connection')]).toEqual([
        statusCode,
        'close',
      ])
      await client.closed()
      await expectOk(honest, 'OPTIONS', '*')
    },
  )
})

describe('interleaved frames', () => {
  it.each([
    ['a frame that never ends', Buffer.from([0x24, 0, 0xff, 0xff, 1, 2, 3])],
    ['half a frame header', Buffer.from([0x24, 0])],
    ['a body that never comes', Buffer.from(`${start}Content-Length: 10\r\n\r\nabc`)],
  ])(
    '%s: the connection ends after ten seconds, and its session',
    { tags: 'B-ILV' },
    async (_name, bytes) => {
      const { server, clock, client, url } = await connect()
      await play(client, url, ['TCP'])
      client.send(bytes)
      const honest = await connectTo(server)
      await expectOk(honest, 'OPTIONS', '*')
      clock.advance(9_999)
      await expectOk(honest, 'OPTIONS', '*')
      expect(server.pool.size).toBe(1)
      clock.advance(1)
      await client.closed()
      await expectOk(honest, 'OPTIONS', '*')
      expect(server.stats()).toMatchObject({ connections: 1, sessions: 0, channels: 0 })
    },
  )

  it('a $ inside of a header is a character like any other', { tags: 'B-ILV' }, async () => {
    const { client } = await connect()
    const response = await say(client, 'OPTIONS * RTSP/1.0', 'CSeq: 1', 'X: $\x01\x02$', 'Y$: z')
    expect(response.statusCode).toBe(400)
    await client.closed()
    const { client: other } = await connect()
    expect((await say(other, 'OPTIONS * RTSP/1.0', 'CSeq: 1', 'X: $ab$', 'Y$: z')).statusCode).toBe(
      200,
    )
  })

  it('requests in the payload of frames are only payload, on any channel', {
    tags: 'B-ILV',
  }, async () => {
    const { server, client, url, sources } = await connect()
    await play(client, url, ['TCP'])
    for (const channel of [0, 1, 2, 255]) client.send(frame(channel, Buffer.from(setup(url))))
    await expectOk(client, 'OPTIONS', '*')
    expect(server.pool.size).toBe(1)
    pushTo(sources, 0, rtpPacket({ sequenceNumber: 1, marker: true }))
    await until(() => client.frames.some(({ channel }) => channel === 0))
  })
})

describe('one message is not two', () => {
  it.each([
    ['behind two lengths', `${start}Content-Length: 0\r\nContent-Length: 5\r\n\r\n`],
    ['in a body that is too large', `${start}Content-Length: 131073\r\n\r\n`],
    ['behind a folded line', `${start}X: a\r\n b\r\n\r\n`],
    ['behind a bare CR', `${start}X: a\rY: b\r\n\r\n`],
    ['behind Transfer-Encoding', `${start}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['behind a NUL', `${start}X: \0\r\n\r\n`],
    ['behind what is no request', '\x16\x03\x01\r\n\r\n'],
  ])('a SETUP %s is never read', { tags: 'B-SMUG' }, async (_name, wire) => {
    const { server, client, url } = await connect()
    client.send(Buffer.from(wire + setup(url).repeat(3), 'latin1'))
    expect([400, 413]).toContain((await client.response()).statusCode)
    await client.closed()
    expect(server.pool.stats().created).toBe(0)
  })

  it.each([
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
  ])(
    'a SETUP that a web page sends behind %j makes no session',
    { tags: 'B-SMUG' },
    async (head) => {
      const { server, url } = await connect()
      const browser = await HttpTestClient.connect(server)
      browser.send(head + setup(url))
      expect(await browser.status()).toBe(400)
      await browser.closed()
      expect(server.pool.stats().created).toBe(0)
    },
  )

  it('a SETUP in a body is part of the body', { tags: 'B-SMUG' }, async () => {
    const { server, client, url } = await connect()
    const body = setup(url)
    client.send(`${start}Content-Length: ${body.length}\r\n\r\n${body}`)
    expect((await client.response()).statusCode).toBe(200)
    await expectOk(client, 'OPTIONS', '*')
    expect(server.pool.stats().created).toBe(0)
  })
})

describe('CSeq', () => {
  it.each([
    ['none', undefined, 400],
    ['0', '0', 200],
    ['the largest', '4294967295', 200],
    ['one more', '4294967296', 400],
    ['a thousand digits', '9'.repeat(1000), 400],
    ['below 0', '-1', 400],
    ['words', '1 2', 400],
  ])(
    '%s gets a response, and the connection continues',
    { tags: 'B-CSEQ' },
    async (_name, cSeq, statusCode) => {
      const { client } = await connect()
      const line = cSeq === undefined ? [] : [`CSeq: ${cSeq}`]
      const response = await say(client, 'OPTIONS * RTSP/1.0', ...line)
      expect(response.statusCode).toBe(statusCode)
      expect(response.headers.get('CSeq')).toBe(statusCode === 200 ? cSeq : undefined)
      await expectOk(client, 'OPTIONS', '*')
    },
  )

  it('the same one again and again never makes more sessions than there may be', {
    tags: 'B-CSEQ',
  }, async () => {
    const { server, client } = await scene({ pool: { maxSessions: 3 } })
      .camera()
      .client()
      .start()
    client.send(setup(urlOf(server, '/cam')).repeat(50))
    const codes: number[] = []
    for (let count = 0; count < 50; count++) codes.push((await client.response()).statusCode)
    expect(codes.filter((code) => code === 200)).toHaveLength(3)
    expect(new Set(codes.slice(3))).toEqual(new Set([503]))
    expect(server.pool.size).toBe(3)
    expect((await setUp(client, urlOf(server, '/none'))).statusCode).not.toBe(200)
  })
})
