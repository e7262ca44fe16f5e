import { describe, expect, it, vi } from 'vitest'
import { RecordStream } from '../../../src/media/streams/record-stream.js'
import { Track } from '../../../src/media/track/track.js'
import { ntpFromUnixMs, parseCompound, serializeCompound } from '../../../src/rtcp/index.js'
import { sequenceNumberOf } from '../../../src/rtp/index.js'
import { createMediaDescription } from '../../../src/sdp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { beginRead, endRead } from '../../../src/transport/tcp/end-of-read.js'
import { recordLink } from '../../support/record-link.js'
import { rtpPacket } from '../../support/test-server.js'

function setUp() {
  const clock = new ManualClock()
  const description = createMediaDescription({
    kind: 'video',
    payloadType: 96,
    encoding: 'X-foo',
    clockRate: 90_000,
  })
  const track = new Track({ index: 0, description, clock, cname: 'test' })
  const heard = { released: 0, closed: 0, ended: 0, silent: 0, alive: 0, rtcp: [] as Buffer[] }
  const counters = { packetsIn: 0, bytesIn: 0, packetsLost: 0 }
  const stream = new RecordStream({
    clock,
    counters,
    link: recordLink({
      sendRtcp: (compound) => void heard.rtcp.push(compound),
      close: () => void heard.released++,
    }),
    onPacket: () => void heard.alive++,
    onMediaEnded: () => void heard.ended++,
    onSilent: () => void heard.silent++,
    onClosed: () => void heard.closed++,
  })
  return { clock, track, stream, counters, heard }
}

const senderReport = (ssrc: number, unixMs: number, rtpTime: number) =>
  serializeCompound([
    {
      type: 'senderReport',
      ssrc,
      ntpTime: ntpFromUnixMs(unixMs),
      rtpTime,
      packetCount: 0,
      octetCount: 0,
      reports: [],
    },
  ])

describe('RecordStream', () => {
  it('passes packets on while it records, and at no other time', { tags: 'A-ILV-5' }, () => {
    const { track, stream, counters, heard } = setUp()
    const receive = (sequenceNumber: number) => {
      stream.receiveRtp(rtpPacket({ sequenceNumber }))
      return track.packetCount
    }
    expect(receive(1)).toBe(0)
    stream.record(track)
    expect(receive(2)).toBe(1)
    stream.pause()
    expect(receive(3)).toBe(1)
    stream.record(track)
    expect(receive(4)).toBe(2)
    stream.close()
    expect(receive(5)).toBe(2)
    stream.record(track)
    expect(receive(6)).toBe(2)
    expect([counters, heard.alive]).toEqual([{ packetsIn: 2, bytesIn: 24, packetsLost: 0 }, 2])
  })

  it('counts the packets of one millisecond as one sign of life', () => {
    const { clock, track, stream, counters, heard } = setUp()
    stream.record(track)
    const receive = (sequenceNumber: number): void => {
      stream.receiveRtp(rtpPacket({ sequenceNumber }))
    }
    for (let number = 0; number < 5; number++) receive(number)
    expect([counters.packetsIn, heard.alive]).toEqual([5, 1])
    clock.advance(1)
    for (let number = 5; number < 8; number++) receive(number)
    expect([counters.packetsIn, heard.alive]).toEqual([8, 2])
    stream.receiveRtcp(senderReport(1, clock.unixTimeMs(), 0))
    expect(heard.alive).toBe(3)
  })

  it('looks at the clock once for all packets of a read, and for each packet outside of one', () => {
    const { clock, track, stream } = setUp()
    stream.record(track)
    const arrivals: number[] = []
    const receive = (sequenceNumber: number): void => {
      stream.receiveRtp(rtpPacket({ sequenceNumber }))
      arrivals.push(stream.heardAt)
      clock.advance(1)
    }
    const begun = clock.now()
    for (const numbers of [[1, 2, 3], [4, 5], []]) {
      beginRead()
      for (const number of numbers) receive(number)
      endRead()
    }
    receive(6)
    receive(7)
    expect(arrivals.map((at) => at - begun)).toEqual([0, 0, 0, 3, 3, 5, 6])
  })

  it('bytes other than RTP and RTCP are dropped and are no sign of life', {
    tags: ['A-RTC-6', 'B-SSRC'],
  }, () => {
    const { track, stream, counters, heard } = setUp()
    stream.record(track)
    for (const bytes of ['', 'no RTP', '\x80']) {
      stream.receiveRtp(Buffer.from(bytes, 'latin1'))
      stream.receiveRtcp(Buffer.from(bytes, 'latin1'))
    }
    expect([counters.packetsIn, heard.alive, track.invalidPackets]).toEqual([0, 0, 3])
  })

  it('hands the time base of its sender reports on, not that of another SSRC', () => {
    const { track, stream, heard } = setUp()
    stream.record(track)
    stream.receiveRtp(rtpPacket({ sequenceNumber: 1, ssrc: 7, timestamp: 90_000 }))
    stream.receiveRtcp(senderReport(7, 1_000_000, 0))
    expect(track.rtpTimeAt(1_001_000)).toBe(90_000)
    stream.receiveRtcp(senderReport(8, 5_000_000, 0))
    expect(track.rtpTimeAt(1_001_000)).toBe(90_000)
    expect(heard.alive).toBe(3)
  })

  it('reports the losses of the current SSRC', { tags: 'A-RTC-7' }, () => {
    const { track, stream, heard } = setUp()
    stream.sendRtcp()
    stream.record(track)
    stream.sendRtcp()
    expect(heard.rtcp).toEqual([])
    for (const sequenceNumber of [1, 2, 4]) {
      stream.receiveRtp(rtpPacket({ sequenceNumber, ssrc: 7 }))
    }
    stream.sendRtcp()
    for (const sequenceNumber of [1000, 1001]) {
      stream.receiveRtp(rtpPacket({ sequenceNumber, ssrc: 8 }))
    }
    stream.sendRtcp()
    const reports = heard.rtcp.map((compound) => parseCompound(compound)[0])
    expect(reports).toMatchObject([
      { reports: [{ ssrc: 7, cumulativeLost: 1 }] },
      { reports: [{ ssrc: 8, cumulativeLost: 0 }] },
    ])
  })

  it('one packet in a hundred lost is a fraction of about 3/256', { tags: 'A-RTC-7' }, () => {
    const { clock, track, stream, counters, heard } = setUp()
    stream.record(track)
    for (let sequenceNumber = 0; sequenceNumber < 10_000; sequenceNumber++) {
      clock.advance(0.5)
      if (sequenceNumber % 100 === 50) continue
      stream.receiveRtp(rtpPacket({ sequenceNumber, ssrc: 7, timestamp: sequenceNumber * 45 }))
    }
    stream.receiveRtcp(senderReport(7, 1_000_000, 0))
    clock.advance(250)
    stream.sendRtcp()
    const [packet] = parseCompound(heard.rtcp[0] ?? Buffer.alloc(0))
    const report = packet?.type === 'receiverReport' ? packet.reports[0] : undefined
    expect(report).toMatchObject({ ssrc: 7, cumulativeLost: 100, dlsr: 16_384 })
    expect(report?.fractionLost).toBeGreaterThanOrEqual(2)
    expect(report?.fractionLost).toBeLessThanOrEqual(3)
    expect(stream.reception).toMatchObject({ ssrc: 7, cumulativeLost: 100, roundTripMs: undefined })
    expect(stream.reception?.fractionLost).toBeCloseTo(0.01, 2)
    expect(counters.packetsLost).toBe(100)
    stream.sendRtcp()
    expect(stream.reception?.fractionLost).toBe(0)
    expect(counters.packetsLost).toBe(100)
  })

  it('passes packets on in order of arrival, and counts losses', { tags: 'B-NET' }, () => {
    const { track, stream, counters } = setUp()
    const receive = vi.spyOn(track, 'receive')
    stream.record(track)
    // 5 % lost, 2 % twice, 10 % eight places late.
    const isLost = (n: number) => n % 20 === 3
    const isTwice = (n: number) => n % 50 === 7
    const sent = Array.from({ length: 5_000 }, (_, n) => n)
    const arriving = sent
      .filter((n) => !isLost(n))
      .flatMap((n) => (isTwice(n) ? [n, n] : [n]))
      .map((n, at) => ({ n, at: at % 10 === 5 ? at + 8.5 : at }))
      .sort((a, b) => a.at - b.at)
      .map(({ n }) => n)
    for (const sequenceNumber of arriving) {
      stream.receiveRtp(rtpPacket({ sequenceNumber, ssrc: 7 }))
    }
    stream.sendRtcp()
    expect(receive.mock.calls.map(([packet]) => sequenceNumberOf(packet))).toEqual(arriving)
    // RFC 3550 section 6.4.1: what comes twice makes up for what is lost.
    const lost = sent.filter(isLost).length - sent.filter((n) => isTwice(n) && !isLost(n)).length
    expect(stream.reception?.cumulativeLost).toBe(lost)
    expect(counters.packetsLost).toBe(lost)
  })

  it('sends BYE if closed while its publisher records, and not otherwise', {
    tags: 'A-RTC-4',
  }, () => {
    for (const [end, expected] of [
      ['recording', ['receiverReport', 'sourceDescription', 'bye']],
      ['paused', undefined],
    ] as const) {
      const { track, stream, heard } = setUp()
      stream.record(track)
      stream.receiveRtp(rtpPacket({ sequenceNumber: 1, ssrc: 7 }))
      if (end === 'paused') stream.pause()
      stream.close()
      stream.close()
      const said = heard.rtcp.map((compound) => parseCompound(compound))
      expect(said.at(-1)?.map(({ type }) => type)).toEqual(expected)
      const [report, , bye] = said.at(-1) ?? []
      if (bye?.type === 'bye') expect(bye.ssrcs).toEqual([(report as { ssrc: number }).ssrc])
      expect(said.length).toBe(expected ? 1 : 0)
    }
  })

  it("releases everything once, and is notified of the media's end only while open", () => {
    const { stream, heard } = setUp()
    stream.mediaEnded()
    stream.close()
    stream.close()
    stream.mediaEnded()
    expect(heard).toMatchObject({ released: 1, closed: 1, ended: 1 })
  })
})

describe('a publisher that records', { tags: 'P-6' }, () => {
  type SetUp = ReturnType<typeof setUp>
  const packet = (sequenceNumber: number) => rtpPacket({ sequenceNumber })

  it.each<[string, (each: SetUp) => void]>([
    ['nothing', () => {}],
    ['reports alone', ({ stream }) => stream.receiveRtcp(senderReport(1, 1000, 90_000))],
    ['what is no RTP', ({ stream }) => stream.receiveRtp(Buffer.from('not a packet'))],
    [
      'packets before RECORD alone',
      ({ stream, track }) => {
        stream.pause()
        stream.receiveRtp(packet(1))
        stream.record(track)
      },
    ],
    [
      'nothing after RECORD, again and again',
      ({ stream, track }) => {
        for (let n = 0; n < 20; n++) stream.record(track)
      },
    ],
  ])('and sends %s is silent after 10 s, and it is told once', (_, send) => {
    const each = setUp()
    each.stream.record(each.track)
    send(each)
    each.clock.advance(9_900)
    expect(each.heard.silent).toBe(0)
    each.clock.advance(200)
    expect(each.heard.silent).toBe(1)
    each.stream.pause()
    each.stream.record(each.track)
    each.clock.advance(60_000)
    expect(each.heard.silent).toBe(1)
    expect(each.clock.pendingTimers).toBe(0)
  })

  it.each<[string, (each: SetUp) => void]>([
    [
      'sends a packet in time',
      ({ stream, clock }) => {
        clock.advance(9_900)
        stream.receiveRtp(packet(1))
      },
    ],
    [
      'has sent, and begins again later',
      ({ stream, track, clock }) => {
        stream.receiveRtp(packet(1))
        stream.pause()
        clock.advance(60_000)
        stream.record(track)
      },
    ],
    ['pauses', ({ stream }) => stream.pause()],
    ['leaves', ({ stream }) => stream.close()],
  ])('and %s is not silent', (_, act) => {
    const each = setUp()
    each.stream.record(each.track)
    act(each)
    each.clock.advance(60_000)
    expect([each.heard.silent, each.clock.pendingTimers]).toEqual([0, 0])
  })
})
