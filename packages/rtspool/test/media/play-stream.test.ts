import { describe, expect, it } from 'vitest'
import { Media } from '../../src/media/media.js'
import { PlayStream } from '../../src/media/play-stream.js'
import { parseCompound, serializeCompound } from '../../src/rtcp/index.js'
import { ChannelTable } from '../../src/transport/interleaved.js'
import { FakeClock } from '../support/fake-clock.js'
import { rtpPacket } from '../support/test-server.js'
import { TestSource } from '../support/test-source.js'

async function setUp() {
  const clock = new FakeClock()
  const source = new TestSource()
  const media = new Media('/cam', source, { clock, lingerMs: 0 })
  const [track] = media.tracks
  if (!track) throw new Error('a track expected')
  const written: Buffer[] = []
  const heard = { released: 0, ended: 0, rtcp: 0 }
  const stream = new PlayStream({
    media,
    track,
    reader: {
      kind: 'interleaved',
      carrier: {
        channels: new ChannelTable(),
        isCongested: false,
        grant: () => {},
        writeFrames: (frames) => written.push(frames),
      },
      channels: [0, 1],
      counters: { packetsOut: 0, bytesOut: 0, packetsDropped: 0 },
    },
    uri: 'rtsp://host/cam/trackID=0',
    release: () => void heard.released++,
    onMediaEnded: () => void heard.ended++,
    onRtcp: () => void heard.rtcp++,
  })
  await media.play()
  return { clock, source, media, track, stream, written, heard }
}

describe('PlayStream', () => {
  it('reads its track from PLAY to PAUSE, once, however often it is told', async () => {
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

  it('A-RTC-4 says BYE when it is closed while it plays, and not otherwise', async () => {
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

  it('A-RTC-5 A-RTC-6 takes RTCP that is valid as a sign of life until it is closed', async () => {
    const { stream, heard } = await setUp()
    const report = serializeCompound([{ type: 'receiverReport', ssrc: 1, reports: [] }])
    stream.receiveRtcp(Buffer.from('no RTCP'))
    stream.receiveRtcp(report.subarray(0, 7))
    stream.receiveRtcp(report)
    stream.close()
    stream.receiveRtcp(report)
    expect(heard.rtcp).toBe(1)
  })

  it('hears once that its media has ended', async () => {
    const { source, heard } = await setUp()
    source.output?.end()
    source.output?.end()
    expect(heard.ended).toBe(1)
  })
})
