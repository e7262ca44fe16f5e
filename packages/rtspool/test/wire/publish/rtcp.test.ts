import { describe, expect, it } from 'vitest'
import {
  parseCompound,
  type RtcpPacket,
  serializeCompound,
  unixMsFromNtp,
} from '../../../src/rtcp/index.js'
import { parseTransport } from '../../../src/rtsp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inSession, readySession, setUp } from '../../support/dialogue.js'
import { type RtspTestClient, sessionIdOf } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  publish,
  rtpPacket,
  startServer,
  transportHeader,
  urlOf,
} from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'
import { until } from '../../support/until.js'

const ssrc = 77

async function camera() {
  const { server, clock, sources, url } = await scene({
    udpLiveness: 'client',
  })
    .camera()
    .start()
  const push = (sequenceNumber: number, size = 100, timestamp = 90_000) =>
    pushTo(
      sources,
      0,
      rtpPacket({
        sequenceNumber,
        ssrc,
        timestamp,
        payload: Buffer.alloc(size),
        marker: true,
      }),
    )
  return { clock, server, url, client: await connectTo(server), push }
}

const rtcpOf = (client: RtspTestClient): RtcpPacket[][] =>
  client.frames.filter(({ channel }) => channel === 1).map(({ payload }) => parseCompound(payload))

const typesOf = (compound: readonly RtcpPacket[] = []) => compound.map(({ type }) => type)

describe('sender reports', () => {
  it('are sent at once, then about every 5 s at random, each with SDES', {
    tags: ['A-RTC-1', 'A-RTC-3'],
  }, async () => {
    const { clock, url, client, push } = await camera()
    const session = await readySession(client, url)
    await inSession(client, 'PLAY', url, session)
    push(1)
    await until(() => client.frames.length > 0)
    const times: number[] = []
    for (let at = 0; at < 60_000; at += 250) {
      const before = rtcpOf(client).length
      clock.advance(250)
      if (at % 20_000 === 0) await inSession(client, 'OPTIONS', url, session)
      await expectOk(client, 'OPTIONS', '*')
      if (rtcpOf(client).length > before) times.push(at)
    }
    expect(times[0]).toBeLessThanOrEqual(5_000)
    expect(times.length).toBeGreaterThanOrEqual(8)
    expect(times.length).toBeLessThanOrEqual(16)
    expect(new Set(times.map((time, at) => time - (times[at - 1] ?? 0))).size).toBeGreaterThan(2)
    for (const compound of rtcpOf(client)) {
      expect(typesOf(compound)).toEqual(['senderReport', 'sourceDescription'])
      expect(compound[0]).toMatchObject({ ssrc, packetCount: 1, octetCount: 100 })
    }
  })

  it('agree with the packets, whatever the wall clock does', {
    tags: ['A-RTC-2', 'B-CLOCK'],
  }, async () => {
    const { clock, url, client, push } = await camera()
    const ports = await openUdpPorts()
    const header = `RTP/AVP;unicast;client_port=${ports.clientPort}`
    const session = sessionIdOf(await setUp(client, `${url}/trackID=0`, header))
    await inSession(client, 'PLAY', url, session)
    const [start, startOfWall] = [clock.now(), clock.unixTimeMs()]
    for (let n = 0; n < 300; n++) {
      // Every 200 ms, with the timestamp of its time; the clock on the wall jumps to and fro by an hour.
      push(n, 100 + (n % 7), 90 * (clock.now() - start))
      await until(() => ports.rtp.length === n + 1)
      if (n % 50 === 49) clock.jumpWallClock(n % 100 === 49 ? 3_600_000 : -3_600_000)
      clock.advance(200)
      if (n % 50 === 0) await inSession(client, 'OPTIONS', url, session)
    }
    await expectOk(client, 'TEARDOWN', url, { headers: { Session: session } })
    await until(() => parseCompound(ports.rtcp.at(-1) ?? Buffer.alloc(0))[2]?.type === 'bye')
    const reports = ports.rtcp.flatMap((compound) => {
      const [report] = parseCompound(compound)
      return report?.type === 'senderReport' ? [report] : []
    })
    expect(reports.length).toBeGreaterThanOrEqual(8)
    for (const { ntpTime, rtpTime, packetCount, octetCount } of reports) {
      const counted = ports.rtp.slice(0, packetCount)
      expect(octetCount).toBe(counted.reduce((sum, packet) => sum + packet.length - 12, 0))
      const ms = unixMsFromNtp(ntpTime) - startOfWall
      // The instant lies up to 125 ms before the report was sent.
      expect(packetCount).toBeGreaterThanOrEqual(Math.min(300, Math.floor(ms / 200) + 1))
      expect(packetCount).toBeLessThanOrEqual(Math.floor((ms + 125) / 200) + 1)
      // Far less than 1 ms in a second: the two roundings to ticks are all there is.
      expect(Math.abs(ms - (rtpTime | 0) / 90)).toBeLessThan(2.1 / 90)
    }
  })

  it('a later viewer gets one with its first packet, with the counts so far', {
    tags: ['A-RTC-1', 'A-RTC-2'],
  }, async () => {
    const { server, url, client, push } = await camera()
    await inSession(client, 'PLAY', url, await readySession(client, url))
    for (let n = 0; n < 10; n++) push(n, 100 + n)
    await until(() => client.frames.filter(({ channel }) => channel === 0).length === 10)
    const later = await connectTo(server)
    await inSession(later, 'PLAY', url, await readySession(later, url))
    await until(() => later.frames.length > 0)
    expect(rtcpOf(later)[0]?.[0]).toMatchObject({ packetCount: 10, octetCount: 1045 })
  })

  it('TEARDOWN is answered after a BYE with the SSRC of the stream', {
    tags: 'A-RTC-4',
  }, async () => {
    const { url, client, push } = await camera()
    const session = await readySession(client, url)
    await inSession(client, 'PLAY', url, session)
    push(1)
    await until(() => client.frames.length > 0)
    await inSession(client, 'TEARDOWN', url, session)
    const last = rtcpOf(client).at(-1)
    expect(typesOf(last)).toEqual(['senderReport', 'sourceDescription', 'bye'])
    expect(last?.at(-1)).toMatchObject({ ssrcs: [ssrc] })
  })
})

describe('RTCP from clients', () => {
  it('BYE and reports from elsewhere have no effect, and a BYE of a viewer none on others', {
    tags: ['A-RTC-5', 'B-RTCP'],
  }, async () => {
    const { clock, server, url, client, push } = await camera()
    const [ports, other, spoofer] = [
      await openUdpPorts(),
      await openUdpPorts(),
      await openUdpPorts(),
    ]
    const start = async (at: { clientPort: string }) => {
      const transport = `RTP/AVP;unicast;client_port=${at.clientPort}`
      const response = await setUp(client, `${url}/trackID=0`, transport)
      await inSession(client, 'PLAY', url, sessionIdOf(response))
      return { id: sessionIdOf(response), header: response.headers.get('Transport') ?? '' }
    }
    const [victim, leaving] = [await start(ports), await start(other)]
    const port = parseTransport(victim.header)[0]?.serverPort?.[1] ?? 0
    clock.advance(30_000)
    const bye = serializeCompound([
      { type: 'receiverReport', ssrc, reports: [] },
      { type: 'bye', ssrcs: [ssrc] },
    ])
    for (let n = 0; n < 20; n++) spoofer.rtcpSocket.send(bye, port, '127.0.0.1')
    other.rtcpSocket.send(bye, port, '127.0.0.1')
    push(1)
    await until(() => ports.rtp.length === 1)
    expect(server.pool.get(victim.id)?.remaining()).toBe(35_000)
    expect(server.stats().rejectedRtcp).toBe(20)
    await expectOk(client, 'TEARDOWN', url, { headers: { Session: leaving.id } })
    push(2)
    await until(() => ports.rtp.length === 2)
  })

  it('invalid RTCP, and reports with our SSRC, do no harm', {
    tags: ['A-RTC-6', 'A-RTC-8'],
  }, async () => {
    const { url, client, push } = await camera()
    await inSession(client, 'PLAY', url, await readySession(client, url))
    push(1)
    const good = serializeCompound([{ type: 'receiverReport', ssrc, reports: [] }])
    for (let at = 0; at < good.length; at++) {
      for (const byte of [0, 0x7f, 0xff]) {
        const mutated = Buffer.from(good)
        mutated[at] = byte
        client.sendFrame(1, mutated)
        client.sendFrame(1, good.subarray(0, at))
      }
    }
    client.sendFrame(1, good)
    await expectOk(client, 'OPTIONS', '*')
    push(2)
    await until(() => client.frames.filter(({ channel }) => channel === 0).length === 2)
  })

  it('a silent viewer ends at its timeout', { tags: 'A-RTC-9' }, async () => {
    const { clock, server, url, client } = await camera()
    const { clientPort } = await openUdpPorts()
    const udp = `RTP/AVP;unicast;client_port=${clientPort}`
    await inSession(client, 'PLAY', url, await readySession(client, url, udp))
    clock.advance(64_999)
    expect(server.pool.size).toBe(1)
    clock.advance(251)
    expect(server.pool.size).toBe(0)
    clock.advance(10_000)
    await client.closed()
  })
})

describe('RTCP from publishers', () => {
  async function relay() {
    const clock = new ManualClock()
    const server = await startServer({
      ...{ clock, slowReaderTimeout: 0, maxBacklogSeconds: 3600 },
      udpLiveness: 'client',
    })
    const url = urlOf(server, '/live/cam')
    const [publisher, viewer] = [await connectTo(server), await connectTo(server)]
    return { clock, server, url, publisher, viewer }
  }

  it('another SSRC and payload type go on to viewers with reports that agree', {
    tags: 'B-SSRC',
  }, async () => {
    const { clock, url, publisher, viewer } = await relay()
    await publish(publisher, url, ['TCP'])
    await play(viewer, url, ['TCP'])
    const send = (ssrc: number, timestamp: number, count: number, payloadType: number) => {
      for (let sequenceNumber = 1; sequenceNumber <= count; sequenceNumber++) {
        const payload = Buffer.alloc(10)
        const packet = { sequenceNumber, ssrc, timestamp, payloadType, payload, marker: true }
        publisher.sendFrame(0, rtpPacket(packet))
      }
    }
    const reportsOn = (ssrc: number) =>
      rtcpOf(viewer).flatMap(([report]) =>
        report?.type === 'senderReport' && report.ssrc === ssrc ? [report] : [],
      )
    send(7, 1_000_000, 3, 96)
    await until(() => viewer.frames.filter(({ channel }) => channel === 0).length === 3)
    clock.advance(9_000)
    await until(() => reportsOn(7).length > 0)
    send(8, 5_000, 2, 97)
    await until(() => viewer.frames.filter(({ channel }) => channel === 0).length === 5)
    const changedAt = clock.now()
    const count = rtcpOf(viewer).length
    clock.advance(9_000)
    await until(() => reportsOn(8).length > 0)
    for (const report of reportsOn(7)) {
      expect(report).toMatchObject({ packetCount: 3, octetCount: 30 })
    }
    for (const report of reportsOn(8)) {
      expect(report).toMatchObject({ packetCount: 2, octetCount: 20 })
      expect(report.rtpTime).toBeGreaterThanOrEqual(5_000)
      expect(report.rtpTime).toBeLessThanOrEqual(5_000 + 90 * (clock.now() - changedAt))
    }
    // From the change on nothing is said about the old source.
    const later = rtcpOf(viewer).slice(count)
    expect(later.every(([report]) => report?.type === 'senderReport' && report.ssrc === 8)).toBe(
      true,
    )
  })

  it('packets with the right SSRC from another port go nowhere', { tags: 'B-RTP' }, async () => {
    const { server, url, publisher, viewer } = await relay()
    const [ports, attacker] = [await openUdpPorts(), await openUdpPorts()]
    const { setups } = await publish(publisher, url, [ports])
    const [spec] = parseTransport(setups[0]?.headers.get('Transport') ?? '')
    const port = spec?.serverPort?.[0] ?? 0
    await play(viewer, url, ['TCP'])
    for (let n = 0; n < 1000; n++) {
      const forged = rtpPacket({ sequenceNumber: n, ssrc, payload: Buffer.from('forged') })
      await new Promise((resolve) => attacker.rtpSocket.send(forged, port, '127.0.0.1', resolve))
      if (n % 100 > 0) continue
      const packet = rtpPacket({ sequenceNumber: n / 100, ssrc, marker: true })
      ports.rtpSocket.send(packet, port, '127.0.0.1')
    }
    await until(() => viewer.frames.length === 10)
    await until(() => server.stats().rejectedRtp >= 1000)
    await expectOk(viewer, 'OPTIONS', '*')
    expect(viewer.frames.map(({ payload }) => payload.readUInt16BE(2))).toEqual(
      Array.from({ length: 10 }, (_, n) => n),
    )
  })

  it('the ports of a publisher are given to no other session, and to its own again', {
    tags: 'B-RTP',
  }, async () => {
    const { server, url, publisher, viewer } = await relay()
    const ports = await openUdpPorts()
    const { session, setups } = await publish(publisher, url, [ports])
    const setup = { headers: { Transport: transportHeader(ports, 0) } }
    const refused = await viewer.request('SETUP', `${url}/trackID=0`, setup)
    expect([refused.statusCode, server.pool.size]).toEqual([461, 1])
    await expectOk(publisher, 'PAUSE', url, { headers: { Session: session } })
    await expectOk(publisher, 'SETUP', `${url}/streamid=0`, {
      headers: { Session: session, Transport: transportHeader(ports, 0, 'record') },
    })
    await expectOk(publisher, 'RECORD', url, { headers: { Session: session } })
    await play(viewer, url, ['TCP'])
    const [spec] = parseTransport(setups[0]?.headers.get('Transport') ?? '')
    const packet = rtpPacket({ sequenceNumber: 1, ssrc, marker: true })
    ports.rtpSocket.send(packet, spec?.serverPort?.[0] ?? 0, '127.0.0.1')
    await until(() => viewer.frames.length === 1)
    expect(viewer.frames[0]?.payload.equals(packet)).toBe(true)
  })

  it('get BYE if their session ends while they record', { tags: 'A-RTC-4' }, async () => {
    const { server, url, publisher } = await relay()
    const { session } = await publish(publisher, url, ['TCP', 'TCP'])
    server.pool.get(session)?.end('kicked')
    await publisher.closed()
    expect(publisher.frames.map(({ channel }) => channel)).toEqual([1, 3])
    for (const { payload } of publisher.frames) {
      expect(typesOf(parseCompound(payload))).toEqual([
        'receiverReport',
        'sourceDescription',
        'bye',
      ])
    }
  })
})

describe('receiver reports to a publisher', { tags: 'A-RTC-7' }, () => {
  it('contain losses, about every 5 s', async () => {
    const { clock, publisher, viewer } = await scene({ udpLiveness: 'client' })
      .publisher(['TCP'])
      .viewer(['TCP'])
      .start()
    // Every fourth is missing.
    const sent = Array.from({ length: 100 }, (_, n) => n).filter((n) => n % 4 !== 2)
    for (const sequenceNumber of sent) {
      publisher.sendFrame(0, rtpPacket({ sequenceNumber, ssrc, marker: true }))
    }
    await until(() => viewer.frames.filter(({ channel }) => channel === 0).length === 75)
    clock.advance(5_000)
    await until(() => publisher.frames.length > 0)
    const [compound] = rtcpOf(publisher)
    expect(typesOf(compound)).toEqual(['receiverReport', 'sourceDescription'])
    const report = compound?.[0]?.type === 'receiverReport' ? compound[0].reports[0] : undefined
    expect(report).toMatchObject({ ssrc, cumulativeLost: 25 })
    expect(report?.fractionLost).toBeCloseTo(64, -1)
  })
})
