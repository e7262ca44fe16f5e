import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { MediaFactory, type RtspServer, type RtspServerOptions } from '../../../src/index.js'
import { parseCompound } from '../../../src/rtcp/index.js'
import { parseTransport } from '../../../src/rtsp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inSession, setUp, tcp } from '../../support/dialogue.js'
import { type RtspTestClient, sessionIdOf } from '../../support/rtsp-client.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  publish,
  rtpPacket,
  startServer,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'
import { until } from '../../support/until.js'

const sdpType = { 'Content-Type': 'application/sdp' }
const record = `${tcp};mode=record`

async function start(options: RtspServerOptions = {}) {
  const server = await startServer(options)
  return { server, client: await connectTo(server), url: urlOf(server, '/live/cam') }
}

const announce = (client: RtspTestClient, url: string, body: string | Buffer = testSdp) =>
  client.request('ANNOUNCE', url, { headers: sdpType, body })

const rtpOf = (client: RtspTestClient) => client.frames.filter(({ channel }) => channel === 0)

describe('ANNOUNCE', () => {
  it('creates no session, and cannot be watched before RECORD', {
    tags: ['A-REC-1', 'A-REC-7'],
  }, async () => {
    const { server, client, url } = await start()
    expect((await announce(client, url)).statusCode).toBe(200)
    expect(server.pool.size).toBe(0)
    const viewer = await connectTo(server)
    expect((await viewer.request('DESCRIBE', url)).statusCode).toBe(404)
    const session = sessionIdOf(await setUp(client, `${url}/streamid=0`, record))
    expect((await viewer.request('DESCRIBE', url)).statusCode).toBe(404)
    expect((await setUp(viewer, `${url}/trackID=0`)).statusCode).toBe(404)
    expect((await inSession(client, 'RECORD', url, session)).statusCode).toBe(200)
    await expectOk(viewer, 'DESCRIBE', url)
  })

  it.each([
    ['no body', sdpType, '', 400],
    ['no Content-Type', {}, testSdp, 400],
    ['another type', { 'Content-Type': 'text/plain' }, testSdp, 415],
    ['a broken description', sdpType, 'hello', 400],
    [
      'a description without media',
      sdpType,
      'v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n',
      400,
    ],
    ['parameters of the type', { 'Content-Type': 'application/SDP;charset=utf-8' }, testSdp, 200],
  ])('with %s', { tags: 'A-REC-2' }, async (_name, headers, body, statusCode) => {
    const { server, client, url } = await start()
    const response = await client.request('ANNOUNCE', url, { headers, body })
    expect(response.statusCode).toBe(statusCode)
    expect(server.mounts.size).toBe(statusCode === 200 ? 1 : 0)
  })

  it.each([
    ['/live/a*b', '/live/a*b'],
    ['/live/*', '/live/*'],
    ['/live/a%3Fb', '/live/a?b'],
    ['/live/a%23b', '/live/a#b'],
    ['/live/%2541', '/live/%41'],
  ])('to %s, which is %s when decoded', { tags: 'A-REC-1' }, async (wirePath, path) => {
    const { server, client } = await start()
    const url = urlOf(server, wirePath)
    await publish(client, url)
    expect([...server.mounts].map(([mounted]) => mounted)).toEqual([path])
    await expectOk(await connectTo(server), 'DESCRIBE', url)
  })

  it('on a path without publishing it gets 405 with Allow', { tags: 'A-REC-3' }, async () => {
    const { server, client } = await start()
    for (const path of ['/cam', '/', '/live', '/lively/cam']) {
      const response = await announce(client, urlOf(server, path))
      expect([path, response.statusCode]).toEqual([path, 405])
      expect(response.headers.get('Allow')).not.toMatch(/ANNOUNCE|RECORD/)
    }
  })

  it('a second publisher is refused, before and after RECORD, and viewers see no gap', {
    tags: 'A-REC-4',
  }, async () => {
    const { server, client, url } = await start()
    const second = await connectTo(server)
    await announce(client, url)
    expect((await announce(second, url)).statusCode).toBe(403)
    await publish(client, url, ['TCP'])
    const viewer = await connectTo(server)
    await play(viewer, url, ['TCP'])
    for (let n = 0; n < 10; n++) {
      client.sendFrame(0, rtpPacket({ sequenceNumber: n }))
      expect((await announce(second, url)).statusCode).toBe(403)
      expect((await announce(client, url)).statusCode).toBe(403)
    }
    await until(() => rtpOf(viewer).length === 10)
  })

  it('a path with another mount cannot be published to', async () => {
    const { server, client, url } = await start()
    const factory = new MediaFactory(() => new TestSource())
    server.mounts.add('/live/cam', factory)
    expect((await announce(client, url)).statusCode).toBe(403)
    expect(server.mounts.get('/live/cam')).toBe(factory)
  })

  it('another one on the same connection replaces the first, also at another path', async () => {
    const { server, client, url } = await start()
    expect((await announce(client, url)).statusCode).toBe(200)
    expect((await announce(client, url)).statusCode).toBe(200)
    expect((await announce(client, `${url}2`)).statusCode).toBe(200)
    expect([...server.mounts].map(([path]) => path)).toEqual(['/live/cam2'])
    expect((await setUp(client, `${url}2/streamid=0`, record)).statusCode).toBe(200)
  })

  it('the path is free when the connection closes before SETUP, and at once after TEARDOWN', async () => {
    const { server, client, url } = await start()
    await announce(client, url)
    const closed = once(server, 'connectionClosed')
    await client.close()
    await closed
    expect(server.mounts.size).toBe(0)
    const next = await connectTo(server)
    for (let round = 0; round < 3; round++) {
      const { session } = await publish(next, url)
      await expectOk(next, 'TEARDOWN', url, { headers: { Session: session } })
    }
    await announce(next, url)
    const session = sessionIdOf(await setUp(next, `${url}/streamid=0`, record))
    await inSession(next, 'TEARDOWN', url, session)
    await publish(await connectTo(server), url)
  })
})

describe('the tracks of a publication', () => {
  it.each([
    ['FFmpeg: the control after the query', '/live/cam?a=b', '/live/cam?a=b/streamid=0'],
    ['the control before the query', '/live/cam?a=b', '/live/cam/streamid=0?a=b'],
    ['a trailing slash', '/live/cam/', '/live/cam/streamid=0/'],
    ['only a path', '/live/cam', null],
  ])('%s', { tags: ['A-DES-5', 'A-DES-10'] }, async (_name, path, track) => {
    const { server, client } = await start()
    const uri = track === null ? '/live/cam' : urlOf(server, path)
    expect((await announce(client, uri)).statusCode).toBe(200)
    const trackUri = track === null ? '/live/cam/streamid=0' : urlOf(server, track)
    const session = sessionIdOf(await setUp(client, trackUri, record))
    const second = trackUri.replace('streamid=0', 'streamid=1')
    expect((await setUp(client, second, record, session)).statusCode).toBe(200)
    expect((await inSession(client, 'RECORD', uri, session)).statusCode).toBe(200)
    await expectOk(await connectTo(server), 'DESCRIBE', urlOf(server, '/live/cam'))
  })

  it('an absolute control URI, and our own form of it', async () => {
    const { server, client, url } = await start()
    for (const control of [`${url}/video`, 'trackID=0', 'trackID=7']) {
      const sdp = testSdp.replace('streamid=0', control)
      await announce(client, url, sdp)
      const uri = control.includes(':') ? control : `${url}/${control}`
      const session = sessionIdOf(await setUp(client, uri, record))
      expect((await inSession(client, 'RECORD', url, session)).statusCode).toBe(200)
      expect((await inSession(client, 'TEARDOWN', url, session)).statusCode).toBe(200)
    }
    expect(server.mounts.size).toBe(0)
  })

  it.each(['record', 'RECORD', '"RECORD"', 'receive'])(
    'mode=%s',
    { tags: 'A-SET-15' },
    async (mode) => {
      const { client, url } = await start()
      await announce(client, url)
      const response = await setUp(client, `${url}/streamid=0`, `${tcp};mode=${mode}`)
      expect(response.statusCode).toBe(200)
      expect(parseTransport(response.headers.get('Transport') ?? '')[0]?.mode).toBe('RECORD')
    },
  )

  it('without a mode, announced tracks are recorded; mode=PLAY gets 461', {
    tags: 'A-SET-15',
  }, async () => {
    const { server, client, url } = await start()
    await announce(client, url)
    const track = `${url}/streamid=0`
    expect((await setUp(client, track, `${tcp};mode=PLAY`)).statusCode).toBe(461)
    // go2rtc 1.9.9
    const Transport = 'RTP/AVP/TCP;unicast;interleaved=0-1'
    const response = await expectOk(client, 'SETUP', track, { headers: { Transport } })
    expect(response.headers.get('Transport')).toBe(`${Transport};mode="RECORD"`)
    const headers = { Session: sessionIdOf(response), Range: 'npt=0.000-' }
    await expectOk(client, 'RECORD', url, { headers })
    const viewer = await connectTo(server)
    await play(viewer, url, ['TCP'])
    client.sendFrame(0, rtpPacket({ sequenceNumber: 1 }))
    await until(() => rtpOf(viewer).length === 1)
  })

  it('one that was not announced is 404', { tags: 'A-SET-13' }, async () => {
    const { server, client, url } = await start()
    await announce(client, url)
    const session = sessionIdOf(await setUp(client, `${url}/streamid=0`, record))
    const other = await setUp(client, `${url}/streamid=2`, record, session)
    expect([404, 459]).toContain(other.statusCode)
    expect(server.stats()).toMatchObject({ sessions: 1, channels: 2 })
  })

  it('a session that records cannot play: 405 with Allow', { tags: 'A-SET-15' }, async () => {
    const { client, url } = await start()
    await announce(client, url)
    const session = sessionIdOf(await setUp(client, `${url}/streamid=0`, record))
    const response = await inSession(client, 'PLAY', url, session)
    expect(response.statusCode).toBe(405)
    expect(response.headers.get('Allow')).toMatch(/RECORD/)
    expect(response.headers.get('Allow')).not.toMatch(/PLAY/)
  })

  it('of two announced and one set up, viewers see the one', { tags: 'A-REC-6' }, async () => {
    const { server, client, url } = await start()
    await announce(client, url)
    const session = sessionIdOf(
      await setUp(client, `${url}/streamid=1`, `${record};interleaved=0-1`),
    )
    await inSession(client, 'RECORD', url, session)
    const viewer = await connectTo(server)
    const { body } = await expectOk(viewer, 'DESCRIBE', url)
    expect(body.toString().match(/^m=.*$/gm)).toEqual(['m=audio 0 RTP/AVP 97'])
    await play(viewer, url, ['TCP'])
    client.sendFrame(0, rtpPacket({ sequenceNumber: 1, payloadType: 97 }))
    await until(() => rtpOf(viewer).length === 1)
    // Those that watch already cannot be told of another one.
    await inSession(client, 'PAUSE', url, session)
    expect((await setUp(client, `${url}/streamid=0`, record, session)).statusCode).toBe(459)
    expect((await setUp(client, `${url}/streamid=1`, record, session)).statusCode).toBe(200)
  })
})

describe('RECORD', () => {
  it.each([
    ['npt=0.000-', 200],
    ['npt=now-', 200],
    ['clock=20260101T120000Z-', 200],
    ['clock=99991231T235959Z-', 457],
    ['smpte=10:12:33:20-', 501],
    ['x', 400],
  ])('with Range: %s is %i', { tags: 'A-REC-5' }, async (range, statusCode) => {
    const { client, url } = await start()
    await announce(client, url)
    const session = sessionIdOf(await setUp(client, `${url}/streamid=0`, record))
    const headers = { Session: session, Range: range }
    expect((await client.request('RECORD', url, { headers })).statusCode).toBe(statusCode)
  })

  it('emits the start and the end of the path once each', async () => {
    const { server, client, url } = await start()
    const events: string[] = []
    server.on('publishStarted', (path) => events.push(`started ${path}`))
    server.on('publishEnded', (path) => events.push(`ended ${path}`))
    await announce(client, `${url}2`)
    const { session } = await publish(client, url)
    for (const method of ['PAUSE', 'RECORD', 'RECORD', 'TEARDOWN']) {
      expect((await inSession(client, method, url, session)).statusCode).toBe(200)
    }
    expect(events).toEqual(['started /live/cam', 'ended /live/cam'])
  })

  it('packets before RECORD and during PAUSE are dropped', { tags: 'A-ILV-5' }, async () => {
    const { server, client, url } = await start()
    await announce(client, url)
    const session = sessionIdOf(
      await setUp(client, `${url}/streamid=0`, `${record};interleaved=0-1`),
    )
    const send = async (sequenceNumber: number) => {
      client.sendFrame(0, rtpPacket({ sequenceNumber }))
      await expectOk(client, 'OPTIONS', '*')
    }
    await send(1)
    await inSession(client, 'RECORD', url, session)
    const viewer = await connectTo(server)
    await play(viewer, url, ['TCP'])
    await send(2)
    await inSession(client, 'PAUSE', url, session)
    await send(3)
    await inSession(client, 'RECORD', url, session)
    await send(4)
    await until(() => rtpOf(viewer).length === 2)
    expect(rtpOf(viewer).map(({ payload }) => payload.readUInt16BE(2))).toEqual([2, 4])
  })

  it('packets over UDP are signs of life, only from the ports that were announced', {
    tags: 'A-REC-9',
  }, async () => {
    const clock = new ManualClock()
    const server = await startServer({ clock, slowReaderTimeout: 0 })
    const url = urlOf(server, '/live/cam')
    const client = await connectTo(server)
    const [ports, spoofer] = [await openUdpPorts(), await openUdpPorts()]
    const { session, setups } = await publish(client, url, [ports])
    const [spec] = parseTransport(setups[0]?.headers.get('Transport') ?? '')
    const port = spec?.serverPort?.[0] ?? 0
    const viewer = await openUdpPorts()
    const watching = await connectTo(server)
    const { session: watched } = await play(watching, url, [viewer])
    for (let n = 1; n <= 5; n++) {
      clock.advance(9_000)
      await inSession(watching, 'OPTIONS', url, watched)
      for (let m = 0; m < 20; m++)
        spoofer.rtpSocket.send(rtpPacket({ sequenceNumber: 999 }), port, '127.0.0.1')
      ports.rtpSocket.send(rtpPacket({ sequenceNumber: n, marker: true }), port, '127.0.0.1')
      await until(() => viewer.rtp.length === n)
    }
    expect(viewer.rtp.map((packet) => packet.readUInt16BE(2))).toEqual([1, 2, 3, 4, 5])
    expect(server.pool.get(session)?.remaining()).toBe(65_000)
    expect(server.pool.get(session)?.stats.packetsIn).toBe(5)
  })
})

describe('a publisher that leaves', { tags: ['A-REC-8', 'B-PUBDIE'] }, () => {
  const ways: Record<
    string,
    (publisher: RtspTestClient, url: string, id: string, server: RtspServer) => unknown
  > = {
    'by TEARDOWN': (publisher, url, id) => inSession(publisher, 'TEARDOWN', url, id),
    'by closing its connection': (publisher) => publisher.close(),
    'because it was thrown out': (_publisher, _url, id, server) =>
      server.pool.get(id)?.end('kicked'),
    'because its path was closed': async (_publisher, _url, _id, server) => {
      await server.mounts.get('/live/cam')?.close()
    },
  }

  it.each(Object.keys(ways))('%s leaves nothing, and its viewers are notified', async (way) => {
    const clock = new ManualClock()
    const { server, client, url } = await start({ clock, slowReaderTimeout: 0 })
    const { session } = await publish(client, url)
    const viewer = await connectTo(server)
    await play(viewer, url, ['TCP'])
    const udpViewer = await connectTo(server)
    const ports = await openUdpPorts()
    await play(udpViewer, url, [ports])
    client.sendFrame(0, rtpPacket({ sequenceNumber: 1, ssrc: 77, marker: true }))
    await until(() => rtpOf(viewer).length === 1)
    await until(() => ports.rtp.length === 1)
    const removed: string[] = []
    server.pool.on('sessionRemoved', (_session, reason) => removed.push(reason))
    await ways[way]?.(client, url, session, server)
    const bye = { type: 'bye', ssrcs: [77] }
    const isBye = (packet?: Buffer) => packet && parseCompound(packet).at(-1)?.type === 'bye'
    await until(() => isBye(viewer.frames.at(-1)?.payload) === true)
    clock.advance(10_000)
    await viewer.closed()
    await until(() => isBye(ports.rtcp.at(-1)) === true)
    expect(parseCompound(ports.rtcp.at(-1) ?? Buffer.alloc(0)).at(-1)).toMatchObject(bye)
    const last = viewer.frames.at(-1)
    expect([last?.channel, parseCompound(last?.payload ?? Buffer.alloc(0)).at(-1)]).toMatchObject([
      1,
      bye,
    ])
    expect(removed.filter((reason) => reason === 'mediaEnded').length).toBeGreaterThanOrEqual(2)
    expect(removed.length).toBe(3)
    expect(server.stats()).toMatchObject({ sessions: 0, channels: 0, udpPeers: 0 })
    expect(server.mounts.size).toBe(0)
    await udpViewer.closed()
    expect((await (await connectTo(server)).request('DESCRIBE', url)).statusCode).toBe(404)
    await publish(await connectTo(server), url)
  })

  it('its viewers leave after it, one removal each, also when the pool closes', {
    tags: 'B-RACE',
  }, async () => {
    const clock = new ManualClock()
    const { server, client, url } = await start({ clock, slowReaderTimeout: 0 })
    const { session } = await publish(client, url)
    const viewer = await connectTo(server)
    const { session: watching } = await play(viewer, url, ['TCP'])
    const ids = new Map([session, watching].map((id) => [server.pool.get(id), id]))
    const removed: unknown[] = []
    server.pool.on('sessionRemoved', (gone, reason) => removed.push([ids.get(gone), reason]))
    server.pool.filter(() => 'remove')
    expect(removed).toEqual([
      [session, 'filtered'],
      [watching, 'filtered'],
    ])
    clock.advance(2_000)
    await viewer.closed()
    expect(removed.length).toBe(2)
  })
})
