import { describe, expect, it } from 'vitest'
import { type Session, streamStatsOf } from '../../../src/index.js'
import { parseTransport } from '../../../src/rtsp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { lastSenderReport, receiverReportOf } from '../../support/rtcp.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  publish,
  rtpPacket,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import { nextTurn, until } from '../../support/until.js'

const ssrc = 77

async function relay() {
  const clock = new ManualClock()
  const server = await startServer({ clock, slowReaderTimeout: 0, maxBacklogSeconds: 3600 })
  const url = urlOf(server, '/live/cam')
  const publisher = await connectTo(server)
  const published = await publish(publisher, url, ['TCP'])
  const sessionOf = (id: string) => server.pool.get(id) as Session
  return { clock, server, url, publisher, publishing: sessionOf(published.session), sessionOf }
}

describe('streamStatsOf', () => {
  it('contains loss, jitter and round-trip time of viewers and publishers', {
    tags: ['A-RTC-5', 'A-RTC-7'],
  }, async () => {
    const { clock, server, url, publisher, publishing, sessionOf } = await relay()
    expect(streamStatsOf(publishing)).toEqual([
      {
        path: '/live/cam',
        index: 0,
        mode: 'record',
        lowerTransport: 'TCP',
        ssrc: undefined,
        reception: undefined,
        malformedRtcp: 0,
        invalidPackets: 0,
        unlistedPackets: 0,
        rejectedPackets: 0,
      },
    ])
    const viewer = await connectTo(server)
    const ports = await openUdpPorts()
    const { session, setups } = await play(viewer, url, [ports])
    const [spec] = parseTransport(setups[0]?.headers.get('Transport') ?? '')
    const rtcpPort = spec?.serverPort?.[1] ?? 0
    const watching = sessionOf(session)
    for (const sequenceNumber of [1, 2, 4, 5]) {
      publisher.sendFrame(0, rtpPacket({ sequenceNumber, ssrc, timestamp: 90_000, marker: true }))
    }
    await until(() => ports.rtp.length === 4)
    // The first report comes after 1026 to 3078 ms, the second 2052 ms later at the earliest.
    clock.advance(3_078.2)
    expect(streamStatsOf(publishing)[0]).toMatchObject({
      ssrc,
      reception: { ssrc, fractionLost: 51 / 256, cumulativeLost: 1, roundTripMs: undefined },
    })
    expect(publishing.stats.packetsLost).toBe(1)

    // In steps that are read one by one: of the reports that are sent, the last two are known.
    for (let ms = 0; ms < 6_200; ms += 100) {
      clock.advance(100)
      await nextTurn()
    }
    await until(() => ports.rtcp.length > 0)
    const lsr = lastSenderReport(ports.rtcp)
    const sentAt = clock.now()
    clock.advance(140)
    ports.rtcpSocket.send('broken', rtcpPort, '127.0.0.1')
    const report = { ssrc, fractionLost: 64, cumulativeLost: 1, interarrivalJitter: 270 }
    const dlsr = Math.round(0.1 * 65_536)
    ports.rtcpSocket.send(receiverReportOf({ ...report, lsr, dlsr }), rtcpPort, '127.0.0.1')
    await until(() => streamStatsOf(watching)[0]?.reception !== undefined)
    const [stats] = streamStatsOf(watching)
    expect(stats).toMatchObject({
      path: '/live/cam',
      index: 0,
      mode: 'play',
      lowerTransport: 'UDP',
      ssrc,
      malformedRtcp: 1,
      reception: { fractionLost: 0.25, cumulativeLost: 1, jitterMs: 3, reportedAt: sentAt + 140 },
    })
    // The report was sent at some time of the 6.2 s that the clock was turned by.
    expect(stats?.reception?.roundTripMs).toBeGreaterThanOrEqual(39)
    expect(watching.stats.packetsLost).toBe(1)
    await expectOk(viewer, 'TEARDOWN', url, { headers: { Session: session } })
    expect(streamStatsOf(watching)).toEqual([])
  })

  it('counts invalid RTP of a publisher, for it and for its viewers', {
    tags: 'A-RTP-3',
  }, async () => {
    const { server, url, publisher, publishing, sessionOf } = await relay()
    const viewer = await connectTo(server)
    const { session } = await play(viewer, url, ['TCP'])
    publisher.sendFrame(0, Buffer.from('no RTP'))
    publisher.sendFrame(0, Buffer.alloc(0))
    publisher.sendFrame(0, rtpPacket({ sequenceNumber: 1, ssrc, marker: true }))
    await until(() => viewer.frames.some(({ channel }) => channel === 0))
    expect(streamStatsOf(publishing)[0]).toMatchObject({ ssrc, invalidPackets: 2 })
    expect(streamStatsOf(sessionOf(session))[0]).toMatchObject({ ssrc, invalidPackets: 2 })
    expect(publishing.stats.packetsIn).toBe(1)
  })

  it('counts packets of a payload type that was not announced, for publishers and viewers', {
    tags: 'U-10',
  }, async () => {
    const { server, url, publisher, publishing, sessionOf } = await relay()
    const viewer = await connectTo(server)
    const { session } = await play(viewer, url, ['TCP'])
    for (const [sequenceNumber, payloadType] of [96, 97, 0, 96].entries()) {
      publisher.sendFrame(0, rtpPacket({ sequenceNumber, ssrc, payloadType, marker: true }))
    }
    const received = () => viewer.frames.filter(({ channel }) => channel === 0)
    await until(() => received().length === 4)
    expect(streamStatsOf(publishing)[0]).toMatchObject({ unlistedPackets: 2, invalidPackets: 0 })
    expect(streamStatsOf(sessionOf(session))[0]).toMatchObject({ unlistedPackets: 2 })
    expect(publishing.stats.packetsIn).toBe(4)
  })
})
