import { describe, expect, it } from 'vitest'
import { BitrateHistory } from '../../src/media/bitrate-history.js'
import {
  bitrateOf,
  codecsText,
  codecText,
  type MediaView,
  stateText,
  type TrackView,
  viewersOf,
} from '../../src/media/media-view.js'
import { urlsOf } from '../../src/media/urls.js'

const track = (index: number, more: Partial<TrackView> = {}): TrackView => ({
  ...{ index, kind: 'video', encoding: 'H264', clockRate: 90_000, packetCount: 0, octetCount: 0 },
  ...{ invalidPackets: 0, unlistedPackets: 0, readerCount: 0 },
  ...more,
})
const media = (more: Partial<MediaView> = {}): MediaView => ({
  ...{ publicId: 'm', path: '/cam', state: 'playing', isDown: false, createdTime: '' },
  ...{ sessionCount: 3, tracks: [track(0), track(1, { kind: 'audio', encoding: 'PCMU' })] },
  ...more,
})
const publisher = { session: 's', since: '' }

describe('a media', () => {
  it('does not count its publisher as a viewer', () => {
    expect([viewersOf(media()), viewersOf(media({ publisher }))]).toEqual([3, 2])
    expect(viewersOf(media({ sessionCount: 0, publisher }))).toBe(0)
  })

  it('has the bitrate of all tracks', () => {
    expect(bitrateOf(media())).toBeUndefined()
    expect(
      bitrateOf(media({ tracks: [track(0, { bitrate: 5 }), track(1), track(2, { bitrate: 2 })] })),
    ).toBe(7)
  })

  it('is described in words', () => {
    expect(codecText(track(0))).toBe('H264 90 kHz')
    expect(codecText(track(0, { encoding: 'MPEG4-GENERIC', clockRate: 44_100 }))).toBe(
      'MPEG4-GENERIC 44.1 kHz',
    )
    expect(codecsText(media())).toBe('H264, PCMU')
    expect(
      [
        media(),
        media({ durationSeconds: 9 }),
        media({ isDown: true }),
        media({ isDown: true, awaySince: '2026-11-29T20:00:00Z' }),
        media({ state: 'idle' }),
      ].map(stateText),
    ).toEqual(['live', 'playing', 'no packets', 'source away', 'idle'])
  })
})

describe('URLs of a path', () => {
  it.for([
    [{ rtspPort: 554 }, ['rtsp://host/cam/caf%C3%A9%20%231']],
    [
      { rtspPort: 8554, rtspsPort: 322 },
      ['rtsp://host:8554/cam/caf%C3%A9%20%231', 'rtsps://host/cam/caf%C3%A9%20%231'],
    ],
    [{ rtspsPort: 8322 }, ['rtsps://host:8322/cam/caf%C3%A9%20%231']],
    [{}, []],
  ] as const)('follow from the ports %j', ([ports, urls]) => {
    expect(urlsOf('/cam/café #1', 'host', ports)).toEqual(urls)
  })
})

describe('bitrates of media', () => {
  it('are kept by track, five minutes at most, while the media is read', () => {
    const history = new BitrateHistory()
    const at = (bitrate: number) => media({ tracks: [track(0, { bitrate }), track(1)] })
    for (let second = 0; second < 200; second++) history.note([at(second)], second * 1000)
    const chart = (unixTimeMs: number) => history.of(at(0), 199_000, unixTimeMs)
    const { places, values } = chart(1_199_000)
    expect([places.length, places[0], places.at(-1)]).toEqual([150, 1050, 1199])
    expect([values[0]?.at(-1), values[1]?.at(-1)]).toEqual([199, null])
    // The clock of the machine was set: all times move, and no distance.
    expect([chart(5_000).places[0], chart(5_000).places.at(-1)]).toEqual([-144, 5])
    // The list and the details may read the same media at once.
    history.note([at(7)], 199_500)
    expect(chart(0).places).toHaveLength(150)
    // Rows that are not on the screen are not read.
    history.note([], 230_000)
    expect(chart(0).places).toHaveLength(150)
    history.note([], 260_000)
    expect(chart(0).places).toEqual([])
  })
})
