import { describe, expect, it } from 'vitest'
import { MediaFactory } from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { mountSlow, say, setUp, withoutCSeq } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import { eachRow } from '../../support/tagged-cases.js'
import { connectTo, expectOk, openUdpPorts, startServer, urlOf } from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'

const connect = () => scene().camera().client().start()

describe('requests with a response, after which the connection continues', () => {
  eachRow<[name: string, lines: string[], statusCode: number, cSeq: string | undefined]>([
    ['A-MSG-1', 'methods are case-sensitive', ['options * RTSP/1.0', 'CSeq: 1'], 501, '1'],
    ['A-MSG-2', 'an unknown method is 501', ['FOO * RTSP/1.0', 'CSeq: 2'], 501, '2'],
    ['A-RED-1', 'a REDIRECT of a client is 501', ['REDIRECT * RTSP/1.0', 'CSeq: 2'], 501, '2'],
    ['A-MSG-3', 'header names have no case', ['OPTIONS * RTSP/1.0', 'cseq:7'], 200, '7'],
    ['A-MSG-5', 'a request without CSeq is 400', ['OPTIONS * RTSP/1.0'], 400, undefined],
    [
      'A-MSG-6',
      'a CSeq that is no number of 32 bits is 400',
      ['OPTIONS * RTSP/1.0', 'CSeq: 99999999999999999999'],
      400,
      undefined,
    ],
    [
      'A-MSG-6',
      'the largest CSeq is echoed',
      ['OPTIONS * RTSP/1.0', 'CSeq: 4294967295'],
      200,
      '4294967295',
    ],
    [
      'A-MSG-10',
      'repeated and proprietary headers do not matter',
      [
        'OPTIONS * RTSP/1.0',
        'CSeq: 1',
        'User-Agent: GStreamer/1.22.0',
        'User-Agent: GStreamer/1.22.0',
        'ClientChallenge: 9e26d33f2984236010ef6253fb1887f7',
        'PlayerStarttime: [28/03/2003:22:50:23 00:00]',
        'CompanyID: KnKV4M4I/B2FjJ1TToLycw==',
        'GUID: 00000000-0000-0000-0000-000000000000',
        'RegionData: 0',
      ],
      200,
      '1',
    ],
    [
      'A-MSG-11',
      'unknown headers are ignored',
      ['OPTIONS * RTSP/1.0', 'CSeq: 1', 'X-Foo: bar'],
      200,
      '1',
    ],
    ['A-MSG-15', 'RTSP/3.0 is 505', ['OPTIONS * RTSP/3.0', 'CSeq: 4'], 505, '4'],
    ['A-MSG-15', 'RTSP/2.0 is 505', ['OPTIONS * RTSP/2.0', 'CSeq: 4'], 505, '4'],
  ])('%s', async (_name, lines, statusCode, cSeq) => {
    const { client } = await connect()
    const response = await say(client, ...lines)
    expect(response.version).toBe('1.0')
    expect(response.statusCode).toBe(statusCode)
    expect(response.headers.get('CSeq')).toBe(cSeq)
    await expectOk(client, 'OPTIONS', '*')
  })

  it('a 505 names the supported version', { tags: 'A-20-1' }, async () => {
    const { client } = await connect()
    const response = await say(client, 'OPTIONS * RTSP/2.0', 'CSeq: 4')
    expect(response.statusCode).toBe(505)
    expect(response.headers.get('Content-Type')).toBe('text/plain')
    expect(response.body.toString()).toContain('RTSP/1.0')
  })

  it('lines may end with LF alone', { tags: 'A-MSG-4' }, async () => {
    const { client } = await connect()
    client.send('OPTIONS * RTSP/1.0\nCSeq: 3\n\n')
    expect((await client.response()).statusCode).toBe(200)
  })

  it('equal and falling CSeq get responses in order of arrival', { tags: 'A-MSG-7' }, async () => {
    const { client } = await connect()
    for (const cSeq of ['5', '5', '3']) {
      const response = await say(client, 'OPTIONS * RTSP/1.0', `CSeq: ${cSeq}`)
      expect(response.headers.get('CSeq')).toBe(cSeq)
    }
  })

  it('Content-Length sets the end of the body', { tags: 'A-MSG-8' }, async () => {
    const { client } = await connect()
    client.send('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 5\r\n\r\nhello')
    expect((await client.response()).statusCode).toBe(200)
    await expectOk(client, 'OPTIONS', '*')
  })

  it('a Timestamp is repeated in the response', { tags: 'A-MSG-12' }, async () => {
    const { client } = await connect()
    for (const [method, uri] of [
      ['OPTIONS', '*'],
      ['DESCRIBE', 'rtsp://127.0.0.1/none'],
    ] as const) {
      const response = await client.request(method, uri, { headers: { Timestamp: '1234.5' } })
      expect(response.headers.get('Timestamp')).toMatch(/^1234\.5( \d+\.\d+)?$/)
    }
  })

  eachRow([
    ['A-MSG-13', 'Require'],
    ['A-MSG-14', 'Proxy-Require'],
  ])('what a %s names and nobody knows is listed, and nothing is done', async (header) => {
    const { server, client, url } = await connect()
    for (const method of ['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY']) {
      const response = await client.request(method, url, {
        headers: { [header]: 'a, implicit-play' },
      })
      expect(response.statusCode).toBe(551)
      expect(response.headers.get('Unsupported')).toBe('a, implicit-play')
    }
    expect(server.pool.size).toBe(0)
  })

  it('a Date, if there is one, is GMT', { tags: 'A-MSG-17' }, async () => {
    const { client } = await connect()
    const date = (await client.request('OPTIONS', '*')).headers.get('Date')
    if (date !== undefined) expect(date).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/)
  })

  it('pipelined requests get responses in order, even if one takes longer', {
    tags: 'A-MSG-18',
  }, async () => {
    const { client, url } = await connect()
    const wire = ['OPTIONS *', `DESCRIBE ${url}`, 'OPTIONS *', `DESCRIBE ${url}/none`, 'FOO *']
    client.send(wire.map((line, at) => `${line} RTSP/1.0\r\nCSeq: ${at}\r\n\r\n`).join(''))
    const answers = []
    for (const _ of wire) {
      const { headers, statusCode } = await client.response()
      answers.push([headers.get('CSeq'), statusCode])
    }
    expect(answers).toEqual([
      ['0', 200],
      ['1', 200],
      ['2', 200],
      ['3', 404],
      ['4', 501],
    ])
  })

  it('a dialogue sent byte by byte gets the same responses', {
    tags: ['A-MSG-19', 'A-ILV-6'],
  }, async () => {
    const { client, url } = await connect()
    const wire = Buffer.concat([
      Buffer.from(
        `OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\nDESCRIBE ${url} RTSP/1.0\r\nCSeq: 2\r\n\r\n`,
      ),
      Buffer.from([0x24, 9, 0, 4, 1, 2, 3, 4]),
      Buffer.from(`FOO * RTSP/1.0\r\nCSeq: 3\r\nContent-Length: 3\r\n\r\nabc`),
    ])
    const answersTo = async (send: () => void) => {
      send()
      return [await client.response(), await client.response(), await client.response()].map(
        withoutCSeq,
      )
    }
    const whole = await answersTo(() => client.send(wire))
    const pieces = await answersTo(() => {
      for (const byte of wire) client.send(Buffer.of(byte))
    })
    expect(pieces).toEqual(whole)
    expect(whole.map(({ statusCode }) => statusCode)).toEqual([200, 200, 501])
  })

  it('an error closes nothing, and after a TEARDOWN the connection is as new', {
    tags: 'A-MSG-21',
  }, async () => {
    const { client, url } = await connect()
    expect((await client.request('DESCRIBE', `${url}/none`)).statusCode).toBe(404)
    for (let round = 0; round < 2; round++) {
      const session = sessionIdOf(await setUp(client, `${url}/trackID=0`))
      await expectOk(client, 'TEARDOWN', url, { headers: { Session: session } })
    }
  })

  it('unexpected responses are ignored', { tags: 'A-MSG-24' }, async () => {
    const { client } = await connect()
    client.send('RTSP/1.0 200 OK\r\nCSeq: 99\r\n\r\nRTSP/1.0 501 Not Implemented\r\n\r\n')
    await expectOk(client, 'OPTIONS', '*')
  })
})

describe('connections', () => {
  eachRow([
    ['A-MSG-6', 'a NUL in CSeq', 'OPTIONS * RTSP/1.0\r\nCSeq: 1\x00X\r\n\r\n', '400'],
    [
      'A-MSG-8',
      'Transfer-Encoding',
      'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      '400',
    ],
    ...['-1', '+5', '5,5', '0x5', '1e3', '5\r\nContent-Length: 6'].map(
      (value) =>
        [
          'A-MSG-9',
          `Content-Length: ${JSON.stringify(value)}`,
          `OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: ${value}\r\n\r\n`,
          '400',
        ] as const,
    ),
    [
      'B-BIG',
      'a body over the limit',
      'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 131073\r\n\r\n',
      '413',
    ],
    ['A-MSG-16', 'a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', '400'],
  ])(
    '%s is answered with an error and the end of the connection',
    async (_name, wire, statusCode) => {
      const { server, client } = await connect()
      client.send(Buffer.from(wire, 'latin1'))
      // Nothing after it is read any more.
      client.send('OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n'.repeat(100))
      const response = await client.response()
      expect(String(response.statusCode)).toBe(statusCode)
      expect(response.headers.get('Connection')).toBe('close')
      await client.closed()
      expect(server.pool.size).toBe(0)
    },
  )

  it('the answer to a broken message names its CSeq when that was good', {
    tags: 'A-MSG-9',
  }, async () => {
    const { client } = await connect()
    const response = await say(client, 'OPTIONS * RTSP/1.0', 'CSeq: 17', 'Content-Length: x')
    expect([response.statusCode, response.headers.get('CSeq')]).toEqual([400, '17'])
  })

  it('requests before a broken message get their responses first', {
    tags: ['A-MSG-18', 'A-MSG-9'],
  }, async () => {
    const { client, url } = await connect()
    client.send(`DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1\r\n\r\n\x01`)
    expect((await client.response()).statusCode).toBe(200)
    expect((await client.response()).statusCode).toBe(400)
    await client.closed()
  })

  it('a session over UDP continues after its connection has closed', {
    tags: 'A-MSG-20',
  }, async () => {
    const { server, client, url } = await connect()
    const { clientPort } = await openUdpPorts()
    const transport = `RTP/AVP;unicast;client_port=${clientPort}`
    const session = sessionIdOf(await setUp(client, `${url}/trackID=0`, transport))
    await client.close()
    const next = await connectTo(server)
    await expectOk(next, 'PLAY', url, { headers: { Session: session } })
    await expectOk(next, 'TEARDOWN', url, { headers: { Session: session } })
  })

  it('a client that closes its half at once still gets its answer', {
    tags: 'A-MSG-20',
  }, async () => {
    const { client, url } = await connect()
    client.socket.end(`DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1\r\n\r\n`)
    expect((await client.response()).statusCode).toBe(200)
    await client.closed()
  })

  it('also when the answer takes its time', { tags: 'A-MSG-20' }, async () => {
    const clock = new ManualClock()
    const server = await startServer({ clock, slowReaderTimeout: 0 })
    const { come } = mountSlow(server)
    const client = await connectTo(server)
    client.socket.end(`DESCRIBE ${urlOf(server, '/slow')} RTSP/1.0\r\nCSeq: 1\r\n\r\n`)
    await expectOk(await connectTo(server), 'OPTIONS', '*')
    clock.advance(9_000)
    come()
    expect((await client.response()).statusCode).toBe(200)
    await client.closed()
  })

  it.each(['close', 'Close', 'Keep-Alive, close', 'keep-alive\r\nConnection: close'])(
    'Connection: %j is honoured after the answer',
    { tags: 'A-MSG-23' },
    async (value) => {
      const { client } = await connect()
      const response = await say(client, 'OPTIONS * RTSP/1.0', 'CSeq: 1', `Connection: ${value}`)
      expect([response.statusCode, response.headers.get('Connection')]).toEqual([200, 'close'])
      await client.closed()
    },
  )

  it('another Connection keeps it open', { tags: 'A-MSG-23' }, async () => {
    const { client } = await connect()
    await expectOk(client, 'OPTIONS', '*', { headers: { Connection: 'Keep-Alive, closed' } })
    await expectOk(client, 'OPTIONS', '*')
  })

  it('a source that is never there is 503 within ten seconds', { tags: 'A-MSG-22' }, async () => {
    const clock = new ManualClock()
    const server = await startServer({ clock })
    server.mounts.add('/never', new MediaFactory(() => new Promise<never>(() => {})))
    const silent = new TestSource()
    silent.start = () => new Promise<never>(() => {})
    server.mounts.add('/silent', new MediaFactory(() => silent))
    const failures: unknown[] = []
    server.on('requestFailed', (error) => failures.push(error))
    const client = await connectTo(server)
    const wait = async (pending: Promise<{ statusCode: number }>) => {
      await expectOk(await connectTo(server), 'OPTIONS', '*')
      clock.advance(10_000)
      return (await pending).statusCode
    }
    expect(await wait(client.request('DESCRIBE', urlOf(server, '/never')))).toBe(503)
    const other = await connectTo(server)
    const url = urlOf(server, '/silent')
    const session = sessionIdOf(await setUp(other, `${url}/trackID=0`))
    expect(await wait(other.request('PLAY', url, { headers: { Session: session } }))).toBe(503)
    expect(failures.length).toBe(2)
    expect(server.pool.size).toBe(0)
  })

  it('the same CSeq twice for SETUP is two requests and two sessions', {
    tags: 'B-CSEQ',
  }, async () => {
    const { server, client, url } = await connect()
    const lines = [`SETUP ${url}/trackID=0 RTSP/1.0`, 'CSeq: 1', 'Transport: RTP/AVP/TCP;unicast']
    const one = sessionIdOf(await say(client, ...lines))
    const two = sessionIdOf(await say(client, ...lines))
    expect(one).not.toBe(two)
    expect(server.pool.size).toBe(2)
  })

  it('a message has ten seconds from its first byte to its last, and a silent client too', {
    tags: 'B-SLOW',
  }, async () => {
    const clock = new ManualClock()
    const server = await startServer({ clock })
    const [silent, slow, patient] = [
      await connectTo(server),
      await connectTo(server),
      await connectTo(server),
    ]
    await expectOk(patient, 'OPTIONS', '*')
    clock.advance(5_000)
    slow.send('OPTIONS * RT')
    await expectOk(patient, 'OPTIONS', '*')
    clock.advance(5_000)
    await silent.closed()
    slow.send('SP/1.0\r\n')
    await expectOk(patient, 'OPTIONS', '*')
    expect(server.stats().connections).toBe(2)
    clock.advance(5_000)
    await slow.closed()
    await expectOk(patient, 'OPTIONS', '*')
  })

  it('any error of a handler gets 500, is emitted, and keeps the connection', {
    tags: 'B-CRASH',
  }, async () => {
    const { server, client } = await connect()
    const failures: unknown[] = []
    server.on('requestFailed', (error, request) => failures.push([error, request.method]))
    server.mounts.isPublishAllowed = () => {
      throw new Error('out of order')
    }
    const response = await client.request('OPTIONS', 'rtsp://127.0.0.1/cam')
    expect([response.statusCode, response.headers.get('CSeq')]).toEqual([500, '1'])
    expect(failures).toEqual([[new Error('out of order'), 'OPTIONS']])
    await expectOk(client, 'OPTIONS', '*')
  })
})
