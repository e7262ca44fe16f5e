import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it } from 'vitest'
import { constructMedia } from '../../../src/media/media-factory.js'
import { Publication } from '../../../src/media/streams/publication.js'
import { PublishedPath } from '../../../src/media/streams/published-path.js'
import { RecordStream } from '../../../src/media/streams/record-stream.js'
import { parseSdp } from '../../../src/sdp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { recordLink } from '../../support/record-link.js'
import { rtpPacket, testSdp } from '../../support/test-server.js'

function announce(sdp = testSdp, presentation = '/live/cam') {
  const clock = new ManualClock()
  const events: string[] = []
  const place = new PublishedPath({
    path: '/live/cam',
    clock,
    mount: () => events.push('mounted'),
    unmount: () => events.push('unmounted'),
  })
  const publication = new Publication({
    place,
    settings: { gopCache: undefined },
    presentation,
    owner: { address: '192.0.2.7', user: undefined },
    description: parseSdp(Buffer.from(sdp)),
    clock,
    setupTimeoutMs: 30_000,
    onStarted: () => events.push('started'),
    onEnded: () => events.push('ended'),
  })
  const stream = () => {
    const made: RecordStream = new RecordStream({
      clock,
      counters: { packetsIn: 0, bytesIn: 0, packetsLost: 0 },
      link: recordLink({ lowerTransport: 'TCP' }),
      onPacket: () => {},
      onMediaEnded: () => made.close(),
      onClosed: (closed) => publication.removeStream(closed),
    })
    publication.addStream(made)
    return made
  }
  const { factory } = publication
  if (!factory) throw new Error('nothing is mounted')
  const construct = () => constructMedia(factory, { path: '/live/cam', query: 'any' }, { clock })
  return { clock, publication, factory, events, stream, construct }
}

describe('Publication.trackIndexOf', () => {
  it.each([
    ['/live/cam', 'streamid=0', '/live/cam/streamid=0', 0],
    ['/live/cam', '/streamid=0', '/live/cam/streamid=0', 0],
    ['/live/cam', '/streamid=0', '/streamid=0', 0],
    ['/live/cam?a=b', '/streamid=0', '/streamid=0', 0],
    ['/live/cam', 'streamid=0', '/live/cam/streamid=1', 1],
    ['/live/cam', 'streamid=0', '/live/cam/streamid=2', undefined],
    ['/live/cam', 'streamid=0', '/live/cam2/streamid=0', undefined],
    ['/live/cam', 'streamid=0', '/live/cam', undefined],
    ['/live/cam', 'rtsp://host:8554/live/cam/v', '/live/cam/v', 0],
    ['/live/cam', 'rtsp://host:8554/live/cam/v', '/live/cam/w', undefined],
    ['/live/cam?a=b', 'streamid=0', '/live/cam?a=b/streamid=0', 0],
    ['/live/cam?a=b', 'streamid=0', '/live/cam/streamid=0?a=b', 0],
    ['/live/cam?a=b', 'streamid=0', '/live/cam/streamid=0', undefined],
  ])('of %s with control %s: %s is track %s', (presentation, control, target, index) => {
    const { publication } = announce(testSdp.replace('streamid=0', control), presentation)
    expect(publication.trackIndexOf(target)).toBe(index)
  })

  it('needs no control URI for a single track', () => {
    const { publication } = announce(testSdp.slice(0, testSdp.indexOf('m=audio')))
    expect(publication.trackIndexOf('/live/cam')).toBe(0)
  })
})

describe('Publication', () => {
  it.each([
    ['rtspool:timeline-break', { kind: 'source' }],
    ['rtspool:unlisted-packet', { payloadType: 77 }],
  ])('names its publisher on %s', async (channel, facts) => {
    const told: unknown[] = []
    const note = (message: unknown): void => void told.push(message)
    subscribe(channel, note)
    const { publication, stream } = announce()
    const video = stream()
    await publication.record(new Map([[0, video]]))
    video.receiveRtp(rtpPacket({ sequenceNumber: 1, ssrc: 1, payloadType: 77 }))
    video.receiveRtp(rtpPacket({ sequenceNumber: 2, ssrc: 2 }))
    unsubscribe(channel, note)
    expect(told).toMatchObject([{ path: '/live/cam', track: 0, address: '192.0.2.7', ...facts }])
    publication.end()
  })

  it('cannot be watched before RECORD, and is then one media for all', {
    tags: 'A-REC-7',
  }, async () => {
    const { publication, events, stream, construct } = announce()
    await expect(construct()).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' })
    const video = stream()
    await publication.record(new Map([[0, video]]))
    expect(await construct()).toBe(publication.media)
    expect(events).toEqual(['mounted', 'started'])
  })

  it('the tracks are those of the first RECORD, in the order of the announcement', {
    tags: 'A-REC-6',
  }, async () => {
    const { publication, stream } = announce()
    const [audio, video] = [stream(), stream()]
    await publication.record(new Map([[1, audio]]))
    expect(publication.media?.tracks.map(({ description }) => description.kind)).toEqual(['audio'])
    expect([publication.takesTrack(0), publication.takesTrack(1)]).toEqual([false, true])
    await publication.record(
      new Map([
        [0, video],
        [1, audio],
      ]),
    )
    video.receiveRtp(rtpPacket({ sequenceNumber: 1 }))
    expect(publication.media?.tracks[0]?.packetCount).toBe(0)
    audio.receiveRtp(rtpPacket({ sequenceNumber: 1 }))
    expect(publication.media?.tracks[0]?.packetCount).toBe(1)
  })

  it('ends once, with its last stream; then its media ends and cannot be watched', async () => {
    const { clock, publication, events, stream, construct } = announce()
    const streams = [stream(), stream()]
    await publication.record(new Map(streams.entries()))
    const { media } = publication
    streams[0]?.close()
    expect(publication.isEnded).toBe(false)
    streams[1]?.close()
    publication.end()
    expect([publication.isEnded, events]).toEqual([
      true,
      ['mounted', 'started', 'unmounted', 'ended'],
    ])
    await Promise.resolve()
    expect(media?.state).toBe('ended')
    await expect(construct()).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' })
    expect(clock.pendingTimers).toBe(0)
  })

  it('that ends while it begins to record leaves no media', { tags: 'B-RACE' }, async () => {
    const { clock, publication, factory, events, stream } = announce()
    const recording = publication.record(new Map([[0, stream()]]))
    publication.end()
    await expect(recording).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' })
    expect([factory.mediaCount, clock.pendingTimers]).toEqual([0, 0])
    expect(events).toEqual(['mounted', 'unmounted', 'ended'])
  })
})
