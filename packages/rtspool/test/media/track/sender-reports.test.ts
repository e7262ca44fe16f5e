import { describe, expect, it } from 'vitest'
import type { DatagramReader } from '../../../src/media/fan-out/reader.js'
import { SentReports } from '../../../src/media/fan-out/sent-reports.js'
import { SourceClock } from '../../../src/media/timeline/source-clock.js'
import { TrackTime } from '../../../src/media/timeline/track-time.js'
import { SenderReports } from '../../../src/media/track/sender-reports.js'
import { parseCompound, unixMsFromNtp } from '../../../src/rtcp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import type { DatagramSender } from '../../../src/transport/udp/udp-endpoint.js'

const clockRate = 90_000

function setUp() {
  const clock = new ManualClock()
  const time = new TrackTime({
    clock,
    clockRate,
    sourceClock: new SourceClock(),
    awaitsReport: false,
  })
  time.map(clock.unixTimeMs(), 0, clock.now())
  const stream = { ssrc: 7, clockRate, packetCount: 1, octetCount: 1 }
  const compounds: Buffer[] = []
  const sender: DatagramSender = {
    maxDatagramBytes: 1472,
    countOversized: () => {},
    send: (packet) => void compounds.push(packet),
    sendAll: () => {},
    createGroup: () => ({ size: 0, add: () => {}, remove: () => {}, send: () => {} }),
  }
  const reader: DatagramReader = {
    kind: 'datagram',
    rtp: sender,
    rtcp: sender,
    address: '127.0.0.1',
    port: 1,
    rtcpPort: 2,
    counters: { packetsOut: 0, bytesOut: 0, packetsDropped: 0 },
    sentReports: new SentReports(),
  }
  const reports = new SenderReports({ stream, time, clock, cname: 'test' })
  return { clock, time, reports, reader, compounds }
}

/** Of each sender report: its NTP time, and its RTP time. */
function timesOf(compounds: readonly Buffer[]) {
  return compounds.map((compound) => {
    const [report] = parseCompound(compound)
    if (report?.type !== 'senderReport') throw new Error('no sender report')
    return { unixMs: unixMsFromNtp(report.ntpTime), rtpTime: report.rtpTime }
  })
}

describe('SenderReports', () => {
  it('the times sent to a UDP viewer that plays and pauses never go back, and stay exact', {
    tags: 'A-RTC-2',
  }, () => {
    const { clock, reports, reader, compounds } = setUp()
    const start = clock.unixTimeMs()
    clock.advance(1000)
    for (let round = 0; round < 100; round++) {
      reports.send((visit) => visit(reader))
      clock.advance(20)
      if (round % 3 === 0) reports.sendBye(reader)
    }
    const times = timesOf(compounds)
    expect(times.length).toBe(134)
    for (const [index, { unixMs, rtpTime }] of times.entries()) {
      expect(unixMs).toBeGreaterThanOrEqual(times[index - 1]?.unixMs ?? 0)
      expect(rtpTime).toBeGreaterThanOrEqual(times[index - 1]?.rtpTime ?? 0)
      expect(Math.abs(rtpTime - (unixMs - start) * 90)).toBeLessThan(1)
    }
    // They lie back at random all the same.
    expect(new Set(times.map(({ unixMs }) => unixMs)).size).toBeGreaterThan(10)
  })

  it('a source that reports itself some milliseconds late does not turn time back', {
    tags: 'A-RTC-2',
  }, () => {
    const { clock, time, reports, reader, compounds } = setUp()
    const start = clock.unixTimeMs()
    for (let round = 1; round <= 20; round++) {
      clock.advance(200)
      const lateMs = round % 2 === 0 ? 400 : 0
      time.map(start + round * 200 - lateMs, (round * 200 - lateMs) * 90, clock.now())
      reports.send((visit) => visit(reader))
    }
    const times = timesOf(compounds).map(({ unixMs }) => unixMs)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })
})
