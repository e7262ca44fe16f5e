import { describe, expect, it } from 'vitest'
import { parseCompound, type RtcpPacket, serializeCompound } from '../../src/rtcp/index.js'
import { parseTransport } from '../../src/rtsp/index.js'
import { inSession, mountCamera, readySession, setUp, tcp } from '../support/dialogue.js'
import { FakeClock } from '../support/fake-clock.js'
import { type RtspTestClient, sessionIdOf } from '../support/rtsp-client.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  publish,
  rtpPacket,
  startServer,
  urlOf,
} from '../support/test-server.js'

const ssrc = 77

async function camera() {
  const clock = new FakeClock()
  const server = await startServer({ clock, slowReaderTimeout: 0, maxBacklogSeconds: 3600 })
  const sources = mountCamera(server)
  const url = urlOf(server, '/cam')
  const push = (sequenceNumber: number, size = 100) =>
    sources[0]?.output?.tracks[0]?.push(
      rtpPacket({
        sequenceNumber,
        ssrc,
        timestamp: 90_000,
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
  it('A-RTC-1 A-RTC-3 come at once, then about every 5 s at random, each with SDES', async () => {
    const { clock, url, client, push } = await camera()
    const session = await readySession(client, url)
    await inSession(client, 'PLAY', url, session)
    push(1)
    await client.framesUntil((frames) => frames.length > 0)
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
    // 60 s at half the mean interval and the factor of RFC 3550 section 6.3.1.
    expect(times.length).toBeLessThanOrEqual(60 / (2.5 / 1.21828) + 1)
    expect(new Set(times.map((time, at) => time - (times[at - 1] ?? 0))).size).toBeGreaterThan(2)
    for (const compound of rtcpOf(client)) {
      expect(typesOf(compound)).toEqual(['senderReport', 'sourceDescription'])
      expect(compound[0]).toMatchObject({ ssrc, packetCount: 1, octetCount: 100 })
    }
  })

  it('A-RTC-1 A-RTC-2 a viewer that comes later hears one with its first packet, and what was counted', async () => {
    const { server, url, client, push } = await camera()
    await inSession(client, 'PLAY', url, await readySession(client, url))
    for (let n = 0; n < 10; n++) push(n, 100 + n)
    await client.framesUntil(
      (frames) => frames.filter(({ channel }) => channel === 0).length === 10,
    )
    const later = await connectTo(server)
    await inSession(later, 'PLAY', url, await readySession(later, url))
    await later.framesUntil((frames) => frames.length > 0)
    expect(rtcpOf(later)[0]?.[0]).toMatchObject({ packetCount: 10, octetCount: 1045 })
  })

  it('A-RTC-4 TEARDOWN is answered after a BYE with the SSRC of the stream', async () => {
    const { url, client, push } = await camera()
    const session = await readySession(client, url)
    await inSession(client, 'PLAY', url, session)
    push(1)
    await client.framesUntil((frames) => frames.length > 0)
    await inSession(client, 'TEARDOWN', url, session)
    const last = rtcpOf(client).at(-1)
    expect(typesOf(last)).toEqual(['senderReport', 'sourceDescription', 'bye'])
    expect(last?.at(-1)).toMatchObject({ ssrcs: [ssrc] })
  })
})

describe('what clients send', () => {
  it('A-RTC-5 B-RTCP BYE and reports from elsewhere have no effect, and a BYE of a viewer none on others', async () => {
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
    await ports.until(() => ports.rtp.length === 1)
    expect(server.pool.get(victim.id)?.remaining()).toBe(35_000)
    await expectOk(client, 'TEARDOWN', url, { headers: { Session: leaving.id } })
    push(2)
    await ports.until(() => ports.rtp.length === 2)
  })

  it('A-RTC-6 A-RTC-8 what is no RTCP, and reports with our SSRC, do no harm', async () => {
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
    await client.framesUntil((frames) => frames.filter(({ channel }) => channel === 0).length === 2)
  })

  it('A-RTC-9 a viewer that says nothing at all ends with its timeout', async () => {
    const { clock, server, url, client } = await camera()
    await inSession(client, 'PLAY', url, await readySession(client, url, tcp))
    clock.advance(64_999)
    expect(server.pool.size).toBe(1)
    clock.advance(251)
    expect(server.pool.size).toBe(0)
    await client.closed()
  })
})

describe('A-RTC-7 receiver reports to a publisher', () => {
  it('tell what is lost, about every 5 s', async () => {
    const clock = new FakeClock()
    const server = await startServer({ clock, slowReaderTimeout: 0 })
    const url = urlOf(server, '/live/cam')
    const publisher = await connectTo(server)
    await publish(publisher, url, ['TCP'])
    const viewer = await connectTo(server)
    await play(viewer, url, ['TCP'])
    // Every fourth is missing.
    const sent = Array.from({ length: 100 }, (_, n) => n).filter((n) => n % 4 !== 2)
    for (const sequenceNumber of sent) {
      publisher.sendFrame(0, rtpPacket({ sequenceNumber, ssrc, marker: true }))
    }
    await viewer.framesUntil(
      (frames) => frames.filter(({ channel }) => channel === 0).length === 75,
    )
    clock.advance(5_000)
    await publisher.framesUntil((frames) => frames.length > 0)
    const [compound] = rtcpOf(publisher)
    expect(typesOf(compound)).toEqual(['receiverReport', 'sourceDescription'])
    const report = compound?.[0]?.type === 'receiverReport' ? compound[0].reports[0] : undefined
    expect(report).toMatchObject({ ssrc, cumulativeLost: 25 })
    expect(report?.fractionLost).toBeCloseTo(64, -1)
  })
})
