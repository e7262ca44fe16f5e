import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { parseRange, parseRtpInfo } from '../../../src/rtsp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inSession, mountCamera, readySession, setUp } from '../../support/dialogue.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { fakeTime } from '../../support/scene.js'
import { eachRow } from '../../support/tagged-cases.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  rtpPacket,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'
import { nextTurn, until } from '../../support/until.js'

async function viewer(clock?: ManualClock) {
  const server = await startServer(clock && fakeTime(clock))
  const sources = mountCamera(server)
  const url = urlOf(server, '/cam')
  const client = await connectTo(server)
  const session = await readySession(client, url)
  const push = (sequenceNumber: number, track = 0) =>
    sources[0]?.output?.tracks[track]?.push(
      rtpPacket({ sequenceNumber, timestamp: 9000 + sequenceNumber, ssrc: track + 1 }),
    )
  /** The connection closes when the client has had time to say goodbye. */
  const closed = async () => {
    clock?.advance(10_000)
    await client.closed()
  }
  return { server, sources, client, url, session, push, closed }
}

const sequenceNumbers = (client: RtspTestClient, channel = 0): number[] =>
  client.frames
    .filter((frame) => frame.channel === channel)
    .map(({ payload }) => payload.readUInt16BE(2))

/** When this is answered, everything written before it has arrived. */
const settle = (client: RtspTestClient) => expectOk(client, 'OPTIONS', '*')

/** The turn in which packets are sent is over. */
const flushed = () => nextTurn(2)

describe('PLAY of live media', () => {
  it('answers with Range and the control URI of each track', {
    tags: ['A-PLY-1', 'A-INF-1'],
  }, async () => {
    const { client, url, session } = await viewer()
    const { headers } = await inSession(client, 'PLAY', url, session)
    expect(headers.get('Range')).toBe('npt=now-')
    expect(parseRtpInfo(headers.get('RTP-Info') ?? '').map((entry) => entry.url)).toEqual([
      `${url}/trackID=0`,
      `${url}/trackID=1`,
    ])
  })

  it('RTP-Info announces the first packet, which does not precede the answer', {
    tags: ['A-INF-1', 'A-INF-3', 'A-ILV-7'],
  }, async () => {
    const { server, client, url, session, push } = await viewer()
    const other = await connectTo(server)
    await inSession(other, 'PLAY', url, await readySession(other, url))
    for (let n = 100; n < 110; n++) push(n)
    await flushed()
    const wire: Buffer[] = []
    client.socket.on('data', (chunk) => wire.push(chunk))
    const { headers } = await inSession(client, 'PLAY', url, session)
    expect(Buffer.concat(wire).toString('latin1')).toMatch(/^RTSP/)
    const [video] = parseRtpInfo(headers.get('RTP-Info') ?? '')
    push(110)
    push(111)
    await until(() => sequenceNumbers(client).length === 2)
    expect(video?.seq).toBe(110)
    expect(sequenceNumbers(client)).toEqual([110, 111])
    const firstTimestamp = client.frames
      .find(({ channel }) => channel === 0)
      ?.payload.readUInt32BE(4)
    expect(firstTimestamp).toBeGreaterThanOrEqual(video?.rtptime ?? Number.POSITIVE_INFINITY)
  })

  it('a second PLAY changes nothing', { tags: 'A-PLY-2' }, async () => {
    const { sources, client, url, session, push } = await viewer()
    await inSession(client, 'PLAY', url, session)
    for (let n = 0; n < 5; n++) {
      push(2 * n)
      expect((await inSession(client, 'PLAY', url, session)).statusCode).toBe(200)
      push(2 * n + 1)
    }
    await until(() => sequenceNumbers(client).length >= 10)
    expect(sequenceNumbers(client)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(sources[0]?.startCount).toBe(1)
  })

  it('no packet follows the response to PAUSE, and PLAY continues from now', {
    tags: ['A-PLY-4', 'A-PLY-6'],
  }, async () => {
    const { client, url, session, push } = await viewer()
    await inSession(client, 'PLAY', url, session)
    push(1)
    await inSession(client, 'PAUSE', url, session)
    const atPause = client.frames.length
    expect(sequenceNumbers(client)).toEqual([1])
    push(2)
    await flushed()
    await settle(client)
    expect(client.frames.length).toBe(atPause)
    const { headers } = await inSession(client, 'PLAY', url, session)
    expect(headers.get('Range')).toBe('npt=now-')
    push(3)
    await until(() => sequenceNumbers(client).includes(3))
    expect(parseRtpInfo(headers.get('RTP-Info') ?? '')[0]?.seq).toBe(sequenceNumbers(client)[1])
  })

  eachRow([
    ['A-RNG-6', 'npt=0.000-', 200],
    ['A-RNG-6', 'npt=now-', 200],
    ['A-RNG-6', 'npt=0-10', 200],
    ['A-RNG-6', 'npt=5-', 456],
    ['A-RNG-6', 'npt=-7', 456],
    ['A-RNG-7', 'npt=now-;time=19970123T143720Z', 200],
    ['R-3 A-RNG-2', 'clock=19000101T000000Z-', 200],
    ['R-3 A-RNG-2', 'clock=19700101T000000.5Z-', 200],
    ['R-3 A-RNG-2', 'clock=00010101T000000Z-', 200],
    ['R-3 A-RNG-2', 'clock=20260101T120000.25Z-', 200],
    ['R-3 A-RNG-2', 'clock=99991231T235959Z-', 457],
    ['R-3 A-RNG-2', 'clock=19000101T000000Z-20260101T120000Z', 457],
    ['R-3 A-RNG-2', 'clock=19000101T000000Z-99991231T235959Z', 457],
    ['R-3 A-RNG-2', 'clock=19001301T000000Z-', 400],
    ['A-RNG-3', 'smpte=10:12:33:20-', 501],
    ['A-RNG-3', 'smpte-30-drop=10:07:00-10:07:33:05.01', 501],
    ['A-RNG-3', 'smpte-25=10:07:00-', 501],
    ['A-RNG-5', 'bytes=0-', 501],
    ['A-RNG-5', 'npt=7-5', 457],
    ['A-RNG-5', 'npt=x-', 400],
    ['A-RNG-5', 'npt', 400],
    ['A-RNG-5', '', 400],
  ])('Range: %s is %i', async (range, statusCode) => {
    const { server, client, url, session } = await viewer()
    const headers = { Session: session, Range: range }
    expect((await client.request('PLAY', url, { headers })).statusCode).toBe(statusCode)
    expect(server.pool.get(session)?.state).toBe(statusCode === 200 ? 'Playing' : 'Ready')
  })

  it('PLAY states the time of the first packet, in the unit of the request', {
    tags: ['R-3', 'A-RNG-4'],
  }, async () => {
    const { client, url, session, push } = await viewer()
    push(1)
    const headers = { Session: session, Range: 'clock=19000101T000000Z-' }
    const before = Date.now()
    const answer = await client.request('PLAY', url, { headers })
    const { unit, start, end } = parseRange(answer.headers.get('Range') ?? '')
    expect([unit, end]).toEqual(['clock', undefined])
    expect(Math.abs(Number(start) - before)).toBeLessThan(10_000)
  })

  it.each([
    ['npt=now', 200],
    ['npt=now-', 200],
    ['npt=999', 457],
    ['npt=999-', 457],
    ['npt=x', 400],
    ['smpte=10:12:33:20', 501],
  ])('PAUSE with Range: %s is %i', { tags: 'A-PLY-7' }, async (range, statusCode) => {
    const { client, url, session } = await viewer()
    await inSession(client, 'PLAY', url, session)
    const headers = { Session: session, Range: range }
    expect((await client.request('PAUSE', url, { headers })).statusCode).toBe(statusCode)
  })

  eachRow<[name: string, value: string, statusCode: number, answer: string | undefined]>([
    ['A-SCL-1', 'Scale', '2', 200, '1.0'],
    ['A-SCL-1', 'Scale', '-1.5', 200, '1.0'],
    ['A-SCL-1', 'Scale', '1', 200, '1.0'],
    ['A-SCL-2', 'Scale', 'x', 400, undefined],
    ['A-SCL-2', 'Scale', '0', 400, undefined],
    ['A-SCL-3', 'Speed', '2.5', 200, '1.0'],
    ['A-SCL-2', 'Speed', '0', 400, undefined],
    ['A-SCL-2', 'Speed', '-2', 400, undefined],
    ['A-SCL-2', 'Speed', 'x', 400, undefined],
  ])('%s: %s is %i', async (name, value, statusCode, answer) => {
    const { client, url, session } = await viewer()
    const headers = { Session: session, [name]: value }
    const response = await client.request('PLAY', url, { headers })
    expect([response.statusCode, response.headers.get(name)]).toEqual([statusCode, answer])
  })

  it('without Scale and Speed there are none in the answer', { tags: 'A-SCL-1' }, async () => {
    const { client, url, session } = await viewer()
    const { headers } = await inSession(client, 'PLAY', url, session)
    expect([headers.has('Scale'), headers.has('Speed')]).toEqual([false, false])
  })

  it('one of two tracks alone cannot be played or paused: 460', { tags: 'A-TRD-3' }, async () => {
    const { client, url, session } = await viewer()
    for (const method of ['PLAY', 'PAUSE']) {
      expect((await inSession(client, method, `${url}/trackID=0`, session)).statusCode).toBe(460)
    }
  })

  it('the URI of the only track of a session will do', { tags: 'A-TRD-3' }, async () => {
    const { client, url } = await viewer()
    const session = sessionIdOf(await setUp(client, `${url}/trackID=1`))
    for (const method of ['PLAY', 'PAUSE', 'TEARDOWN']) {
      expect((await inSession(client, method, `${url}/trackID=1`, session)).statusCode).toBe(200)
    }
  })

  it('a session is not played under the name of another presentation: 404', async () => {
    const { server, client, session } = await viewer()
    mountCamera(server, '/cam2')
    for (const path of ['/cam2', '/none', '/cam/below', '/']) {
      const response = await inSession(client, 'PLAY', urlOf(server, path), session)
      expect(response.statusCode).toBe(404)
    }
    expect((await inSession(client, 'PLAY', '*', session)).statusCode).toBe(200)
  })

  it('a session that ends while its source starts is 454 to the PLAY', {
    tags: 'A-STA-1',
  }, async () => {
    const { server, sources, client, url, session, closed } = await viewer(new ManualClock())
    let started = (): void => {}
    const starting = new Promise<void>((resolve) => {
      started = resolve
    })
    if (sources[0]) sources[0].start = () => starting
    const playing = inSession(client, 'PLAY', url, session)
    const other = await connectTo(server)
    await readySession(other, url)
    server.pool.get(session)?.end('kicked')
    started()
    // An interleaved client that is thrown out hears it by the end of its connection, after the answer.
    expect((await playing).statusCode).toBe(454)
    await closed()
  })

  it('a source that does not start gets 503, before the session ends', {
    tags: 'A-STA-1',
  }, async () => {
    const { server, sources, client, url, session, closed } = await viewer(new ManualClock())
    if (sources[0]) sources[0].failure = new Error('no camera')
    const failures: unknown[] = []
    server.on('requestFailed', (error) => failures.push(error))
    const response = await inSession(client, 'PLAY', url, session)
    expect(response.statusCode).toBe(503)
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThanOrEqual(5)
    expect(failures).toMatchObject([{ cause: new Error('no camera') }])
    expect([sources[0]?.closeCount, server.pool.size]).toEqual([1, 0])
    await closed()
  })

  it('a source that ends when it starts is 503 as well', { tags: 'A-STA-1' }, async () => {
    const { sources, client, url, session, closed } = await viewer(new ManualClock())
    const [source] = sources
    if (source) source.start = (output) => output.end()
    expect((await inSession(client, 'PLAY', url, session)).statusCode).toBe(503)
    expect(source?.closeCount).toBe(1)
    await closed()
  })

  it('a source that neither starts nor closes is heard of by the first error', async () => {
    const { server, sources, client, url, session, closed } = await viewer(new ManualClock())
    const [source] = sources
    if (source) {
      source.failure = new Error('no camera')
      source.close = () => Promise.reject(new Error('gone'))
    }
    const failed = once(server, 'requestFailed')
    expect((await inSession(client, 'PLAY', url, session)).statusCode).toBe(503)
    expect((await failed)[0]).toMatchObject({ cause: new Error('no camera') })
    await closed()
  })

  it('a newer session on the same UDP ports of a client that vanished keeps them', async () => {
    const { server, sources, url } = await viewer()
    const ports = await openUdpPorts()
    const transport = `RTP/AVP;unicast;client_port=${ports.clientPort}`
    const [gone, client] = [await connectTo(server), await connectTo(server)]
    const old = sessionIdOf(await setUp(gone, `${url}/trackID=0`, transport))
    await gone.close()
    const session = sessionIdOf(await setUp(client, `${url}/trackID=0`, transport))
    server.pool.get(old)?.end('timeout')
    expect(server.stats().udpPeers).toBe(2)
    await inSession(client, 'PLAY', url, session)
    pushTo(sources, 0, rtpPacket({ sequenceNumber: 1 }))
    await until(() => ports.rtp.length === 1)
  })
})
