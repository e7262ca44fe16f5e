import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { MediaFactory, type RtspServer } from '../../../src/index.js'
import { parseTransport } from '../../../src/rtsp/index.js'
import { RefusalMonitor } from '../../../src/server/liveness/refusal-monitor.js'
import { inSession, mountCamera, setUp, tcp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import { eachRow } from '../../support/tagged-cases.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  rtpPacket,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import { pushTo, TestSource } from '../../support/test-source.js'
import { until } from '../../support/until.js'

async function camera() {
  const parts = await scene().camera('/cam2').camera().client().start()
  return { ...parts, video: `${parts.url}/trackID=0` }
}

const transportOf = (response: { headers: { get(name: string): string | undefined } }) =>
  response.headers.get('Transport')

describe('the Transport header', () => {
  it('one alternative is answered: the first that can be done', { tags: 'A-SET-1' }, async () => {
    const { client, video } = await camera()
    const offer = `RTP/FOO;unicast, RTP/AVP;multicast, ${tcp};interleaved=0-1`
    const answer = parseTransport(transportOf(await setUp(client, video, offer)) ?? '')
    expect(answer).toMatchObject([
      { profile: 'AVP', lowerTransport: 'TCP', delivery: 'unicast', interleaved: [0, 1] },
    ])
  })

  eachRow([
    ['A-SET-2', 'an unknown profile', 'RTP/FOO;unicast', [461]],
    ['A-SET-3', 'an empty header', '', [400]],
    ['A-SET-3', 'only separators', ';;;', [400]],
    ['A-SET-3', 'ports without a number', 'RTP/AVP;client_port=', [400]],
    ['A-SET-4', 'multicast, which is not mounted', 'RTP/AVP;multicast', [461]],
    ['A-SET-4', 'UDP without ports', 'RTP/AVP;unicast', [461]],
    ['A-SET-8', 'channels over 255', `${tcp};interleaved=256-257`, [461]],
    ['A-SET-8 B-TWICE', 'port 0', 'RTP/AVP;unicast;client_port=0-1', [461]],
    ['A-SET-8 B-TWICE', 'two ports 0', 'RTP/AVP;unicast;client_port=0-0', [461]],
    ['A-SET-8', 'ports that do not exist', 'RTP/AVP;unicast;client_port=70000-70001', [400, 461]],
    ['A-SET-16', 'append', `${tcp};mode=record;append`, [461]],
    ['A-SET-15', 'recording what is played', `${tcp};mode=record`, [461]],
    ['A-SET-19', 'SAVP without TLS', 'RTP/SAVP;unicast;client_port=5000-5001', [461]],
    ['A-SET-19', 'AVPF', 'RTP/AVPF;unicast;client_port=5000-5001', [461, 200]],
    [
      'A-SET-18 B-AMP',
      'another destination',
      'RTP/AVP;unicast;destination=127.0.0.9;client_port=5000-5001',
      [461],
    ],
    ['B-AMP', 'the ports of a service', 'RTP/AVP;unicast;client_port=53-54', [461]],
    ['B-AMP', 'an RTCP port of a service', 'RTP/AVP;unicast;client_port=5000-53', [461]],
  ])('%s is refused, and leaves nothing behind', async (_name, transport, statusCodes) => {
    const { server, client, video } = await camera()
    expect(statusCodes).toContain((await setUp(client, video, transport)).statusCode)
    expect(server.stats()).toMatchObject({ sessions: 0, udpPeers: 0, channels: 0 })
    await expectOk(client, 'OPTIONS', '*')
  })

  it('no header is 400', { tags: 'A-SET-3' }, async () => {
    const { server, client, video } = await camera()
    expect((await client.request('SETUP', video)).statusCode).toBe(400)
    expect(server.pool.size).toBe(0)
  })

  eachRow([
    ['A-SET-4', 'client_port means unicast', 'RTP/AVP;client_port=5000-5001'],
    ['A-SET-8', 'one port means it and the next', 'RTP/AVP;unicast;client_port=5000'],
    [
      'A-SET-18',
      'the client as destination',
      'RTP/AVP;unicast;destination=127.0.0.1;client_port=5000-5001',
    ],
    ['A-SET-18', 'any source', 'RTP/AVP;unicast;source=127.0.0.9;client_port=5000-5001'],
    ['A-SET-20', 'parameters of RTSP/2.0', 'RTP/AVP;unicast;client_port=5000-5001;RTCP-mux'],
    ['A-SET-5', 'UDP spelled out', 'RTP/AVP/UDP;unicast;client_port=5000-5001'],
  ])('%s: UDP to the client', async (_name, offer) => {
    const { client, video } = await camera()
    const answer = transportOf(await setUp(client, video, offer)) ?? ''
    expect(answer).toMatch(
      /^RTP\/AVP;unicast;client_port=5000-5001;server_port=(\d*[02468])-(\d+)(;|$)/,
    )
    const [spec] = parseTransport(answer)
    expect(spec?.serverPort?.[1]).toBe((spec?.serverPort?.[0] ?? 0) + 1)
  })

  it('RTP and RTCP are sent from the ports in the response, with its SSRC', {
    tags: 'A-SET-5',
  }, async () => {
    const { server, sources, client, url, video } = await camera()
    const ports = await openUdpPorts()
    const from = { rtp: new Set<number>(), rtcp: new Set<number>() }
    ports.rtpSocket.on('message', (_packet, { port }) => from.rtp.add(port))
    ports.rtcpSocket.on('message', (_packet, { port }) => from.rtcp.add(port))
    const offer = `RTP/AVP;unicast;client_port=${ports.clientPort}`
    const first = await setUp(client, video, offer)
    const session = sessionIdOf(first)
    await inSession(client, 'PLAY', url, session)
    pushTo(sources, 0, rtpPacket({ sequenceNumber: 1, ssrc: 0xabcd, marker: true }))
    await until(() => ports.rtp.length === 1)
    const later = await setUp(await connectTo(server), video, `${tcp}`)
    expect(transportOf(later)).toContain(';ssrc=0000ABCD')
    expect(ports.rtp[0]?.readUInt32BE(8)).toBe(0xabcd)
    await inSession(client, 'TEARDOWN', url, session)
    await until(() => ports.rtcp.length > 0)
    const [spec] = parseTransport(transportOf(first) ?? '')
    const [rtp, rtcp] = spec?.serverPort ?? []
    expect(from).toEqual({ rtp: new Set([rtp]), rtcp: new Set([rtcp]) })
  })

  it('the ports of the server itself are no destination', { tags: 'B-AMP' }, async () => {
    const { server, client, video } = await camera()
    const ports = await openUdpPorts()
    const first = await setUp(client, video, `RTP/AVP;unicast;client_port=${ports.clientPort}`)
    const [spec] = parseTransport(transportOf(first) ?? '')
    const [rtp = 0, rtcp = 0] = spec?.serverPort ?? []
    for (const pair of [
      [rtp, rtcp],
      [rtp - 1, rtp],
      [rtcp, rtcp + 1],
      [5000, rtcp],
    ]) {
      const offer = `RTP/AVP;unicast;client_port=${pair.join('-')}`
      expect((await setUp(client, video, offer)).statusCode).toBe(461)
      expect((await setUp(client, video, `${offer},${tcp}`)).statusCode).toBe(200)
    }
    expect(server.stats().udpPeers).toBe(2)
  })

  it.each([
    ['127.0.0.2', '::', ['127.0.0.1']],
    ['127.0.0.1', '::', []],
    // The address that the listener is bound to is the one that media come from.
    ['127.0.0.2', '127.0.0.2', []],
  ])(
    'RTSP to %s of %s: source= is %j, and RTP is sent from there',
    { tags: 'A-SET-18' },
    async (to, host, said) => {
      const server = await startServer({ host })
      const sources = mountCamera(server)
      const client = await connectTo(server, '127.0.0.1', to)
      const url = `rtsp://${to}:${server.address().port}/cam`
      const ports = await openUdpPorts()
      const from = new Set<string>()
      ports.rtpSocket.on('message', (_packet, { address }) => from.add(address))
      const offer = `RTP/AVP;unicast;client_port=${ports.clientPort}`
      const answer = await setUp(client, `${url}/trackID=0`, offer)
      await inSession(client, 'PLAY', url, sessionIdOf(answer))
      pushTo(sources, 0, rtpPacket({ sequenceNumber: 1, marker: true }))
      await until(() => ports.rtp.length === 1)
      const [spec] = parseTransport(transportOf(answer) ?? '')
      expect([spec?.source].flatMap((each) => each ?? [])).toEqual(said)
      expect([...from]).toEqual([spec?.source ?? to])
    },
  )

  const rtspsrc2 = 'GStreamer rtspsrc2 0.15.2-1a2b3c4'
  const udp = 'RTP/AVP;unicast;client_port=5000-5001'
  it.each([
    { name: 'its own address', to: '127.0.0.1', source: '127.0.0.1' },
    { name: 'by name', to: '127.0.0.1', host: 'localhost', source: '127.0.0.1' },
    { name: 'by an absolute path', to: '127.0.0.1', host: '', source: '127.0.0.1' },
    { name: 'through a NAT', to: '127.0.0.1', host: '192.0.2.7', source: '192.0.2.7' },
    { name: 'IPv6', to: '::1', host: '[::1]', source: '::1' },
    { name: 'from another address', to: '127.0.0.2', server: '::', source: '127.0.0.1' },
    {
      name: 'with the lower transport in full',
      to: '127.0.0.1',
      offer: 'RTP/AVP/UDP;unicast;client_port=5000-5001;mode="PLAY"',
      source: '127.0.0.1',
    },
    {
      name: 'behind an alternative that the server has not',
      to: '127.0.0.1',
      offer: `RTP/FOO;unicast, RTP/AVP;multicast, ${udp}`,
      source: '127.0.0.1',
    },
    {
      name: 'behind TCP, which is taken',
      to: '127.0.0.1',
      offer: `${tcp}, ${udp}`,
      source: undefined,
    },
    { name: 'inside the connection', to: '127.0.0.1', offer: tcp, source: undefined },
    { name: 'another player', to: '127.0.0.1', agent: 'GStreamer/1.28.8', source: undefined },
    { name: 'another player', to: '::1', agent: 'LibVLC/3.0.24', source: undefined },
  ])(
    'rtspsrc2 gets the source address of UDP: $name',
    { tags: ['R-5', 'A-SET-18'] },
    async (each) => {
      const { to, host = to.includes(':') ? `[${to}]` : to, offer = udp, agent = rtspsrc2 } = each
      const server = await startServer({ host: each.server ?? to })
      mountCamera(server)
      const client = await connectTo(server, to.includes(':') ? '::1' : '127.0.0.1', to)
      const url = `${host === '' ? '' : `rtsp://${host}:${server.address().port}`}/cam/trackID=0`
      const answer = await client.request('SETUP', url, {
        headers: { Transport: offer, 'User-Agent': agent },
      })
      expect(answer.statusCode).toBe(200)
      expect(parseTransport(transportOf(answer) ?? '')[0]?.source).toBe(each.source)
    },
  )

  it('a SETUP that fails on the way leaves no ports and no media behind', {
    tags: 'B-FD',
  }, async () => {
    const { server, sources, client, video } = await camera()
    const watch = vi.spyOn(RefusalMonitor.prototype, 'watch').mockImplementationOnce(() => {
      throw new RangeError('not numeric')
    })
    onTestFinished(() => watch.mockRestore())
    const offer = 'RTP/AVP;unicast;client_port=5000-5001'
    expect((await setUp(client, video, offer)).statusCode).toBe(500)
    expect([server.stats().sessions, server.stats().udpPeers]).toEqual([0, 0])
    await until(() => sources[0]?.closeCount === 1)
  })

  it('the server chooses channels if the client does not', { tags: 'A-SET-6' }, async () => {
    const { client, url, video } = await camera()
    const first = await setUp(client, video)
    expect(transportOf(first)).toMatch(/^RTP\/AVP\/TCP;unicast;interleaved=0-1(;|$)/)
    const second = await setUp(client, `${url}/trackID=1`, tcp, sessionIdOf(first))
    expect(transportOf(second)).toContain('interleaved=2-3')
  })

  it('a channel in use is not given to a second track', { tags: 'A-SET-7' }, async () => {
    const { client, url, video } = await camera()
    const first = await setUp(client, video, `${tcp};interleaved=0-1`)
    const offer = `${tcp};interleaved=1-2`
    const second = await setUp(client, `${url}/trackID=1`, offer, sessionIdOf(first))
    expect(transportOf(first)).toContain('interleaved=0-1')
    expect(transportOf(second)).toContain('interleaved=2-3')
  })

  it('with all 128 pairs in use there is none for another session', {
    tags: 'A-SET-6',
  }, async () => {
    const { server, client, video } = await camera()
    for (let pair = 0; pair < 128; pair++) await setUp(client, video)
    expect((await setUp(client, video)).statusCode).toBe(461)
    expect(server.stats()).toMatchObject({ sessions: 128, channels: 256 })
  })

  it('Blocksize is ignored', { tags: 'A-SET-22' }, async () => {
    const { client, video } = await camera()
    await expectOk(client, 'SETUP', video, { headers: { Transport: tcp, Blocksize: '500' } })
  })
})

describe('tracks and sessions', () => {
  it('a second track in the same session, and one PLAY starts both', {
    tags: 'A-SET-9',
  }, async () => {
    const { sources, client, url, video } = await camera()
    const session = sessionIdOf(await setUp(client, video))
    const second = await setUp(client, `${url}/trackID=1`, tcp, session)
    expect(sessionIdOf(second)).toBe(session)
    await inSession(client, 'PLAY', url, session)
    for (const track of sources[0]?.output?.tracks ?? [])
      track.push(rtpPacket({ sequenceNumber: 1, marker: true }))
    const has = (channel: number) => client.frames.some((frame) => frame.channel === channel)
    await until(() => has(0) && has(2))
  })

  it('a session holds one presentation', { tags: 'A-SET-10' }, async () => {
    const { server, client, video } = await camera()
    const session = sessionIdOf(await setUp(client, video))
    const other = urlOf(server, '/cam2/trackID=0')
    expect((await setUp(client, other, tcp, session)).statusCode).toBe(459)
    expect(server.stats()).toMatchObject({ sessions: 1, channels: 2 })
  })

  it('each SETUP without session creates one, and states its timeout', {
    tags: 'A-SET-12',
  }, async () => {
    const { server, client, video } = await camera()
    const headers = []
    for (let n = 0; n < 3; n++) headers.push((await setUp(client, video)).headers.get('Session'))
    for (const header of headers) expect(header).toMatch(/^[\w.]{32};timeout=60$/)
    expect(new Set(headers).size).toBe(3)
    expect(server.pool.size).toBe(3)
  })

  it.each(['/cam/trackID=9', '/cam', '/none/trackID=0', '/cam/video'])(
    '%s names no track: 404',
    { tags: 'A-SET-13' },
    async (path) => {
      const { server, client } = await camera()
      expect((await setUp(client, urlOf(server, path))).statusCode).toBe(404)
      expect(server.stats()).toMatchObject({ sessions: 0, channels: 0 })
    },
  )

  it('one session has one lower transport', { tags: 'A-SET-14' }, async () => {
    const { client, url, video } = await camera()
    const session = sessionIdOf(await setUp(client, video))
    const udp = 'RTP/AVP;unicast;client_port=5000-5001'
    expect((await setUp(client, `${url}/trackID=1`, udp, session)).statusCode).toBe(461)
    expect((await setUp(client, `${url}/trackID=1`, `${udp},${tcp}`, session)).statusCode).toBe(461)
    expect((await setUp(client, `${url}/trackID=1`, tcp, session)).statusCode).toBe(200)
  })

  it('a session that plays cannot record: 405 with Allow', { tags: 'A-SET-15' }, async () => {
    const { client, url, video } = await camera()
    const session = sessionIdOf(await setUp(client, video, `${tcp};mode="PLAY"`))
    const response = await inSession(client, 'RECORD', url, session)
    expect(response.statusCode).toBe(405)
    expect(response.headers.get('Allow')).toMatch(/\bPLAY\b/)
    expect(response.headers.get('Allow')).not.toMatch(/RECORD|ANNOUNCE/)
  })

  it('a track that is set up again and again has one transport, and plays', {
    tags: ['A-SET-11', 'B-TWICE'],
  }, async () => {
    const { server, sources, client, url, video } = await camera()
    const session = sessionIdOf(await setUp(client, video))
    const offers = [tcp, 'RTP/AVP;unicast;client_port=5000-5001', 'RTP/AVP;unicast;client_port=0-0']
    for (let round = 0; round < 3; round++) {
      const repeats = Array.from({ length: 100 }, (_, at) => offers[at % offers.length] ?? tcp)
      const answers = await Promise.all(
        repeats.map((offer) => setUp(client, video, offer, session)),
      )
      expect(answers.map(({ statusCode }) => statusCode)).toEqual(
        repeats.map((offer) => (offer.endsWith('0-0') ? 461 : 200)),
      )
      const { sessions, udpPeers, channels } = server.stats()
      expect([sessions, udpPeers + channels]).toEqual([1, 2])
    }
    const last = parseTransport(transportOf(await setUp(client, video, tcp, session)) ?? '')
    await inSession(client, 'PLAY', url, session)
    pushTo(sources, 0, rtpPacket({ sequenceNumber: 1, marker: true }))
    await until(() => client.frames.length > 0)
    expect(client.frames[0]?.channel).toBe(last[0]?.interleaved?.[0])
    expect(sources[0]?.output?.tracks[0]?.readerCount).toBe(1)
  })

  it('a track that plays is not set up again: 455 with Allow', { tags: 'A-SET-11' }, async () => {
    const { server, sources, client, url, video } = await camera()
    const session = sessionIdOf(await setUp(client, video))
    await inSession(client, 'PLAY', url, session)
    const response = await setUp(client, video, tcp, session)
    expect([response.statusCode, response.headers.has('Allow')]).toEqual([455, true])
    expect(server.stats()).toMatchObject({ sessions: 1, channels: 2 })
    pushTo(sources, 0, rtpPacket({ sequenceNumber: 1, marker: true }))
    await until(() => client.frames.length > 0)
  })

  it('an id invented by the client gets 454 and is never used', { tags: 'B-FIX' }, async () => {
    const { server, client, video } = await camera()
    const id = 'A'.repeat(22)
    expect((await setUp(client, video, tcp, id)).statusCode).toBe(454)
    expect([server.pool.size, server.pool.has(id)]).toEqual([0, false])
  })

  it('a session ended during its creation gets 454, and leaves nothing', {
    tags: 'B-RACE',
  }, async () => {
    const { server, client, video } = await camera()
    server.pool.on('sessionCreated', (session) => session.end('kicked'))
    expect((await setUp(client, video)).statusCode).toBe(454)
    expect(server.stats()).toMatchObject({ sessions: 0, channels: 0 })
    await expectOk(client, 'OPTIONS', '*')
  })

  it('the control URI may be omitted for a single track', { tags: 'A-DES-10' }, async () => {
    const { server, client } = await camera()
    const sources = mountOneTrack(server)
    expect((await setUp(client, urlOf(server, '/one'))).statusCode).toBe(200)
    expect(sources.length).toBe(1)
  })
})

function mountOneTrack(server: RtspServer): TestSource[] {
  const sources: TestSource[] = []
  const factory = new MediaFactory(() => {
    const source = new TestSource()
    source.description.media.pop()
    sources.push(source)
    return source
  })
  server.mounts.add('/one', factory)
  return sources
}
