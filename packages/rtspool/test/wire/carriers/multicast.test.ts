import { describe, expect, it } from 'vitest'
import { MediaFactory, MulticastAddressPool, parseSdp } from '../../../src/index.js'
import {
  createSourceDescription,
  parseCompound,
  serializeCompound,
} from '../../../src/rtcp/index.js'
import { sequenceNumberOf } from '../../../src/rtp/index.js'
import { parseRtpInfo, parseTransport } from '../../../src/rtsp/index.js'
import { inSession, mountCamera, setUp } from '../../support/dialogue.js'
import { fixedPorts } from '../../support/fixed-ports.js'
import { type RtspTestClient, sessionIdOf } from '../../support/rtsp-client.js'
import { fakeTime, scene } from '../../support/scene.js'
import {
  connectTo,
  expectOk,
  joinGroup,
  openUdpPorts,
  rtpPacket,
  startServer,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { pushTo, TestSource } from '../../support/test-source.js'
import { until } from '../../support/until.js'

const multicast = 'RTP/AVP;multicast'
const h264Sdp = testSdp.replace('X-foo/90000', 'H264/90000')

/** The first port of the range of this file. */
const base = fixedPorts.multicast

/** Different for each test: what one sends late must not be heard by another. */
let nextGroup = 0
const newGroups = (count = 4) => {
  const first = nextGroup
  nextGroup += count
  return Array.from({ length: count }, (_, index) => `239.255.12.${first + index}`)
}

const options = (groups = newGroups()) =>
  ({
    multicast: { groups, ports: [base, base + 3], interface: '127.0.0.1' },
  }) as const

const transportOf = (header: string | undefined) => {
  const spec = parseTransport(header ?? '')[0]
  if (!spec?.destination || !spec.port) throw new Error(`no group in '${header}'`)
  return { ...spec, destination: spec.destination, port: spec.port }
}

/** Sets the first track up by multicast. @returns The session, and where the track goes. */
async function joinVideo(client: RtspTestClient, url: string) {
  const response = await setUp(client, `${url}/trackID=0`, multicast)
  expect(response.statusCode).toBe(200)
  return {
    session: sessionIdOf(response),
    place: transportOf(response.headers.get('Transport')),
  }
}

const video = (sequenceNumber: number, isKey = false) =>
  rtpPacket({
    sequenceNumber,
    timestamp: sequenceNumber * 3600,
    marker: true,
    payload: Buffer.from([isKey ? 0x65 : 0x41, 1]),
  })

describe('SETUP of multicast', () => {
  it('answers destination, port, ttl, source and mode', { tags: 'A-SET-17' }, async () => {
    const [group] = newGroups(1)
    const server = await startServer({
      multicast: {
        groups: group ?? '',
        ports: [base + 10, base + 11],
        ttl: 5,
        interface: '127.0.0.1',
      },
    })
    mountCamera(server, '/mc')
    const response = await setUp(await connectTo(server), urlOf(server, '/mc/trackID=0'), multicast)
    expect(response.headers.get('Transport')).toBe(
      `RTP/AVP;multicast;destination=${group};source=127.0.0.1;port=${base + 10}-${base + 11};ttl=5;mode="PLAY"`,
    )
  })

  it("the client's group, ports, ttl and source are ignored: the server chooses", {
    tags: 'A-SET-18',
  }, async () => {
    const server = await startServer(options())
    mountCamera(server, '/mc')
    const wish = `${multicast};destination=127.0.0.9;source=127.0.0.9;port=53-54;ttl=255`
    const response = await setUp(await connectTo(server), urlOf(server, '/mc/trackID=0'), wish)
    const { destination, source, port, ttl } = transportOf(response.headers.get('Transport'))
    expect(destination).toMatch(/^239\.255\.12\./)
    expect({ source, port: port[0], ttl }).toEqual({ source: '127.0.0.1', port: base, ttl: 1 })
  })

  it('means multicast by default, unless ports are named or the mount has none', {
    tags: 'A-SET-4',
  }, async () => {
    const server = await startServer(options())
    mountCamera(server, '/mc')
    mountCamera(server, '/uc', { multicast: false })
    const answer = async (path: string, transport: string) => {
      const client = await connectTo(server)
      const response = await setUp(client, urlOf(server, `${path}/trackID=0`), transport)
      return parseTransport(response.headers.get('Transport') ?? 'none/none')[0]?.delivery
    }
    const { clientPort } = await openUdpPorts()
    expect(await answer('/mc', 'RTP/AVP')).toBe('multicast')
    expect(await answer('/mc', `RTP/AVP;client_port=${clientPort}`)).toBe('unicast')
    expect(await answer('/uc', `RTP/AVP;client_port=${clientPort}`)).toBe('unicast')
    expect(await answer('/uc', 'RTP/AVP')).toBeUndefined()
  })

  it('chooses the first alternative that the mount supports, multicast or not', {
    tags: 'A-SET-1',
  }, async () => {
    const server = await startServer(options())
    mountCamera(server, '/mc')
    mountCamera(server, '/uc', { multicast: false })
    const offer = `RTP/FOO;unicast, ${multicast}, RTP/AVP/TCP;unicast;interleaved=0-1`
    const onMulticast = await setUp(await connectTo(server), urlOf(server, '/mc/trackID=0'), offer)
    expect(onMulticast.headers.get('Transport')).toMatch(/^RTP\/AVP;multicast;/)
    const onUnicast = await setUp(await connectTo(server), urlOf(server, '/uc/trackID=0'), offer)
    expect(onUnicast.headers.get('Transport')).toBe(
      'RTP/AVP/TCP;unicast;interleaved=0-1;mode="PLAY"',
    )
  })

  it('responds 461 if no group is free, or uses the next alternative', {
    tags: 'A-SET-2',
  }, async () => {
    const server = await startServer(options(newGroups(1)))
    // One address and two pairs of ports: two tracks.
    mountCamera(server, '/a')
    mountCamera(server, '/b')
    const first = await connectTo(server)
    const { session } = await joinVideo(first, urlOf(server, '/a'))
    await setUp(first, urlOf(server, '/a/trackID=1'), multicast, session)
    const second = await connectTo(server)
    const uri = urlOf(server, '/b/trackID=0')
    expect((await setUp(second, uri, multicast)).statusCode).toBe(461)
    expect(server.pool.size).toBe(1)
    const other = await setUp(second, uri, `${multicast}, RTP/AVP/TCP;unicast`)
    expect(other.headers.get('Transport')).toMatch(/^RTP\/AVP\/TCP/)
    // The group of a media that is on already needs no other.
    await joinVideo(await connectTo(server), urlOf(server, '/a'))
    // And it is free at once when its last viewers have left.
    for (const live of server.pool.filter()) live.end('removed')
    await joinVideo(await connectTo(server), urlOf(server, '/b'))
  })

  it('answers 461 for RECORD, for TCP, without UDP, and without groups of the family', {
    tags: 'A-SET-2',
  }, async () => {
    const server = await startServer(options())
    const client = await connectTo(server)
    const url = urlOf(server, '/live/x')
    await expectOk(client, 'ANNOUNCE', url, {
      headers: { 'Content-Type': 'application/sdp' },
      body: testSdp,
    })
    const record = await setUp(client, `${url}/streamid=0`, `${multicast};mode=record`)
    expect(record.statusCode).toBe(461)
    mountCamera(server, '/mc')
    const tcp = await setUp(client, urlOf(server, '/mc/trackID=0'), 'RTP/AVP/TCP;multicast')
    expect(tcp.statusCode).toBe(461)
    for (const other of [
      { ...options(), udpPorts: false as const },
      { multicast: { groups: 'ff15::7' } },
    ]) {
      const without = await startServer(other)
      mountCamera(without, '/mc')
      const uri = urlOf(without, '/mc/trackID=0')
      expect((await setUp(await connectTo(without), uri, multicast)).statusCode).toBe(461)
    }
  })

  it('responds 461 to unicast if only multicast is offered', { tags: 'A-SET-2' }, async () => {
    const server = await startServer()
    const pool = new MulticastAddressPool({ groups: newGroups(1), only: true })
    mountCamera(server, '/mc', { multicast: pool })
    const client = await connectTo(server)
    const uri = urlOf(server, '/mc/trackID=0')
    const { clientPort } = await openUdpPorts()
    expect((await setUp(client, uri)).statusCode).toBe(461)
    const udp = await setUp(client, uri, `RTP/AVP;unicast;client_port=${clientPort}`)
    expect(udp.statusCode).toBe(461)
    expect((await setUp(client, uri, multicast)).statusCode).toBe(200)
  })
})

describe('DESCRIBE of multicast', () => {
  it('names the group and port of each track, which SETUP then gives', {
    tags: 'A-DES-6',
  }, async () => {
    const { server, url, client } = await scene({ multicast: { ...options().multicast, ttl: 3 } })
      .camera('/mc')
      .client()
      .start()
    const { body } = await expectOk(client, 'DESCRIBE', url)
    const { session, media } = parseSdp(body)
    expect(session.value('c')).toBe('IN IP4 0.0.0.0')
    const places = media.map(({ section, port }) => `${section.value('c')} ${port}`)
    expect(new Set(places).size).toBe(2)
    for (const [index, place] of places.entries()) {
      const response = await setUp(await connectTo(server), `${url}/trackID=${index}`, multicast)
      const { destination, port, ttl } = transportOf(response.headers.get('Transport'))
      expect(`IN IP4 ${destination}/${ttl} ${port[0]}`).toBe(place)
      expect(ttl).toBe(3)
    }
  })

  it('keeps port 0 and 0.0.0.0 for mounts without multicast, when wished, and when no group is free', {
    tags: 'A-DES-6',
  }, async () => {
    const server = await startServer(options(newGroups(1)))
    mountCamera(server, '/uc', { multicast: false })
    const pool = new MulticastAddressPool({ groups: newGroups(1), inDescription: false })
    mountCamera(server, '/silent', { multicast: pool })
    mountCamera(server, '/a')
    mountCamera(server, '/b')
    const client = await connectTo(server)
    const { session } = await joinVideo(client, urlOf(server, '/a'))
    await setUp(client, urlOf(server, '/a/trackID=1'), multicast, session)
    for (const path of ['/uc', '/silent', '/b']) {
      const { body } = await expectOk(client, 'DESCRIBE', urlOf(server, path))
      expect(parseSdp(body).media.map(({ port }) => port)).toEqual([0, 0])
      expect(
        body
          .toString()
          .match(/^c=.*$/gm)
          ?.map((line) => line.trim()),
      ).toEqual(['c=IN IP4 0.0.0.0'])
    }
  })
})

describe.each([true, false])('a multicast group, nativeSockets: %s', (nativeSockets) => {
  it('sends each packet once for all viewers, until the last one leaves', async () => {
    const server = await startServer({ ...options(), nativeSockets })
    const sources = mountCamera(server, '/mc')
    const [a, b] = [await connectTo(server), await connectTo(server)]
    const url = urlOf(server, '/mc')
    const first = await joinVideo(a, url)
    const { destination, port } = first.place
    const member = await joinGroup(destination, port[0])
    const reports = await joinGroup(destination, port[1])
    const second = await joinVideo(b, url)
    expect(second.place).toMatchObject({ destination, port })
    await expectOk(a, 'PLAY', url, { headers: { Session: first.session } })
    await expectOk(b, 'PLAY', url, { headers: { Session: second.session } })
    expect(server.stats().multicast).toMatchObject({ groups: 1, viewers: 2 })
    const track = sources[0]?.output?.tracks[0]
    for (let n = 0; n < 40; n++) track?.push(video(n))
    await until(() => member.packets.length >= 40)

    // One pauses, one leaves: the other goes on.
    await inSession(a, 'PAUSE', url, first.session)
    for (let n = 40; n < 60; n++) track?.push(video(n))
    await until(() => member.packets.length >= 60)
    await inSession(a, 'TEARDOWN', url, first.session)
    for (let n = 60; n < 80; n++) track?.push(video(n))
    await until(() => member.packets.length >= 80)
    expect(member.packets.map(sequenceNumberOf)).toEqual(Array.from({ length: 80 }, (_, n) => n))
    expect(reports.packets.flatMap(typesOf)).not.toContain('bye')

    await inSession(b, 'TEARDOWN', url, second.session)
    expect(server.stats().multicast).toMatchObject({ groups: 0, viewers: 0, packetsOut: 80 })
    await until(() => reports.packets.flatMap(typesOf).includes('bye'))
    expect(reports.packets.flatMap(typesOf).filter((type) => type === 'bye')).toEqual(['bye'])
  })

  it("counts the group's packets for each playing viewer", async () => {
    const { server, sources, url } = await scene({ ...options(), nativeSockets })
      .camera('/mc')
      .start()
    const clients = [await connectTo(server), await connectTo(server), await connectTo(server)]
    const joined = await Promise.all(clients.map((client) => joinVideo(client, url)))
    const [a, b] = clients
    const member = await joinGroup(joined[0]?.place.destination ?? '', base)
    await inSession(a as RtspTestClient, 'PLAY', url, joined[0]?.session ?? '')
    const track = sources[0]?.output?.tracks[0]
    for (let n = 0; n < 5; n++) track?.push(video(n))
    await until(() => member.packets.length >= 5)
    await inSession(b as RtspTestClient, 'PLAY', url, joined[1]?.session ?? '')
    for (let n = 5; n < 7; n++) track?.push(video(n))
    await until(() => member.packets.length >= 7)
    const counts = joined.map(({ session }) => server.pool.find(session)?.stats.packetsOut)
    expect(counts).toEqual([7, 2, 0])
    expect(server.pool.find(joined[1]?.session ?? '')?.stats.bytesOut).toBe(2 * 14)
    expect(server.stats().multicast).toEqual({
      ...{ groups: 1, viewers: 3, packetsOut: 7, bytesOut: 7 * 14 },
    })
  })

  it('begins with the last key frame for the first viewer only; RTP-Info agrees with the group', async () => {
    const { server, url, publisher } = await scene({ ...options(), nativeSockets })
      .publisher(['TCP'], '/live/x', h264Sdp)
      .start()
    const send = async (from: number, to: number) => {
      for (let n = from; n < to; n++) publisher.sendFrame(0, video(n, n % 10 === 0))
      await publisher.request('OPTIONS', '*')
    }
    await send(0, 15)
    const [a, b] = [await connectTo(server), await connectTo(server)]
    const first = await joinVideo(a, url)
    const member = await joinGroup(first.place.destination, first.place.port[0])
    const second = await joinVideo(b, url)
    const seqOf = async (client: RtspTestClient, session: string) => {
      const response = await inSession(client, 'PLAY', url, session)
      return parseRtpInfo(response.headers.get('RTP-Info') ?? '')[0]?.seq
    }
    expect(await seqOf(a, first.session)).toBe(10)
    await until(() => member.packets.length >= 5)
    await send(15, 18)
    expect(await seqOf(b, second.session)).toBe(18)
    await send(18, 20)
    await until(() => member.packets.length >= 10)
    expect(member.packets.map(sequenceNumberOf)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
  })

  it('continues at its pause point for the viewer that paused', async () => {
    const { server, url, publisher } = await scene({ ...options(), nativeSockets })
      .publisher(['TCP'], '/live/x', h264Sdp)
      .start()
    const send = async (from: number, to: number) => {
      for (let n = from; n < to; n++) publisher.sendFrame(0, video(n, n === 0))
      await publisher.request('OPTIONS', '*')
    }
    const viewer = await connectTo(server)
    const { session, place } = await joinVideo(viewer, url)
    const member = await joinGroup(place.destination, place.port[0])
    await inSession(viewer, 'PLAY', url, session)
    await send(0, 4)
    await until(() => member.packets.length >= 4)
    await inSession(viewer, 'PAUSE', url, session)
    await send(4, 8)
    const response = await inSession(viewer, 'PLAY', url, session)
    expect(parseRtpInfo(response.headers.get('RTP-Info') ?? '')[0]?.seq).toBe(4)
    await until(() => member.packets.length >= 8)
    expect(member.packets.map(sequenceNumberOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })
})

const typesOf = (compound: Buffer) => parseCompound(compound).map(({ type }) => type)

describe('a multicast session', () => {
  const timed = () => {
    return { ...fakeTime(), udpLiveness: 'client', ...options() } as const
  }

  it('stays alive by reports to the group from its own address, and by no others', {
    tags: 'A-ONV-3',
  }, async () => {
    const settings = timed()
    const { server, url, client } = await scene(settings).camera('/mc').client().start()
    const { session, place } = await joinVideo(client, url)
    const elsewhere = await connectTo(server, '127.0.0.2')
    const foreign = await joinVideo(elsewhere, url)
    await inSession(client, 'PLAY', url, session)
    await inSession(elsewhere, 'PLAY', url, foreign.session)
    const reports = await joinGroup(place.destination, place.port[1])
    const receiverReport = serializeCompound([
      { type: 'receiverReport', ssrc: 7, reports: [] },
      createSourceDescription(7, 'viewer'),
    ])
    settings.clock.advance(50_000)
    const live = server.pool.filter().find(({ owner }) => owner?.address === '127.0.0.1')
    const before = live?.lastAccessAt
    reports.send(receiverReport, place.port[1], place.destination)
    await until(() => live?.lastAccessAt !== before)
    // Past the timeout of the one that sent nothing.
    settings.clock.advance(20_000)
    expect(server.pool.find(foreign.session)).toBeUndefined()
    expect(server.pool.find(session)).toBeDefined()
    expect(server.stats().multicast).toMatchObject({ groups: 1, viewers: 1 })
  })

  it('frees the group when it expires, or when the media ends', async () => {
    const settings = timed()
    const {
      server,
      sources,
      url,
      client: expiring,
    } = await scene(settings).camera('/mc').client().start()
    const { session } = await joinVideo(expiring, url)
    await inSession(expiring, 'PLAY', url, session)
    settings.clock.advance(70_000)
    expect(server.stats().multicast).toMatchObject({ groups: 0, viewers: 0 })
    const other = await connectTo(server)
    const next = await joinVideo(other, url)
    await inSession(other, 'PLAY', url, next.session)
    sources.at(-1)?.output?.end()
    expect(server.stats().multicast).toMatchObject({ groups: 0, viewers: 0 })
    expect(server.pool.size).toBe(0)
  })

  it('may be of one media in unicast and multicast at once', async () => {
    const {
      sources,
      url,
      viewer: unicast,
      client,
    } = await scene(options()).camera('/mc').viewer().client().start()
    const { session, place } = await joinVideo(client, url)
    const member = await joinGroup(place.destination, place.port[0])
    await inSession(client, 'PLAY', url, session)
    pushTo(sources, 0, video(1))
    await until(() => member.packets.length >= 1)
    await until(() => unicast.frames.some(({ channel }) => channel === 0))
  })

  it('a pool may be shared by mounts', async () => {
    const server = await startServer()
    const pool = new MulticastAddressPool({
      ...{ groups: newGroups(2), ports: [base + 20, base + 21], interface: '127.0.0.1' },
    })
    for (const path of ['/a', '/b', '/c']) {
      server.mounts.add(path, new MediaFactory(() => new TestSource(), { multicast: pool }))
    }
    const places = []
    for (const path of ['/a', '/b']) {
      const { place } = await joinVideo(await connectTo(server), urlOf(server, path))
      places.push(place.destination)
    }
    expect(new Set(places).size).toBe(2)
    const third = await setUp(await connectTo(server), urlOf(server, '/c/trackID=0'), multicast)
    expect(third.statusCode).toBe(461)
  })
})
