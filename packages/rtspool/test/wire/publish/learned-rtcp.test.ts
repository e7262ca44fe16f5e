import { describe, expect, it } from 'vitest'
import type { Session } from '../../../src/index.js'
import { parseCompound } from '../../../src/rtcp/index.js'
import { parseTransport } from '../../../src/rtsp/index.js'
import { inSession, setUp } from '../../support/dialogue.js'
import { lastSenderReport, receiverReportOf } from '../../support/rtcp.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import { expectOk, openUdpPorts, rtpPacket } from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'
import { until } from '../../support/until.js'

const ssrc = 77

/** Two UDP viewers of one address who play one track, and a port that nobody announced. */
async function natted() {
  const { server, clock, sources, url, client } = await scene({
    udpLiveness: 'client',
  })
    .camera()
    .client()
    .start()
  const watch = async () => {
    const ports = await openUdpPorts()
    const transport = `RTP/AVP;unicast;client_port=${ports.clientPort}`
    const response = await setUp(client, `${url}/trackID=0`, transport)
    const id = sessionIdOf(response)
    await inSession(client, 'PLAY', url, id)
    const [spec] = parseTransport(response.headers.get('Transport') ?? '')
    const session = server.pool.get(id) as Session
    return { ports, session, id, serverPort: spec?.serverPort?.[1] ?? 0 }
  }
  const [viewer, other] = [await watch(), await watch()]
  pushTo(sources, 0, rtpPacket({ sequenceNumber: 1, ssrc, marker: true }))
  const elsewhere = await openUdpPorts()
  /** Sends from the unannounced port, and waits until the server has read it. */
  const say = async (datagram: Buffer) => {
    const before = server.stats().rejectedRtcp
    const accessed = viewer.session.lastAccessAt
    await new Promise((resolve) =>
      elsewhere.rtcpSocket.send(datagram, viewer.serverPort, '127.0.0.1', resolve),
    )
    await until(
      () => server.stats().rejectedRtcp !== before || viewer.session.lastAccessAt !== accessed,
    )
  }
  /** The next sender report of each viewer. */
  const nextReports = async () => {
    const counts = [viewer, other].map(({ ports }) => ports.rtcp.length)
    clock.advance(6_200)
    await until(() => viewer.ports.rtcp.length > (counts[0] ?? 0))
    await until(() => other.ports.rtcp.length > (counts[1] ?? 0))
    return [viewer, other].map(({ ports }) => lastSenderReport(ports.rtcp))
  }
  return { clock, server, client, url, viewer, other, say, nextReports }
}

describe('RTCP of a viewer from a port that it did not announce', () => {
  it('is heard once it has echoed two reports that only this viewer was sent', {
    tags: ['A-SES-7', 'B-RTCP'],
  }, async () => {
    const { clock, server, client, url, viewer, say, nextReports } = await natted()
    const created = viewer.session.lastAccessAt
    for (let n = 1; n <= 2; n++) {
      const [lsr = 0] = await nextReports()
      await say(receiverReportOf({ ssrc, lsr }))
      expect(viewer.session.lastAccessAt).toBe(created)
      expect(server.stats().rejectedRtcp).toBe(n)
    }
    await say(receiverReportOf({ ssrc, cumulativeLost: 3 }))
    expect(viewer.session.lastAccessAt).toBe(clock.now())
    expect(viewer.session.stats.packetsLost).toBe(3)
    expect(server.stats().rejectedRtcp).toBe(2)
    await expectOk(client, 'TEARDOWN', url, { headers: { Session: viewer.id } })
    await say(receiverReportOf({ ssrc }))
    expect(server.stats().rejectedRtcp).toBe(3)
  })

  it('a viewer of the same track cannot prolong the session of another', {
    tags: 'B-RTCP',
  }, async () => {
    const { server, viewer, other, say, nextReports } = await natted()
    const accessed = viewer.session.lastAccessAt
    for (let n = 0; n < 5; n++) {
      const [lsr, foreign] = await nextReports()
      // Both speak of one stream at one time, and differ in what nobody can know of the other.
      expect(foreign).not.toBe(lsr)
      for (const guess of [0, 1, -1, 2, -2]) {
        await say(receiverReportOf({ ssrc, lsr: (Number(lsr) ^ 0x8000) + guess }))
      }
    }
    expect(viewer.session.lastAccessAt).toBe(accessed)
    expect(other.session.lastAccessAt).toBe(accessed)
    expect(server.stats().rejectedRtcp).toBe(25)
  })

  it('does not count once RTCP arrived from the announced port', { tags: 'B-RTCP' }, async () => {
    const { clock, server, viewer, say, nextReports } = await natted()
    const heard = viewer.session.lastAccessAt
    const [first = 0] = await nextReports()
    viewer.ports.rtcpSocket.send(receiverReportOf({ ssrc }), viewer.serverPort, '127.0.0.1')
    await until(() => viewer.session.lastAccessAt !== heard)
    const accessed = clock.now()
    await say(receiverReportOf({ ssrc, lsr: first }))
    for (let n = 0; n < 3; n++) {
      const [lsr = 0] = await nextReports()
      await say(receiverReportOf({ ssrc, lsr }))
    }
    expect(viewer.session.lastAccessAt).toBe(accessed)
    expect(server.stats().rejectedRtcp).toBe(4)
  })

  it('reports of different instants agree on NTP and RTP time', { tags: 'A-RTC-2' }, async () => {
    const { viewer, other, nextReports } = await natted()
    for (let n = 0; n < 5; n++) await nextReports()
    const reports = [...viewer.ports.rtcp, ...other.ports.rtcp]
      .flatMap((compound) => parseCompound(compound))
      .filter((packet) => packet.type === 'senderReport')
    const firstSeconds = reports[0]?.ntpTime.seconds ?? 0
    const offsets = reports.map(({ ntpTime: { seconds, fraction }, rtpTime }) => {
      const ms = (seconds - firstSeconds) * 1000 + (fraction / 2 ** 32) * 1000
      return ms - rtpTime / 90
    })
    expect(offsets.length).toBeGreaterThanOrEqual(10)
    for (const offset of offsets) {
      // Modulo the wrap of RTP time at 2^32 ticks.
      const apart = Math.abs(offset - (offsets[0] ?? 0)) % (2 ** 32 / 90)
      // Two ticks: each is rounded twice.
      expect(Math.min(apart, Math.abs(apart - 2 ** 32 / 90))).toBeLessThan(2.1 / 90)
    }
  })
})
