import { describe, expect, it } from 'vitest'
import type { Reader } from '../../src/media/fan-out/reader.js'
import { Media } from '../../src/media/media.js'
import { constructMedia, MediaFactory } from '../../src/media/media-factory.js'
import { parseCompound } from '../../src/rtcp/index.js'
import { parseSdp } from '../../src/sdp/index.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { ChannelTable, type InterleavedCarrier } from '../../src/transport/tcp/channel-table.js'
import { rtpPacket } from '../support/test-server.js'
import { TestSource } from '../support/test-source.js'
import { nextTurn } from '../support/until.js'

/** A connection that keeps what is written. */
class TestCarrier implements InterleavedCarrier {
  readonly frames: { channel: number; payload: Buffer }[] = []
  readonly channels = new ChannelTable()
  isCongested = false
  granted = 0

  grant(_channel: number, sizeBytes: number): void {
    this.granted += sizeBytes
  }

  writeFrames(frames: Buffer): void {
    for (let offset = 0; offset < frames.length; ) {
      const end = offset + 4 + frames.readUInt16BE(offset + 2)
      this.frames.push({
        channel: frames[offset + 1] ?? -1,
        payload: frames.subarray(offset + 4, end),
      })
      offset = end
    }
  }

  on(channel: number): Buffer[] {
    return this.frames.filter((frame) => frame.channel === channel).map(({ payload }) => payload)
  }
}

const readerOn = (carrier: TestCarrier, channels: [number, number] = [0, 1]): Reader => ({
  kind: 'interleaved',
  carrier,
  channels,
  counters: { packetsOut: 0, bytesOut: 0, packetsDropped: 0 },
})

const participant = () => {
  const heard = { ended: 0, mediaEnded: () => void heard.ended++ }
  return heard
}

function setUp(lingerMs = 10_000) {
  const clock = new ManualClock()
  const source = new TestSource()
  const media = new Media('/cam', source, { clock, lingerMs })
  const [video, audio] = media.tracks
  if (!video || !audio) throw new Error('two tracks expected')
  return { clock, source, media, video, audio }
}

describe('Media', () => {
  it('describes its tracks with our control URIs, without ports and addresses', () => {
    const { media } = setUp()
    const sdp = parseSdp(media.sdp)
    expect(sdp.session.attribute('control')).toBe('*')
    expect(sdp.session.value('c')).toBe('IN IP4 0.0.0.0')
    expect(sdp.media.map(({ control, port }) => ({ control, port }))).toEqual([
      { control: 'trackID=0', port: 0 },
      { control: 'trackID=1', port: 0 },
    ])
  })

  it('starts its source once, with the first that plays', async () => {
    const { media, source } = setUp()
    media.participants.join(participant())
    expect(media.state).toBe('idle')
    await Promise.all([media.play(), media.play()])
    expect(source.startCount).toBe(1)
    expect(media.state).toBe('playing')
  })

  it('ends a while after the last participant has left, and not before', async () => {
    const { clock, media, source } = setUp()
    const [one, two] = [participant(), participant()]
    media.participants.join(one)
    media.participants.join(two)
    await media.play()
    media.participants.leave(one)
    clock.advance(60_000)
    expect(source.closeCount).toBe(0)
    media.participants.leave(two)
    clock.advance(9_999)
    media.participants.join(two)
    clock.advance(60_000)
    expect(source.closeCount).toBe(0)
    media.participants.leave(two)
    clock.advance(10_000)
    expect(media.state).toBe('ended')
    expect(source.closeCount).toBe(1)
    expect(clock.pendingTimers).toBe(0)
  })

  it('is closed without being started if nobody plays it', () => {
    const { clock, source } = setUp()
    clock.advance(10_000)
    expect([source.startCount, source.closeCount]).toEqual([0, 1])
    expect(clock.pendingTimers).toBe(0)
  })

  it('notifies every participant once when its source ends', async () => {
    const { clock, media, source } = setUp()
    const heard = [participant(), participant()]
    for (const one of heard) media.participants.join(one)
    await media.play()
    source.output?.end()
    source.output?.end()
    expect(heard.map(({ ended }) => ended)).toEqual([1, 1])
    expect(source.closeCount).toBe(1)
    expect(clock.pendingTimers).toBe(0)
  })

  it('ends if its source does not start, with the reason', async () => {
    const { media, source, clock } = setUp()
    source.failure = new Error('no camera')
    await expect(media.play()).rejects.toThrow('no camera')
    await expect(media.play()).rejects.toThrow('no camera')
    expect(media.state).toBe('ended')
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('Track', () => {
  it('sends a sender report with SDES to a new reader at once, and the next within 5 s', {
    tags: ['A-RTC-1', 'A-RTC-3'],
  }, async () => {
    const { clock, media, video } = setUp()
    const carrier = new TestCarrier()
    media.participants.join(participant())
    await media.play()
    video.push(rtpPacket({ sequenceNumber: 1, timestamp: 1000, payload: Buffer.alloc(100) }))
    video.addReader(readerOn(carrier))
    expect(
      carrier.on(1).map((compound) => parseCompound(compound).map(({ type }) => type)),
    ).toEqual([['senderReport', 'sourceDescription']])
    clock.advance(5_000)
    expect(carrier.on(1).length).toBeGreaterThanOrEqual(2)
  })

  it('reports on a stream from its first packet on, and on that soon after it', {
    tags: 'A-RTC-1',
  }, async () => {
    const { clock, media, video } = setUp()
    const carrier = new TestCarrier()
    media.participants.join(participant())
    await media.play()
    video.startAt({ ssrc: 7, sequenceNumber: 1, timestamp: 1000 })
    video.mapTime(clock.unixTimeMs(), 1000)
    video.addReader(readerOn(carrier))
    clock.advance(3_000)
    expect(carrier.on(1)).toEqual([])
    video.push(rtpPacket({ sequenceNumber: 1, timestamp: 1000, ssrc: 7 }))
    clock.advance(20)
    expect(carrier.on(1).flatMap((compound) => parseCompound(compound))[0]).toMatchObject({
      type: 'senderReport',
      ssrc: 7,
      packetCount: 1,
    })
  })

  it('reports again to a reader that joins later, soon after its first packet', {
    tags: 'A-RTC-1',
  }, async () => {
    const { clock, media, video } = setUp()
    media.participants.join(participant())
    await media.play()
    video.push(rtpPacket({ sequenceNumber: 1, timestamp: 1000 }))
    clock.advance(50)
    for (const hasRecent of [false, true]) {
      const carrier = new TestCarrier()
      const viewer = readerOn(carrier)
      const recent = rtpPacket({ sequenceNumber: 1, timestamp: 1000 })
      video.addReader(viewer, hasRecent ? [recent] : undefined)
      expect(carrier.frames.map(({ channel }) => channel)).toEqual(hasRecent ? [1, 0] : [1])
      if (!hasRecent) video.push(rtpPacket({ sequenceNumber: 2, timestamp: 4600 }))
      // What is pushed leaves at the end of the turn.
      await nextTurn()
      clock.advance(10)
      expect(carrier.frames.map(({ channel }) => channel)).toEqual([1, 0, 1])
      const [first, second] = carrier.on(1).map((compound) => parseCompound(compound)[0])
      expect(second).toMatchObject({ type: 'senderReport' })
      expect(second).not.toEqual(first)
      video.removeReader(viewer)
    }
  })

  it('sends nothing to a reader after BYE, or once it has left', { tags: 'A-RTC-1' }, async () => {
    const { clock, media, video } = setUp()
    media.participants.join(participant())
    await media.play()
    video.push(rtpPacket({ sequenceNumber: 1, timestamp: 1000 }))
    clock.advance(50)
    for (const leave of ['sendBye', 'removeReader'] as const) {
      const carrier = new TestCarrier()
      const viewer = readerOn(carrier)
      video.addReader(viewer, [rtpPacket({ sequenceNumber: 1, timestamp: 1000 })])
      video[leave](viewer)
      const before = carrier.frames.length
      clock.advance(100)
      expect(carrier.frames.length).toBe(before)
      if (leave === 'sendBye') video.removeReader(viewer)
    }
  })

  it('reports at intervals that are random and about 5 s', { tags: 'A-RTC-1' }, async () => {
    const { clock, media, video } = setUp()
    const carrier = new TestCarrier()
    media.participants.join(participant())
    await media.play()
    video.push(rtpPacket({ sequenceNumber: 1 }))
    video.addReader(readerOn(carrier))
    clock.advance(6_000_000)
    // Intervals of 5 s, give or take 1 s: the mean of 1200 of them is known to 0.03 s.
    const meanSeconds = 6_000 / carrier.on(1).length
    expect(meanSeconds).toBeGreaterThan(4.6)
    expect(meanSeconds).toBeLessThan(5.4)
  })

  it('counts packets and payload octets exactly, and maps wall clock to RTP time', {
    tags: 'A-RTC-2',
  }, async () => {
    const { clock, media, video } = setUp()
    const carrier = new TestCarrier()
    media.participants.join(participant())
    await media.play()
    for (let n = 0; n < 10; n++) {
      video.push(rtpPacket({ sequenceNumber: n, timestamp: 5000, payload: Buffer.alloc(50 + n) }))
    }
    const start = clock.unixTimeMs()
    clock.jumpWallClock(3_600_000)
    clock.advance(1_000)
    video.addReader(readerOn(carrier))
    const [report] = parseCompound(carrier.on(1)[0] ?? Buffer.alloc(0))
    expect(report).toMatchObject({
      type: 'senderReport',
      packetCount: 10,
      octetCount: 10 * 50 + 45,
      rtpTime: 5000 + 90_000,
    })
    // A jump of the wall clock does not show: the report goes on from where the stream began.
    const ntpSeconds = report?.type === 'senderReport' ? report.ntpTime.seconds : 0
    expect(ntpSeconds - 2_208_988_800).toBe(Math.floor((start + 1_000) / 1000))
  })

  it('sends BYE with the SSRC of the stream', { tags: 'A-RTC-4' }, async () => {
    const { media, video } = setUp()
    const carrier = new TestCarrier()
    media.participants.join(participant())
    await media.play()
    video.push(rtpPacket({ sequenceNumber: 1, ssrc: 0xdead_beef }))
    const reader = readerOn(carrier)
    video.addReader(reader)
    video.removeReader(reader)
    video.sendBye(reader)
    const last = carrier.on(1).at(-1) ?? Buffer.alloc(0)
    expect(parseCompound(last).at(-1)).toMatchObject({ type: 'bye', ssrcs: [0xdead_beef] })
  })

  it('announces the next sequence number and one instant for all tracks', {
    tags: 'A-INF-1',
  }, async () => {
    const { clock, media, video, audio } = setUp()
    media.participants.join(participant())
    await media.play()
    expect(media.trackInfo()).toEqual([])
    audio.push(rtpPacket({ sequenceNumber: 65_535, timestamp: 48_000, ssrc: 2 }))
    clock.advance(500)
    video.push(rtpPacket({ sequenceNumber: 7, timestamp: 1000, ssrc: 1 }))
    // The audio track is half a second behind: that is the common instant.
    expect(media.trackInfo()).toEqual([
      { track: video, sequenceNumber: 8, rtpTime: (1000 - 45_000) >>> 0 },
      { track: audio, sequenceNumber: 0, rtpTime: 48_000 },
    ])
  })

  it('a track with a mapped time but no packet does not set the common instant', {
    tags: 'A-INF-1',
  }, async () => {
    const { clock, media, video, audio } = setUp()
    media.participants.join(participant())
    await media.play()
    audio.mapTime(clock.unixTimeMs(), 3_000_000_000)
    video.push(rtpPacket({ sequenceNumber: 7, timestamp: 1000, ssrc: 1 }))
    expect(media.trackInfo()).toEqual([{ track: video, sequenceNumber: 8, rtpTime: 1000 }])
    clock.advance(20)
    audio.push(rtpPacket({ sequenceNumber: 1, timestamp: 3_000_000_960, ssrc: 2 }))
    expect(media.trackInfo().map(({ rtpTime }) => rtpTime)).toEqual([1000, 3_000_000_000])
  })

  it('drops and counts packets that are not RTP', { tags: 'A-RTC-6' }, () => {
    const { video } = setUp()
    expect(video.push(Buffer.from('not an RTP packet'))).toBe(false)
    expect(video.push(Buffer.alloc(3))).toBe(false)
    expect(video.invalidPackets).toBe(2)
    expect(video.packetCount).toBe(0)
  })

  it('drops and counts packets that are too large for a frame', { tags: 'A-ILV-4' }, () => {
    const { video } = setUp()
    const largest = rtpPacket({ sequenceNumber: 1, payload: Buffer.alloc(65_535 - 12) })
    const tooLarge = rtpPacket({ sequenceNumber: 2, payload: Buffer.alloc(65_536 - 12) })
    expect([largest.length, video.push(largest), video.push(tooLarge)]).toEqual([
      65_535,
      true,
      false,
    ])
    expect([video.packetCount, video.invalidPackets]).toEqual([1, 1])
  })

  it('a reader gets the packets pushed between its joining and its leaving', () => {
    const { video } = setUp()
    const carrier = new TestCarrier()
    const reader = readerOn(carrier)
    const packets = [1, 2, 3].map((sequenceNumber) => rtpPacket({ sequenceNumber }))
    video.push(packets[0] as Buffer)
    video.addReader(reader)
    video.push(packets[1] as Buffer)
    video.removeReader(reader)
    video.push(packets[2] as Buffer)
    expect(carrier.on(0)).toEqual([packets[1]])
  })

  it('a reader that does not drain loses whole packets and is counted; others do not', () => {
    const { video } = setUp()
    const [slow, fast] = [new TestCarrier(), new TestCarrier()]
    const [slowReader, fastReader] = [readerOn(slow), readerOn(fast)]
    video.addReader(slowReader)
    video.addReader(fastReader)
    slow.isCongested = true
    video.push(rtpPacket({ sequenceNumber: 1 }))
    video.removeReader(slowReader)
    video.removeReader(fastReader)
    expect([slow.on(0).length, slowReader.counters.packetsDropped]).toEqual([0, 1])
    expect([fast.on(0).length, fastReader.counters.packetsDropped]).toEqual([1, 0])
  })
})

describe('MediaFactory', () => {
  const clock = new ManualClock()

  it('shares one media among equal paths and queries, made once', async () => {
    let made = 0
    const factory = new MediaFactory(() => {
      made++
      return new TestSource()
    })
    const request = { path: '/cam', query: undefined }
    const [one, two] = await Promise.all([
      constructMedia(factory, request, { clock }),
      constructMedia(factory, request, { clock }),
    ])
    const other = await constructMedia(factory, { path: '/cam', query: 'x=1' }, { clock })
    expect(one).toBe(two)
    expect(other).not.toBe(one)
    expect([made, factory.mediaCount]).toEqual([2, 2])
    await factory.close()
    expect(factory.mediaCount).toBe(0)
    expect(await constructMedia(factory, request, { clock })).not.toBe(one)
    await factory.close()
  })

  it('gives each viewer a media of its own when not shared', async () => {
    const factory = new MediaFactory(() => new TestSource(), { shared: false })
    const request = { path: '/cam', query: undefined }
    const one = await constructMedia(factory, request, { clock })
    expect(await constructMedia(factory, request, { clock })).not.toBe(one)
    await factory.close()
  })

  it('a failed source is 503 with its cause, and is tried again', async () => {
    let failures = 1
    const factory = new MediaFactory(() => {
      if (failures-- > 0) throw new Error('camera off')
      return new TestSource()
    })
    const request = { path: '/cam', query: undefined }
    await expect(constructMedia(factory, request, { clock })).rejects.toMatchObject({
      code: 'ERR_MEDIA_UNAVAILABLE',
      statusCode: 503,
      cause: new Error('camera off'),
    })
    await expect(constructMedia(factory, request, { clock })).resolves.toBeDefined()
    await factory.close()
  })

  it('refuses a linger time that is no number of seconds', () => {
    expect(() => new MediaFactory(() => new TestSource(), { lingerSeconds: -1 })).toThrow(
      RangeError,
    )
    expect(() => new MediaFactory(() => new TestSource(), { lingerSeconds: Number.NaN })).toThrow(
      RangeError,
    )
  })
})
