import { describe, expect, it } from 'vitest'
import { serializeCompound } from '../../../src/rtcp/index.js'
import { parseTransport } from '../../../src/rtsp/index.js'
import { inSession, readySession, say, setUp, withoutCSeq } from '../../support/dialogue.js'
import { type RtspTestClient, sessionIdOf } from '../../support/rtsp-client.js'
import { type SceneOptions, scene } from '../../support/scene.js'
import { eachRow } from '../../support/tagged-cases.js'
import { connectTo, expectOk, openUdpPorts, rtpPacket } from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'
import { until } from '../../support/until.js'

const camera = (options: SceneOptions = {}) =>
  scene({ pool: { maxIdleSetup: 0 }, ...options })
    .camera()
    .client()
    .start()

/** The answers so far have been given, and so whatever was sent before has been read. */
const settle = (client: RtspTestClient) => expectOk(client, 'OPTIONS', '*')

const receiverReport = serializeCompound([{ type: 'receiverReport', ssrc: 1, reports: [] }])

describe('the Session header', () => {
  it('ids are long, random, and of characters that no client stumbles on', {
    tags: 'A-SES-1',
  }, async () => {
    const { client, url } = await camera()
    const ids = new Set<string>()
    for (let n = 0; n < 20; n++) ids.add(sessionIdOf(await setUp(client, `${url}/trackID=0`)))
    expect(ids.size).toBe(20)
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_.]{32}$/)
  })

  it('a timeout that the client names is ignored', { tags: 'A-SES-2' }, async () => {
    const { server, client, url } = await camera()
    const session = await readySession(client, url)
    const response = await inSession(client, 'PLAY', url, `${session};timeout=5`)
    expect(response.headers.get('Session')).toBe(`${session};timeout=60`)
    expect(server.pool.get(session)?.timeout).toBe(60)
  })

  it('a session that is needed and not named is 454', { tags: 'A-SES-3' }, async () => {
    const { client, url } = await camera()
    await readySession(client, url)
    for (const method of ['PLAY', 'PAUSE', 'TEARDOWN', 'RECORD']) {
      expect((await client.request(method, url)).statusCode).toBe(454)
    }
  })

  it('unknown, misspelled, torn down, expired and foreign ids get the same answer', {
    tags: ['A-SES-4', 'A-SES-5'],
  }, async () => {
    const { clock, server, client, url } = await camera({ udpLiveness: 'client' })
    const tornDown = await readySession(client, url)
    await inSession(client, 'TEARDOWN', url, tornDown)
    const foreign = await readySession(await connectTo(server), url)
    const { clientPort } = await openUdpPorts()
    const expired = await readySession(client, url, `RTP/AVP;unicast;client_port=${clientPort}`)
    const answers = [await client.request('PLAY', url)]
    for (const id of ['nobody', 'x'.repeat(128), foreign.toLowerCase(), tornDown, foreign]) {
      answers.push(await inSession(client, 'PLAY', url, id))
    }
    // Due, and not removed yet.
    clock.advance(64_999)
    clock.stall(1)
    answers.push(await inSession(client, 'PLAY', url, expired))
    const bytes = answers.map((answer) => JSON.stringify(withoutCSeq(answer)))
    expect(answers[0]?.statusCode).toBe(454)
    expect(new Set(bytes).size).toBe(1)
  })

  it('every answer of a session that is no refusal names it with its timeout', async () => {
    const { client, url } = await camera()
    const session = await readySession(client, url)
    for (const method of [
      'PLAY',
      'GET_PARAMETER',
      'PAUSE',
      'SET_PARAMETER',
      'OPTIONS',
      'TEARDOWN',
    ]) {
      const response = await inSession(client, method, url, session)
      expect([method, response.statusCode, response.headers.get('Session')]).toEqual([
        method,
        200,
        `${session};timeout=60`,
      ])
    }
  })

  it.each(['', 'x'.repeat(129)])('an id that cannot be one is 400', async (id) => {
    const { client } = await camera()
    const response = await say(client, 'OPTIONS * RTSP/1.0', 'CSeq: 1', `Session: ${id}`)
    expect(response.statusCode).toBe(400)
  })
})

describe('signs of life', () => {
  it('a session ends when timeout and grace are over, not before, and once', {
    tags: 'A-SES-6',
  }, async () => {
    const { clock, server, client, url } = await camera({ udpLiveness: 'client' })
    const removed: string[] = []
    server.pool.on('sessionRemoved', (_session, reason) => removed.push(reason))
    const { clientPort } = await openUdpPorts()
    await readySession(client, url, `RTP/AVP;unicast;client_port=${clientPort}`)
    clock.advance(64_999)
    expect([server.pool.size, removed]).toEqual([1, []])
    clock.advance(251)
    expect(server.stats()).toMatchObject({ sessions: 0, udpPeers: 0 })
    expect(removed).toEqual(['timeout'])
  })

  it.each(['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER'])(
    '%s without a body is a sign of life',
    { tags: 'A-SES-8' },
    async (method) => {
      const { clock, server, client, url } = await camera({ udpLiveness: 'client' })
      const { clientPort } = await openUdpPorts()
      const session = await readySession(client, url, `RTP/AVP;unicast;client_port=${clientPort}`)
      for (let n = 0; n < 3; n++) {
        clock.advance(60_000)
        expect((await inSession(client, method, url, session)).statusCode).toBe(200)
      }
      expect(server.pool.get(session)?.remaining()).toBe(65_000)
    },
  )

  it('a UDP viewer that has vanished leaves after timeout and grace, although packets are sent', {
    tags: 'B-HALF',
  }, async () => {
    const { clock, server, sources, client, url } = await camera({ udpLiveness: 'client' })
    const ports = await openUdpPorts()
    const transport = `RTP/AVP;unicast;client_port=${ports.clientPort}`
    const session = sessionIdOf(await setUp(client, `${url}/trackID=0`, transport))
    await inSession(client, 'PLAY', url, session)
    const track = sources[0]?.output?.tracks[0]
    let sequenceNumber = 0
    const pushFor = (seconds: number) => {
      for (let elapsed = 0; elapsed < seconds; elapsed++) {
        track?.push(rtpPacket({ sequenceNumber: sequenceNumber++ }))
        clock.advance(1000)
      }
    }
    pushFor(64)
    expect([server.pool.size, track?.readerCount]).toEqual([1, 1])
    pushFor(2)
    expect(server.pool.stats()).toMatchObject({ size: 0, removed: { timeout: 1 } })
    expect([server.stats().udpPeers, track?.readerCount]).toEqual([0, 0])
  })

  it('valid RTCP of a UDP viewer is a sign of life; other bytes and other senders are not', {
    tags: 'A-SES-7',
  }, async () => {
    const { clock, server, client, url } = await camera()
    const [ports, others] = [await openUdpPorts(), await openUdpPorts()]
    const response = await setUp(
      client,
      `${url}/trackID=0`,
      `RTP/AVP;unicast;client_port=${ports.clientPort}`,
    )
    const session = server.pool.get(sessionIdOf(response))
    const [spec] = parseTransport(response.headers.get('Transport') ?? '')
    const serverPort = spec?.serverPort?.[1] ?? 0
    clock.advance(60_000)
    const before = session?.lastAccessAt
    const bye = serializeCompound([
      { type: 'receiverReport', ssrc: 1, reports: [] },
      { type: 'bye', ssrcs: [1] },
    ])
    for (let n = 0; n < 10; n++) {
      others.rtcpSocket.send(n % 2 ? bye : receiverReport, serverPort, '127.0.0.1')
      ports.rtpSocket.send(receiverReport, serverPort, '127.0.0.1')
      ports.rtcpSocket.send('no RTCP', serverPort, '127.0.0.1')
    }
    // Datagrams of one socket keep their order on the loopback: this one is read last.
    const { promise, resolve } = arrival(session)
    ports.rtcpSocket.send(receiverReport, serverPort, '127.0.0.1')
    await promise
    expect(session?.lastAccessAt).toBe((before ?? 0) + 60_000)
    expect(resolve()).toBe(1)
  })

  it('RTCP and requests of an interleaved viewer are signs of life', {
    tags: 'A-SES-7',
  }, async () => {
    const { clock, server, client, url } = await camera()
    const id = await readySession(client, url)
    await inSession(client, 'PLAY', url, id)
    const session = server.pool.get(id)
    for (let n = 0; n < 5; n++) {
      clock.advance(1_000)
      client.sendFrame(1, receiverReport)
      await settle(client)
      expect(session?.lastAccessAt).toBe(clock.now())
    }
    const heardAt = clock.now()
    clock.advance(1_000)
    client.sendFrame(1, Buffer.from('no RTCP'))
    client.sendFrame(0, receiverReport)
    client.sendFrame(9, receiverReport)
    await settle(client)
    expect(session?.lastAccessAt).toBe(heardAt)
  })

  it('invalid requests do not prolong it', { tags: 'A-SES-9' }, async () => {
    const { clock, server, client, url } = await camera({ udpLiveness: 'client' })
    const { clientPort } = await openUdpPorts()
    const session = await readySession(client, url, `RTP/AVP;unicast;client_port=${clientPort}`)
    clock.advance(30_000)
    await say(client, `FOO ${url} RTSP/1.0`, 'CSeq: 1', `Session: ${session}`)
    await say(client, `PLAY ${url} RTSP/1.0`, `Session: ${session}`)
    await say(client, `PLAY ${url} RTSP/1.0`, 'CSeq: 1', `Session: ${session}`, 'Require: a')
    expect(server.pool.get(session)?.remaining()).toBe(35_000)
  })
})

describe('parameters', () => {
  const parameters = { 'Content-Type': 'text/parameters' }

  eachRow([
    [
      'A-SES-10',
      'GET_PARAMETER of an unknown one',
      'GET_PARAMETER',
      'packets_received\r\njitter\r\n',
    ],
    [
      'A-SES-11',
      'SET_PARAMETER of unknown ones',
      'SET_PARAMETER',
      'packets_received: 1\njitter: 2',
    ],
  ])('%s lists what is not understood', async (_name, method, body) => {
    const { client, url } = await camera()
    const session = await readySession(client, url)
    const headers = { ...parameters, Session: session }
    const response = await client.request(method, url, { headers, body })
    expect(response.statusCode).toBe(451)
    expect(response.headers.get('Content-Type')).toBe('text/parameters')
    expect(response.body.toString()).toBe('packets_received\r\njitter\r\n')
  })

  const lines = (count: number, line: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => line(at)).join('\n')

  it.each([
    ['64 names', lines(64, (at) => `a${at}`), 451],
    ['64 names and a line end', `${lines(64, (at) => `a${at}: 1`)}\r\n\r\n`, 451],
    ['a name of 256 bytes', 'a'.repeat(256), 451],
    ['256 lines that name nothing', '\n'.repeat(256), 200],
    ['65 names', lines(65, (at) => `a${at}`), 413],
    ['43,000 names', lines(43_000, () => 'ab'), 413],
    ['a name of 257 bytes', `b\n${'a'.repeat(257)}: 1`, 413],
    ['one name of 128 KiB', 'a'.repeat(128 * 1024), 413],
    ['128 KiB of empty lines', '\n'.repeat(128 * 1024), 413],
    ['128 KiB of colons', ':'.repeat(128 * 1024), 200],
  ])('%s in GET_PARAMETER and SET_PARAMETER', { tags: 'S-10' }, async (_name, body, statusCode) => {
    const { client, url } = await camera()
    for (const method of ['GET_PARAMETER', 'SET_PARAMETER']) {
      const response = await client.request(method, url, { headers: parameters, body })
      expect(response.statusCode).toBe(statusCode)
    }
  })

  it('a body of another type is 415', { tags: 'A-SES-10' }, async () => {
    const { client, url } = await camera()
    const headers = { 'Content-Type': 'application/json' }
    const response = await client.request('GET_PARAMETER', url, { headers, body: '{}' })
    expect(response.statusCode).toBe(415)
  })

  it('SET_PARAMETER without Content-Type is answered', { tags: 'A-SES-11' }, async () => {
    const { client, url } = await camera()
    const response = await client.request('SET_PARAMETER', url, { body: 'volume: 1' })
    expect([response.statusCode, response.body.toString()]).toEqual([451, 'volume\r\n'])
    await settle(client)
  })
})

describe('a refusal changes no state', { tags: 'A-SES-12' }, () => {
  it.each([
    ['PLAY', { Range: 'npt=x-' }],
    ['PLAY', { Scale: '0' }],
    ['PAUSE', { Range: 'npt=999-' }],
    ['SETUP', { Transport: 'RTP/FOO' }],
    ['RECORD', {}],
    ['ANNOUNCE', {}],
    ['TEARDOWN', { Require: 'a' }],
  ])('%s %j', async (method, extra) => {
    const { server, sources, client, url } = await camera()
    const session = await readySession(client, url)
    await inSession(client, 'PLAY', url, session)
    const response = await client.request(method, url, { headers: { ...extra, Session: session } })
    expect(response.statusCode).toBeGreaterThanOrEqual(400)
    expect(server.pool.get(session)?.state).toBe('Playing')
    pushTo(sources, 0, rtpPacket({ sequenceNumber: 1, marker: true }))
    await until(() => client.frames.some(({ channel }) => channel === 0))
  })
})

/** Resolves at the next touch of a session; counts the touches. */
function arrival(session: { touch(now?: number): void } | undefined) {
  if (!session) throw new Error('a session expected')
  const touch = session.touch.bind(session)
  let count = 0
  let done = (): void => {}
  const promise = new Promise<void>((resolve) => {
    done = resolve
  })
  session.touch = (now) => {
    touch(now)
    count++
    done()
  }
  return { promise, resolve: () => count }
}
