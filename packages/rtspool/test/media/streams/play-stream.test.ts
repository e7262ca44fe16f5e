import { describe, expect, it } from 'vitest'
import { readerAt } from '../../../src/media/fan-out/reader.js'
import { SentReports } from '../../../src/media/fan-out/sent-reports.js'
import { Media } from '../../../src/media/media.js'
import { PlayStream } from '../../../src/media/streams/play-stream.js'
import { InterleavedLink } from '../../../src/media/streams/stream-link.js'
import { UnicastDelivery } from '../../../src/media/streams/unicast-delivery.js'
import { ntpMiddle32, parseCompound, serializeCompound } from '../../../src/rtcp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { ChannelTable } from '../../../src/transport/tcp/channel-table.js'
import { receiverReportOf } from '../../support/rtcp.js'
import { rtpPacket } from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'

async function setUp() {
  const clock = new ManualClock()
  const source = new TestSource()
  const media = new Media('/cam', source, { clock, lingerMs: 0 })
  const [track] = media.tracks
  if (!track) throw new Error('a track expected')
  const written: Buffer[] = []
  const heard = { released: 0, ended: 0, rangeEnded: 0, rtcp: 0 }
  const counters = { packetsOut: 0, bytesOut: 0, packetsDropped: 0, packetsLost: 0 }
  const sentReports = new SentReports()
  const channels = new ChannelTable()
  const link = new InterleavedLink({
    ...{ profile: 'AVP', channels: undefined, security: undefined },
    carrier: {
      channels,
      isCongested: false,
      grant: () => {},
      writeFrames: (frames) => written.push(frames),
    },
  })
  const stream = new PlayStream({
    clock,
    counters,
    media,
    track,
    delivery: new UnicastDelivery({
      track,
      link,
      reader: readerAt(link.place, { counters, sentReports, srtp: undefined }),
      endRefusals: () => void heard.released++,
    }),
    uri: 'rtsp://host/cam/trackID=0',
    onMediaEnded: () => void heard.ended++,
    onRangeEnded: () => void heard.rangeEnded++,
    onRtcp: () => void heard.rtcp++,
  })
  await media.play()
  return { clock, source, media, track, stream, written, heard, counters }
}

describe('PlayStream', () => {
  it('reads its track from PLAY to PAUSE, once even for repeated calls', async () => {
    const { track, stream } = await setUp()
    expect(track.readerCount).toBe(0)
    stream.play([])
    stream.play([])
    expect(track.readerCount).toBe(1)
    stream.pause()
    stream.pause()
    expect(track.readerCount).toBe(0)
    stream.play([])
    expect(track.readerCount).toBe(1)
    stream.close()
    expect(track.readerCount).toBe(0)
    stream.play([])
    expect(track.readerCount).toBe(0)
  })

  it('sends BYE if closed while it plays, and not otherwise', { tags: 'A-RTC-4' }, async () => {
    for (const [isPlaying, expected] of [
      [true, 'bye'],
      [false, undefined],
    ] as const) {
      const { track, stream, written } = await setUp()
      track.push(rtpPacket({ sequenceNumber: 1 }))
      stream.play([])
      if (!isPlaying) stream.pause()
      written.length = 0
      stream.close()
      const frame = written.at(-1)
      expect(frame && parseCompound(frame.subarray(4)).at(-1)?.type).toBe(expected)
    }
  })

  it('keeps its media while it is there, playing or not, and gives everything back once', async () => {
    const { clock, media, stream, heard } = await setUp()
    clock.advance(60_000)
    expect(media.state).toBe('playing')
    stream.close()
    stream.close()
    clock.advance(0)
    expect([media.state, heard.released, clock.pendingTimers]).toEqual(['ended', 1, 0])
  })

  it('counts valid RTCP as a sign of life until it is closed', {
    tags: ['A-RTC-5', 'A-RTC-6'],
  }, async () => {
    const { stream, heard } = await setUp()
    const report = serializeCompound([{ type: 'receiverReport', ssrc: 1, reports: [] }])
    stream.receiveRtcp(Buffer.from('no RTCP'))
    stream.receiveRtcp(report.subarray(0, 7))
    stream.receiveRtcp(report)
    stream.close()
    stream.receiveRtcp(report)
    expect(heard.rtcp).toBe(1)
  })

  it("uses the viewer's reports on this source only", { tags: 'A-RTC-5' }, async () => {
    const { clock, track, stream, written, heard, counters } = await setUp()
    track.push(rtpPacket({ sequenceNumber: 1, ssrc: 7 }))
    stream.play([])
    const [report] = written.map((frame) => parseCompound(frame.subarray(4)))
    const lsr = report?.[0]?.type === 'senderReport' ? ntpMiddle32(report[0].ntpTime) : 0
    stream.receiveRtcp(receiverReportOf({ ssrc: 8, cumulativeLost: 99, lsr }))
    expect([stream.reception, counters.packetsLost]).toEqual([undefined, 0])
    clock.advance(1_030)
    // A jump of the wall clock does not show.
    clock.jumpWallClock(3_600_000)
    stream.receiveRtcp(
      receiverReportOf({
        ssrc: 7,
        fractionLost: 128,
        cumulativeLost: 5,
        interarrivalJitter: 900,
        lsr,
        dlsr: 65_536,
      }),
    )
    expect(stream.reception).toMatchObject({
      ssrc: 7,
      fractionLost: 0.5,
      cumulativeLost: 5,
      jitterMs: 10,
      reportedAt: clock.now(),
    })
    expect(stream.reception?.roundTripMs).toBeCloseTo(30, 3)
    stream.receiveRtcp(receiverReportOf({ ssrc: 7, cumulativeLost: 3, lsr: 0 }))
    stream.receiveRtcp(receiverReportOf({ ssrc: 7, cumulativeLost: 7, lsr: lsr + 1 }))
    expect([stream.reception?.roundTripMs, counters.packetsLost]).toEqual([undefined, 7])
    expect([heard.rtcp, stream.malformedRtcp]).toEqual([4, 0])
  })

  it('a receiver with our SSRC and its BYE do not end the stream', {
    tags: ['A-RTC-8', 'A-RTC-4'],
  }, async () => {
    const { track, stream, heard } = await setUp()
    track.push(rtpPacket({ sequenceNumber: 1, ssrc: 7 }))
    stream.play([])
    stream.receiveRtcp(
      serializeCompound([
        { type: 'receiverReport', ssrc: 7, reports: [] },
        { type: 'bye', ssrcs: [7] },
      ]),
    )
    expect([track.readerCount, track.ssrc, heard]).toEqual([
      1,
      7,
      { released: 0, ended: 0, rangeEnded: 0, rtcp: 1 },
    ])
  })

  it('counts broken RTCP, as cameras of Hanwha send it, and closes nothing', {
    tags: ['A-RTC-6', 'A-15-Hanwha'],
  }, async () => {
    const { stream, heard } = await setUp()
    stream.play([])
    for (const bytes of ['', 'no RTCP', '\x80\xc9\x00\x07']) {
      stream.receiveRtcp(Buffer.from(bytes, 'latin1'))
    }
    expect([stream.malformedRtcp, heard.rtcp, heard.ended]).toEqual([3, 0, 0])
  })

  it('is notified once that its media has ended', async () => {
    const { source, heard } = await setUp()
    source.output?.end()
    source.output?.end()
    expect(heard.ended).toBe(1)
  })
})
