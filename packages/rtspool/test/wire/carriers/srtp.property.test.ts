import { describe, expect, it } from 'vitest'
import type { RtspServer, RtspServerOptions, TlsOptions } from '../../../src/index.js'
import type { SrtpOffer } from '../../../src/mikey/index.js'
import { parseCompound, serializeCompound } from '../../../src/rtcp/index.js'
import { parseKeyMgmt, parseKeyMgmtAttribute, serializeKeyMgmt } from '../../../src/rtsp/index.js'
import { parseSdp } from '../../../src/sdp/index.js'
import {
  type SrtpReceiver,
  SrtpSender,
  type SrtpSuiteName,
  srtpSuites,
} from '../../../src/srtp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inSession, mountCamera, setUp, tcp } from '../../support/dialogue.js'
import { type RtspTestClient, sessionIdOf } from '../../support/rtsp-client.js'
import {
  answeredOffers,
  describedOffers,
  receiverFor,
  SrtpPeer,
  srtpTcp,
} from '../../support/srtp-peer.js'
import {
  connectTlsTo,
  connectTo,
  expectOk,
  openUdpPorts,
  rtpPacket,
  startServer,
  testCertificate,
} from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'
import { until } from '../../support/until.js'

const ssrc = 0x1234_5678
const frame = (sequenceNumber: number, payload = Buffer.alloc(100, sequenceNumber)) =>
  rtpPacket({ sequenceNumber, ssrc, marker: true, payload })

async function camera(options: RtspServerOptions = {}, tlsOptions: Partial<TlsOptions> = {}) {
  const tls = { port: 0, ...testCertificate('first'), ...tlsOptions }
  const server = await startServer({ tls, ...options })
  const sources = mountCamera(server)
  const push = (packet: Buffer) => pushTo(sources, 0, packet)
  const url = secureUrl(server, '/cam')
  return { server, url, track: `${url}/trackID=0`, push, client: await connectTlsTo(server) }
}

const secureUrl = (server: RtspServer, path: string) =>
  `rtsps://127.0.0.1:${server.tlsAddress().port}${path}`

/** Describes, sets the first track up and plays it. @returns The key of the description. */
async function playSecurely(
  client: RtspTestClient,
  url: string,
  { transport = srtpTcp, peer }: { transport?: string; peer?: SrtpPeer } = {},
) {
  const [offer] = describedOffers(await expectOk(client, 'DESCRIBE', url))
  const track = `${url}/trackID=0`
  const keyMgmt = peer ? { KeyMgmt: peer.header(track) } : {}
  const setup = await expectOk(client, 'SETUP', track, {
    headers: { Transport: transport, ...keyMgmt },
  })
  const session = sessionIdOf(setup)
  await inSession(client, 'PLAY', url, session)
  return { offer: offer as SrtpOffer, setup, session }
}

const payloadsOf = (client: RtspTestClient, channel: number): Buffer[] =>
  client.frames.filter((each) => each.channel === channel).map(({ payload }) => payload)

async function openedFrames(client: RtspTestClient, receiver: SrtpReceiver, count: number) {
  await until(() => payloadsOf(client, 0).length >= count)
  return payloadsOf(client, 0).map((packet) => receiver.open(packet))
}

describe('a description with keys', () => {
  it("is created once for all clients, and again after a second or a stream's progress", {
    tags: 'B-HERD',
  }, async () => {
    const clock = new ManualClock()
    const { client, url, push, track } = await camera({ clock, slowReaderTimeout: 0 })
    const describe = async () => (await expectOk(client, 'DESCRIBE', url)).body.toString()
    const first = await describe()
    expect(await describe()).toBe(first)
    clock.advance(1_000)
    const second = await describe()
    expect(second).not.toBe(first)
    const session = sessionIdOf(
      await expectOk(client, 'SETUP', track, { headers: { Transport: srtpTcp } }),
    )
    await inSession(client, 'PLAY', url, session)
    push(frame(65_535))
    push(frame(0))
    await until(() => payloadsOf(client, 0).length === 2)
    const third = await expectOk(client, 'DESCRIBE', url)
    expect(third.body.toString()).not.toBe(second)
    expect([...(describedOffers(third)[0]?.rolloverCounters ?? [])]).toEqual([[ssrc, 1]])
  })
})

describe('without TLS', () => {
  it.each([srtpTcp, 'RTP/SAVP;unicast;client_port=5000-5001'])(
    '%s gets 461, with any keys',
    { tags: ['A-SRT-1', 'A-ONV-8'] },
    async (transport) => {
      const { server } = await camera()
      const client = await connectTo(server)
      const headers = { Transport: transport, KeyMgmt: new SrtpPeer().header() }
      const uri = `rtsp://127.0.0.1/cam/trackID=0`
      expect((await client.request('SETUP', uri, { headers })).statusCode).toBe(461)
      expect(server.stats()).toMatchObject({ sessions: 0, udpPeers: 0, channels: 0 })
    },
  )

  it('no description shows SAVP or a key, even when others have them', {
    tags: ['A-SRT-1', 'B-SRTP'],
  }, async () => {
    const { server, url, client } = await camera()
    await playSecurely(client, url)
    const { body } = await expectOk(await connectTo(server), 'DESCRIBE', url)
    expect(body.toString()).not.toMatch(/SAVP|key-mgmt|crypto/)
  })

  it('the keys of an announcement are not described to viewers', { tags: 'A-SRT-1' }, async () => {
    const { server } = await camera()
    const publisher = await connectTlsTo(server)
    const peer = new SrtpPeer()
    await publishSecurely(publisher, secureUrl(server, '/live/a'), peer, { announcesKey: true })
    const { body } = await expectOk(
      await connectTo(server),
      'DESCRIBE',
      `rtsp://127.0.0.1:${server.address().port}/live/a`,
    )
    expect(body.toString()).toContain('m=video 0 RTP/AVP 96')
    expect(body.toString()).not.toMatch(/SAVP|key-mgmt|crypto/)
  })
})

describe('on TLS', () => {
  it('server.stats() counts datagrams that the system does not accept', {
    tags: 'A-RTP-3',
  }, async () => {
    const { server, url, push, client } = await camera({ maxDatagramBytes: 65_507 })
    const ports = await openUdpPorts()
    const transport = `RTP/SAVP;unicast;client_port=${ports.clientPort}`
    await playSecurely(client, url, { transport })
    expect(server.stats().sendErrors).toBe(0)
    // With what SRTP adds, it is more than any datagram can carry.
    push(frame(1, Buffer.alloc(65_507 - 12)))
    push(frame(2))
    await until(() => ports.rtp.length === 1)
    // A send thread reports lost datagrams a quarter of a second later.
    await until(() => server.stats().sendErrors > 0)
    expect(server.stats().sendErrors).toBe(1)
  })

  it('UDP needs SAVP; inside the connection both are fine', {
    tags: ['A-SRT-2', 'A-SET-19'],
  }, async () => {
    const { server, client, track } = await camera()
    const ports = await openUdpPorts()
    const udp = (profile: string) => `RTP/${profile};unicast;client_port=${ports.clientPort}`
    expect((await setUp(client, track, udp('AVP'))).statusCode).toBe(461)
    expect(server.stats()).toMatchObject({ sessions: 0, udpPeers: 0 })
    for (const transport of [udp('SAVP'), tcp, srtpTcp]) {
      const another = await connectTlsTo(server)
      const response = await setUp(another, track, transport)
      expect(response.statusCode).toBe(200)
      expect(response.headers.get('Transport')?.split(';')[0]).toBe(transport.split(';')[0])
    }
  })

  it('a publisher cannot send RTP/AVP over UDP', { tags: 'A-SRT-2' }, async () => {
    const { server } = await camera()
    const publisher = await connectTlsTo(server)
    const url = secureUrl(server, '/live/a')
    await expectOk(publisher, 'ANNOUNCE', url, announcement())
    const transport = 'RTP/AVP;unicast;client_port=5000-5001;mode=record'
    expect((await setUp(publisher, `${url}/streamid=0`, transport)).statusCode).toBe(461)
  })

  it('the description has RTP/SAVP and a key for each track', { tags: 'A-SRT-3' }, async () => {
    const { client, url } = await camera()
    const response = await expectOk(client, 'DESCRIBE', url)
    const offers = describedOffers(response)
    expect(parseSdp(response.body).media.map(({ protocol }) => protocol)).toEqual([
      'RTP/SAVP',
      'RTP/SAVP',
    ])
    const [video, audio] = offers.map(({ master }) => master.key.toString('hex'))
    expect(video).not.toBe(audio)
  })

  it.each(Object.keys(srtpSuites) as SrtpSuiteName[])(
    '%s: the key of the description and of SETUP decrypts the packets',
    { tags: ['A-SRT-3', 'A-SRT-4'] },
    async (srtp) => {
      const { client, url, push } = await camera({}, { srtp })
      const { offer, setup } = await playSecurely(client, url)
      expect(offer.master.suite.name).toBe(srtp)
      expect(answeredOffers(setup)[0]?.master).toEqual(offer.master)
      for (const number of [1, 2]) push(frame(number))
      const opened = await openedFrames(client, receiverFor(offer), 2)
      expect(opened).toEqual([frame(1), frame(2)])
    },
  )

  it('over UDP, RTCP included', { tags: 'A-SRT-3' }, async () => {
    const { client, url, push } = await camera()
    const ports = await openUdpPorts()
    const transport = `RTP/SAVP;unicast;client_port=${ports.clientPort}`
    const { offer, session } = await playSecurely(client, url, { transport })
    push(frame(1))
    await until(() => ports.rtp.length === 1)
    const receiver = receiverFor(offer)
    expect(receiver.open(ports.rtp[0] as Buffer)).toEqual(frame(1))
    await inSession(client, 'TEARDOWN', url, session)
    await until(() => ports.rtcp.length > 0)
    const compounds = ports.rtcp.map((packet) => receiver.openRtcp(packet) ?? Buffer.alloc(0))
    expect(parseCompound(compounds.at(-1) as Buffer).at(-1)).toMatchObject({ type: 'bye' })
  })

  it('a packet is encrypted once: two viewers get the same bytes, plain ones the plain bytes', {
    tags: 'B-SRTP',
  }, async () => {
    const { server, client, url, push } = await camera()
    const others = [await connectTlsTo(server), await connectTo(server)] as const
    await playSecurely(client, url)
    await playSecurely(others[0], url)
    const session = sessionIdOf(await setUp(others[1], `${url}/trackID=0`))
    await inSession(others[1], 'PLAY', url, session)
    push(frame(1))
    const viewers = [client, ...others]
    for (const viewer of viewers) await until(() => payloadsOf(viewer, 0).length > 0)
    const [first, second, plain] = viewers.map((viewer) => payloadsOf(viewer, 0)[0])
    expect(second).toEqual(first)
    expect(plain).toEqual(frame(1))
    expect(first).not.toEqual(plain)
  })

  it('a viewer that joins after a wrap of sequence numbers gets the rollover counter', {
    tags: 'A-SRT-6',
  }, async () => {
    const { server, client, url, push } = await camera()
    await playSecurely(client, url)
    for (const number of [65_534, 65_535, 0, 1]) push(frame(number))
    const later = await connectTlsTo(server)
    const { offer, setup } = await playSecurely(later, url)
    expect([...offer.rolloverCounters]).toEqual([[ssrc, 1]])
    // GStreamer 1.22 would take the SSRC from here, and no rollover counter with it.
    expect(setup.headers.get('Transport')).not.toContain('ssrc')
    expect([...(answeredOffers(setup)[0]?.rolloverCounters ?? [])]).toEqual([[ssrc, 1]])
    push(frame(2))
    expect(await openedFrames(later, receiverFor(offer), 1)).toEqual([frame(2)])
  })

  it.each(['DESCRIBE and SETUP', 'SETUP and PLAY'])(
    'a viewer decrypts after a wrap of sequence numbers between %s, whichever header it reads',
    { tags: 'A-SRT-6' },
    async (when) => {
      const { server, client, url, track, push } = await camera()
      await playSecurely(client, url)
      for (const number of [65_000, 65_535]) push(frame(number))
      const later = await connectTlsTo(server)
      const [described] = describedOffers(await expectOk(later, 'DESCRIBE', url))
      if (when === 'DESCRIBE and SETUP') push(frame(0))
      const setup = await setUp(later, track, srtpTcp)
      push(frame(1))
      const answer = await inSession(later, 'PLAY', url, sessionIdOf(setup))
      const [answered] = answeredOffers(answer)
      expect([...(answered?.rolloverCounters ?? [])]).toEqual([[ssrc, 1]])
      push(frame(2))
      await until(() => payloadsOf(later, 0).length === 2)
      const opened = (offer?: SrtpOffer) => {
        const receiver = receiverFor(offer as SrtpOffer)
        return payloadsOf(later, 0).map((packet) => receiver.open(packet))
      }
      // A packet from before is sent again: who knows only the old counter learns from it that there is a new one.
      expect(opened(described)).toEqual([frame(65_000), frame(2)])
      expect(opened(answered)).toEqual([undefined, frame(2)])
    },
  )

  it('a viewer decrypts after a pause, and gets no header if it has missed no wrap', {
    tags: 'A-SRT-6',
  }, async () => {
    const { client, url, push } = await camera()
    const { offer, session } = await playSecurely(client, url)
    const receiver = receiverFor(offer)
    push(frame(1))
    expect(await openedFrames(client, receiver, 1)).toEqual([frame(1)])
    await inSession(client, 'PAUSE', url, session)
    const soon = await inSession(client, 'PLAY', url, session)
    expect(answeredOffers(soon)).toEqual([])
    await inSession(client, 'PAUSE', url, session)
    for (let number = 2; number < 60_000; number++) push(frame(number))
    for (let number = 60_000; number < 70_000; number++) push(frame(number % 65_536))
    expect(answeredOffers(await inSession(client, 'PLAY', url, session))).toHaveLength(1)
    push(frame(70_000 % 65_536))
    const isLast = (packet?: Buffer) => packet?.readUInt16BE(2) === 70_000 % 65_536
    await until(() => isLast(payloadsOf(client, 0).at(-1)))
    const later = payloadsOf(client, 0).slice(1)
    expect(later.every((packet) => receiver.open(packet))).toBe(true)
    expect(later.at(-1)?.readUInt16BE(2)).toBe(70_000 % 65_536)
  })

  it('tls.srtp false: SAVP is 461, and descriptions are plain', async () => {
    const { client, url, track } = await camera({}, { srtp: false })
    expect((await setUp(client, track, srtpTcp)).statusCode).toBe(461)
    expect((await setUp(client, track, 'RTP/AVP;unicast;client_port=5000-5001')).statusCode).toBe(
      461,
    )
    const { body } = await expectOk(client, 'DESCRIBE', url)
    expect(body.toString()).not.toMatch(/SAVP|key-mgmt/)
  })
})

describe('bad keys', () => {
  const bad = [
    ['no base64', 'prot=mikey;data="*"'],
    ['no MIKEY', 'prot=mikey;data="AAAA"'],
    ['another protocol', 'prot=sdes;data="AAAA"'],
  ] as const

  it.each(bad)(
    '%s: 463, and nothing is left behind',
    { tags: ['A-SRT-5', 'Q4'] },
    async (_name, keyMgmt) => {
      const { server, client, track } = await camera()
      const created: string[] = []
      server.pool.on('sessionCreated', () => created.push('session'))
      const headers = { Transport: srtpTcp, KeyMgmt: keyMgmt }
      const response = await client.request('SETUP', track, { headers })
      expect(response.statusCode).toBe(463)
      expect(created).toEqual([])
      expect(server.stats()).toMatchObject({ sessions: 0, udpPeers: 0, channels: 0 })
    },
  )

  it('a session that is there keeps its transport', { tags: 'A-SRT-5' }, async () => {
    const { client, url, track, push } = await camera()
    const [offer] = describedOffers(await expectOk(client, 'DESCRIBE', url))
    const session = sessionIdOf(await setUp(client, track, srtpTcp))
    const headers = { Transport: srtpTcp, Session: session, KeyMgmt: 'prot=mikey;data="AAAA"' }
    expect((await client.request('SETUP', track, { headers })).statusCode).toBe(463)
    await inSession(client, 'PLAY', url, session)
    push(frame(1))
    expect(await openedFrames(client, receiverFor(offer as SrtpOffer), 1)).toEqual([frame(1)])
  })

  it('a bad key in an announcement: 463, and the path stays free', {
    tags: 'A-SRT-5',
  }, async () => {
    const { server } = await camera()
    const publisher = await connectTlsTo(server)
    const url = secureUrl(server, '/live/a')
    const response = await publisher.request('ANNOUNCE', url, announcement('mikey AAAA'))
    expect(response.statusCode).toBe(463)
    expect(server.mounts.get('/live/a')).toBeUndefined()
  })

  it.each([
    [16, 200],
    [17, 463],
  ])(
    'an announcement of %d tracks with keys: %d',
    { tags: ['A-SRT-5', 'B-LOOP'] },
    async (tracks, statusCode) => {
      const { server } = await camera()
      const publisher = await connectTlsTo(server)
      const { attribute } = new SrtpPeer()
      const head = 'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=a\r\nt=0 0\r\n'
      const common = `a=key-mgmt:${attribute}\r\n`
      const track = (index: number) =>
        `m=audio 0 RTP/SAVP 0\r\na=control:streamid=${index}\r\n${index % 2 ? common : ''}`
      const body = head + common + Array.from({ length: tracks }, (_, at) => track(at)).join('')
      const response = await publisher.request('ANNOUNCE', secureUrl(server, '/live/a'), {
        headers: { 'Content-Type': 'application/sdp' },
        body,
      })
      expect(response.statusCode).toBe(statusCode)
      const answered = response.headers.getAll('KeyMgmt').length
      expect(answered).toBe(statusCode === 200 ? tracks : 0)
    },
  )

  it('a publisher without a key: 463', { tags: 'A-SRT-5' }, async () => {
    const { server } = await camera()
    const publisher = await connectTlsTo(server)
    const url = secureUrl(server, '/live/a')
    await expectOk(publisher, 'ANNOUNCE', url, announcement())
    const response = await setUp(publisher, `${url}/streamid=0`, `${srtpTcp};mode=record`)
    expect(response.statusCode).toBe(463)
    expect(server.stats()).toMatchObject({ sessions: 0, channels: 0 })
  })

  it.each(['streamid=0', '/streamid=0', 'rtsps://127.0.0.1/live/a/video'])(
    'the key of a publisher is in the header for the URI that it sets up: control %s',
    { tags: 'A-SRT-5' },
    async (control) => {
      const { server } = await camera()
      const publisher = await connectTlsTo(server)
      const announced = announcement(new SrtpPeer().attribute)
      const body = announced.body.replace('streamid=0', control)
      const url = secureUrl(server, '/live/a')
      const answer = await expectOk(publisher, 'ANNOUNCE', url, { ...announced, body })
      const [key] = parseKeyMgmt(answer.headers.get('KeyMgmt') ?? '')
      const setup = await setUp(publisher, key?.uri ?? '', `${srtpTcp};mode=record`)
      expect(setup.statusCode).toBe(200)
    },
  )
})

describe('RTCP of viewers', () => {
  const report = serializeCompound([{ type: 'receiverReport', ssrc: 9, reports: [] }])

  async function idleViewer(peer?: SrtpPeer) {
    const clock = new ManualClock()
    const set = await camera({ clock, slowReaderTimeout: 0, maxBacklogSeconds: 1e6 })
    const { offer, session } = await playSecurely(set.client, set.url, peer ? { peer } : {})
    const idleMs = async () => {
      await set.client.request('OPTIONS', '*')
      const found = [...set.server.pool.filter()][0]
      return clock.now() - (found?.lastAccessAt ?? Number.NaN)
    }
    clock.advance(10_000)
    return { ...set, clock, offer, session, idleMs }
  }

  it('counts when it is authentic and new, under the key of SETUP', {
    tags: ['A-SRT-6', 'B-SRTP', 'B-RTCP'],
  }, async () => {
    const peer = new SrtpPeer('AEAD_AES_128_GCM')
    const { client, idleMs } = await idleViewer(peer)
    client.sendFrame(1, report)
    client.sendFrame(1, new SrtpPeer().sender.protectRtcp(report) as Buffer)
    expect(await idleMs()).toBe(10_000)
    client.sendFrame(1, peer.sender.protectRtcp(report) as Buffer)
    expect(await idleMs()).toBe(0)
  })

  it('is accepted under the key of the description if SETUP has none', {
    tags: 'A-SRT-3',
  }, async () => {
    const { client, idleMs, offer } = await idleViewer()
    client.sendFrame(1, new SrtpSender(offer.master).protectRtcp(report) as Buffer)
    expect(await idleMs()).toBe(0)
  })

  it('our own packets do not count when sent back', { tags: 'B-SRTP' }, async () => {
    const { client, push, clock, idleMs } = await idleViewer()
    push(frame(1))
    clock.advance(10_000)
    await until(() => payloadsOf(client, 1).length > 0)
    const idle = await idleMs()
    for (const ours of payloadsOf(client, 1)) client.sendFrame(1, ours)
    expect(await idleMs()).toBe(idle)
  })
})

describe('new keys', () => {
  it.each(['header', 'body'])(
    "SET_PARAMETER with KeyMgmt in the %s changes the key of the client's packets",
    { tags: 'A-SRT-6' },
    async (place) => {
      const { server } = await camera()
      const publisher = await connectTlsTo(server)
      const url = secureUrl(server, '/live/a')
      const [first, second] = [new SrtpPeer(), new SrtpPeer('AEAD_AES_256_GCM')]
      const session = await publishSecurely(publisher, url, first)
      const viewer = await playPlain(server, '/live/a')
      publisher.sendFrame(0, first.sender.protect(frame(1)) as Buffer)
      const keyMgmt = second.header(`${url}/streamid=0`)
      const response = await expectOk(publisher, 'SET_PARAMETER', url, {
        headers: {
          Session: session,
          ...(place === 'header' ? { KeyMgmt: keyMgmt } : { 'Content-Type': 'text/parameters' }),
        },
        ...(place === 'body' ? { body: `KeyMgmt: ${keyMgmt}\r\n` } : {}),
      })
      expect(answeredOffers(response)).toHaveLength(1)
      // What was under way still arrives; after the first packet with the new key nothing of the old one does.
      publisher.sendFrame(0, first.sender.protect(frame(2)) as Buffer)
      publisher.sendFrame(0, second.sender.protect(frame(3)) as Buffer)
      publisher.sendFrame(0, first.sender.protect(frame(4)) as Buffer)
      publisher.sendFrame(0, second.sender.protect(frame(5)) as Buffer)
      await until(() => payloadsOf(viewer, 0).length === 4)
      expect(payloadsOf(viewer, 0)).toEqual([frame(1), frame(2), frame(3), frame(5)])
    },
  )

  it('a repeated key does not make old packets acceptable', { tags: 'B-SRTP' }, async () => {
    const { server } = await camera()
    const publisher = await connectTlsTo(server)
    const url = secureUrl(server, '/live/a')
    const peer = new SrtpPeer()
    const session = await publishSecurely(publisher, url, peer, { announcesKey: true })
    const viewer = await playPlain(server, '/live/a')
    const sealed = [1, 2, 3].map((number) => peer.sender.protect(frame(number)) as Buffer)
    publisher.sendFrame(0, sealed[0] as Buffer)
    const headers = { Session: session, KeyMgmt: peer.header(`${url}/streamid=0`) }
    await expectOk(publisher, 'SET_PARAMETER', url, { headers })
    for (const packet of sealed.slice(0, 2)) publisher.sendFrame(0, packet)
    await inSession(publisher, 'PAUSE', url, session)
    // The same key holds for a track that is set up again, on other channels.
    const setup = await expectOk(publisher, 'SETUP', `${url}/streamid=0`, {
      headers: { Session: session, Transport: `${srtpTcp};mode=record;interleaved=4-5` },
    })
    expect(setup.headers.get('Transport')).toContain('interleaved=4-5')
    await inSession(publisher, 'RECORD', url, session)
    for (const packet of sealed) publisher.sendFrame(4, packet)
    await until(() => payloadsOf(viewer, 0).length >= 3)
    expect(payloadsOf(viewer, 0)).toEqual([frame(1), frame(2), frame(3)])
  })

  it('a viewer that lost the rollover counter can ask for it so', { tags: 'A-SRT-6' }, async () => {
    const { client, url, track, push } = await camera()
    const { session } = await playSecurely(client, url)
    for (const number of [65_535, 0]) push(frame(number))
    const response = await expectOk(client, 'SET_PARAMETER', url, {
      headers: { Session: session, KeyMgmt: new SrtpPeer().header(track) },
    })
    expect([...(answeredOffers(response)[0]?.rolloverCounters ?? [])]).toEqual([[ssrc, 1]])
  })

  it.each([
    ['no MIKEY', () => 'prot=mikey;data="AAAA"'],
    ['no such stream', (url: string) => new SrtpPeer().header(`${url}/trackID=7`)],
  ])('%s: 463, and the key before stays', { tags: 'A-SRT-5' }, async (_name, keyMgmt) => {
    const { client, url, push } = await camera()
    const { offer, session } = await playSecurely(client, url)
    const headers = { Session: session, KeyMgmt: keyMgmt(url) }
    expect((await client.request('SET_PARAMETER', url, { headers })).statusCode).toBe(463)
    push(frame(1))
    expect(await openedFrames(client, receiverFor(offer), 1)).toEqual([frame(1)])
  })
})

describe('keys with an index (MKI)', { tags: 'R-4' }, () => {
  const suiteNames = Object.keys(srtpSuites) as SrtpSuiteName[]
  const report = serializeCompound([{ type: 'receiverReport', ssrc: 9, reports: [] }])

  it.each(suiteNames)(
    'are accepted from publishers: %s, indexes of 1 to 4 bytes',
    { tags: 'A-SRT-3' },
    async (name) => {
      const { server } = await camera()
      for (const mkiBytes of [1, 2, 3, 4]) {
        const path = `/live/${mkiBytes}`
        const publisher = await connectTlsTo(server)
        const peer = new SrtpPeer(name, Buffer.alloc(mkiBytes, 0xa5))
        await publishSecurely(publisher, secureUrl(server, path), peer, {
          announcesKey: mkiBytes % 2 === 0,
        })
        const viewer = await playPlain(server, path)
        // Without its index a packet is not of this key.
        publisher.sendFrame(0, peer.sender.protect(frame(1)) as Buffer)
        publisher.sendFrame(0, peer.sealed(frame(2)))
        await until(() => payloadsOf(viewer, 0).length > 0)
        expect(payloadsOf(viewer, 0)).toEqual([frame(2)])
      }
    },
  )

  it.each(suiteNames)(
    'are accepted from viewers with keys of their own: %s',
    { tags: ['A-SRT-6', 'B-RTCP'] },
    async (name) => {
      const clock = new ManualClock()
      const set = await camera({ clock, slowReaderTimeout: 0, maxBacklogSeconds: 1e6 })
      const { client, url, push, server } = set
      const peer = new SrtpPeer(name, Buffer.from([1, 2, 3]))
      const { offer } = await playSecurely(client, url, { peer })
      // Ours has none: it was not asked for.
      push(frame(1))
      expect(await openedFrames(client, receiverFor(offer), 1)).toEqual([frame(1)])
      clock.advance(10_000)
      client.sendFrame(1, peer.sealedRtcp(report))
      await client.request('OPTIONS', '*')
      expect([...server.pool.filter()][0]?.lastAccessAt).toBe(clock.now())
    },
  )

  /** As live555 does: it asks by its name, and tells the key of the description again for its own packets. */
  async function playAsLive555(client: RtspTestClient, url: string, transport: string) {
    const headers = { 'User-Agent': 'openRTSP (LIVE555 Streaming Media v2026.10.17)' }
    const described = await expectOk(client, 'DESCRIBE', url, { headers })
    const [offer] = describedOffers(described)
    const [media] = parseSdp(described.body).media
    if (!offer || !media) throw new Error('a key expected')
    const { data } = parseKeyMgmtAttribute(media.attribute('key-mgmt') ?? '')
    const track = `${url}/trackID=0`
    const keyMgmt = serializeKeyMgmt({ protocol: 'mikey', uri: track, data })
    const setup = await expectOk(client, 'SETUP', track, {
      headers: { Transport: transport, KeyMgmt: keyMgmt },
    })
    await inSession(client, 'PLAY', url, sessionIdOf(setup))
    return { offer, setup }
  }

  it.each(suiteNames)(
    'of ours are described to live555, and are in its packets: %s',
    { tags: 'A-SRT-3' },
    async (srtp) => {
      const { server, client, url, push } = await camera({}, { srtp })
      const { offer, setup } = await playAsLive555(client, url, srtpTcp)
      expect(offer.master.mki).toHaveLength(4)
      expect(answeredOffers(setup)[0]?.master).toEqual(offer.master)
      const ports = await openUdpPorts()
      const udp = `RTP/SAVP;unicast;client_port=${ports.clientPort}`
      await playAsLive555(await connectTlsTo(server), url, udp)
      const other = await connectTlsTo(server)
      const { offer: bare } = await playSecurely(other, url)
      expect(bare.master).toEqual({ ...offer.master, mki: undefined })
      for (const number of [1, 2]) push(frame(number))
      const opened = await openedFrames(client, receiverFor(offer), 2)
      expect(opened).toEqual([frame(1), frame(2)])
      expect(await openedFrames(other, receiverFor(bare), 2)).toEqual(opened)
      await until(() => ports.rtp.length >= 2)
      // Encrypted once for all: what lies before the tag is the same.
      const sealedBytes = frame(1).length
      expect(ports.rtp.map((packet) => packet.subarray(0, sealedBytes))).toEqual(
        payloadsOf(other, 0).map((packet) => packet.subarray(0, sealedBytes)),
      )
      await until(() => payloadsOf(client, 1).length > 0)
      const reports = payloadsOf(client, 1).map((packet) => receiverFor(offer).openRtcp(packet))
      expect(reports.every((compound) => compound && parseCompound(compound).length > 0)).toBe(true)
    },
  )

  it('live555 joins a stream that runs', { tags: 'A-SRT-6' }, async () => {
    const { server } = await camera()
    const publisher = await connectTlsTo(server)
    const peer = new SrtpPeer()
    const url = secureUrl(server, '/live/h264')
    await publishSecurely(publisher, url, peer)
    const early = await playPlain(server, '/live/h264')
    publisher.sendFrame(0, peer.sealed(frame(1)))
    publisher.sendFrame(0, peer.sealed(frame(2)))
    await until(() => payloadsOf(early, 0).length >= 2)
    const client = await connectTlsTo(server)
    const { offer } = await playAsLive555(client, url, srtpTcp)
    publisher.sendFrame(0, peer.sealed(frame(3)))
    const opened = await openedFrames(client, receiverFor(offer), 1)
    expect(opened.at(-1)).toEqual(frame(3))
  })
})

describe('the frames of viewers', () => {
  it('stay whole when a packet is too long to be encrypted into one', {
    tags: ['A-ILV-4', 'B-SRTP'],
  }, async () => {
    const { client, url, push } = await camera()
    const { offer } = await playSecurely(client, url)
    push(frame(1, Buffer.alloc(65_535 - 12, 1)))
    push(frame(2))
    expect(await openedFrames(client, receiverFor(offer), 1)).toEqual([frame(2)])
    await expectOk(client, 'OPTIONS', '*')
  })
})

describe('publishers', () => {
  it.each([
    ['in a=key-mgmt', true],
    ['in SETUP', false],
  ])(
    'send their key %s; viewers without TLS get the plain packets',
    { tags: 'A-SRT-3' },
    async (_name, announcesKey) => {
      const { server } = await camera()
      const publisher = await connectTlsTo(server)
      const peer = new SrtpPeer()
      await publishSecurely(publisher, secureUrl(server, '/live/a'), peer, { announcesKey })
      const viewer = await playPlain(server, '/live/a')
      publisher.sendFrame(0, peer.sender.protect(frame(1)) as Buffer)
      await until(() => payloadsOf(viewer, 0).length > 0)
      expect(payloadsOf(viewer, 0)).toEqual([frame(1)])
    },
  )

  it('repeated and forged packets go nowhere', { tags: ['A-SRT-6', 'B-SRTP'] }, async () => {
    const { server } = await camera()
    const publisher = await connectTlsTo(server)
    const peer = new SrtpPeer()
    await publishSecurely(publisher, secureUrl(server, '/live/a'), peer)
    const viewer = await playPlain(server, '/live/a')
    const sealed = peer.sender.protect(frame(1)) as Buffer
    const forged = new SrtpPeer().sender.protect(frame(2)) as Buffer
    for (const packet of [sealed, sealed, forged, frame(3)]) publisher.sendFrame(0, packet)
    publisher.sendFrame(0, peer.sender.protect(frame(4)) as Buffer)
    await until(() => payloadsOf(viewer, 0).length >= 2)
    expect(payloadsOf(viewer, 0)).toEqual([frame(1), frame(4)])
  })

  it('get our key in the responses to ANNOUNCE and SETUP, and reports under it', {
    tags: 'A-SRT-3',
  }, async () => {
    const clock = new ManualClock()
    const { server } = await camera({ clock, slowReaderTimeout: 0, maxBacklogSeconds: 1e6 })
    const publisher = await connectTlsTo(server)
    const url = secureUrl(server, '/live/a')
    const peer = new SrtpPeer()
    const announced = await expectOk(publisher, 'ANNOUNCE', url, announcement(peer.attribute))
    const [offer] = answeredOffers(announced)
    const setup = await setUp(publisher, `${url}/streamid=0`, `${srtpTcp};mode=record`)
    expect(answeredOffers(setup)[0]?.master).toEqual(offer?.master)
    await inSession(publisher, 'RECORD', url, sessionIdOf(setup))
    publisher.sendFrame(0, peer.sender.protect(frame(1)) as Buffer)
    await expectOk(publisher, 'OPTIONS', '*')
    clock.advance(10_000)
    await until(() => payloadsOf(publisher, 1).length > 0)
    const compound = receiverFor(offer as SrtpOffer).openRtcp(payloadsOf(publisher, 1)[0] as Buffer)
    expect(parseCompound(compound as Buffer)[0]).toMatchObject({
      type: 'receiverReport',
      reports: [{ ssrc }],
    })
  })

  it('a new viewer begins with the last key frame, protected as it was', {
    tags: 'A-SRT-6',
  }, async () => {
    const { server } = await camera()
    const publisher = await connectTlsTo(server)
    const peer = new SrtpPeer()
    const url = secureUrl(server, '/live/a')
    await publishSecurely(publisher, url, peer)
    // H.264: an IDR picture in one packet, then another picture.
    const pictures = [0x65, 0x41].map((byte, at) => frame(500 + at, Buffer.from([byte, 1, 2, 3])))
    for (const picture of pictures) publisher.sendFrame(0, peer.sender.protect(picture) as Buffer)
    await expectOk(publisher, 'OPTIONS', '*')
    const first = await connectTlsTo(server)
    const { offer } = await playSecurely(first, url)
    expect(await openedFrames(first, receiverFor(offer), 2)).toEqual(pictures)
    const second = await connectTlsTo(server)
    await playSecurely(second, url)
    await until(() => payloadsOf(second, 0).length === 2)
    expect(payloadsOf(second, 0)).toEqual(payloadsOf(first, 0))
  })

  it('no answer to a bad key repeats it', { tags: 'B-SECR' }, async () => {
    const { client, track } = await camera()
    const secret = Buffer.from('a secret that nobody may see again').toString('base64')
    const headers = { Transport: srtpTcp, KeyMgmt: `prot=mikey;data="${secret}"` }
    const { statusCode, headers: answer, body } = await client.request('SETUP', track, { headers })
    expect(statusCode).toBe(463)
    const text = JSON.stringify([...answer]) + body.toString('latin1')
    expect(text).not.toContain(secret.slice(0, 8))
    expect(text).not.toContain('a secret')
  })
})

const announcement = (key?: string) => ({
  headers: { 'Content-Type': 'application/sdp' },
  body: [
    'v=0',
    'o=- 0 0 IN IP4 127.0.0.1',
    's=test',
    't=0 0',
    'm=video 0 RTP/SAVP 96',
    'a=rtpmap:96 H264/90000',
    'a=control:streamid=0',
    ...(key === undefined ? [] : [`a=key-mgmt:${key}`]),
    '',
  ].join('\r\n'),
})

async function publishSecurely(
  client: RtspTestClient,
  url: string,
  peer: SrtpPeer,
  { announcesKey = false } = {},
): Promise<string> {
  await expectOk(client, 'ANNOUNCE', url, announcement(announcesKey ? peer.attribute : undefined))
  const track = `${url}/streamid=0`
  const setup = await expectOk(client, 'SETUP', track, {
    headers: {
      Transport: `${srtpTcp};mode=record`,
      ...(announcesKey ? {} : { KeyMgmt: peer.header(track) }),
    },
  })
  const session = sessionIdOf(setup)
  await expectOk(client, 'RECORD', url, { headers: { Session: session } })
  return session
}

async function playPlain(server: RtspServer, path: string): Promise<RtspTestClient> {
  const client = await connectTo(server)
  const url = `rtsp://127.0.0.1:${server.address().port}${path}`
  const session = sessionIdOf(await setUp(client, `${url}/trackID=0`))
  await inSession(client, 'PLAY', url, session)
  return client
}
